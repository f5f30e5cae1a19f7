"""Where the default routes of a router lead, as each kind of router tells it."""

import pytest

from podroute.host.rtnetlink import Hop, KernelRoute
from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.route import RouteTable, gateways_in
from podroute.providers.bird.answers import Answers as BirdAnswers
from podroute.providers.bird.answers import BirdRoute
from podroute.providers.bird.settings import BirdOptions
from podroute.providers.bird.translate import route_table as of_bird
from podroute.providers.frr.answers import Answers as FrrAnswers
from podroute.providers.frr.answers import statics_in
from podroute.providers.frr.settings import FrrOptions
from podroute.providers.frr.translate import route_table as of_frr
from podroute.providers.linux.translate import default_gateways
from podroute.providers.routeros.settings import RouterosOptions
from podroute.providers.routeros.translate import route_table as of_routeros
from podroute.providers.vyos.settings import VyosOptions
from podroute.providers.vyos.translate import route_table as of_vyos
from podroute.providers.vyos.wire import answers_of
from tests.builders import installed
from tests.unit.routeros_items import THEIRS, answers

GATE = parse_address("10.240.0.254")
STATIC = f"ip route 0.0.0.0/0 {GATE}\nip route 10.9.0.0/16 10.240.0.9"
IN_BIRD = BirdRoute(parse_cidr("0.0.0.0/0"), "unicast", "kernel1", 100, "*", (GATE,))
BESIDE = IN_BIRD._replace(
    destination=parse_cidr("10.9.0.0/16"), hops=(parse_address("10.240.0.9"),)
)
IN_VYOS: dict[str, object] = {"route": {"0.0.0.0/0": {"next-hop": {str(GATE): {}}}}}
ITEM = {**THEIRS, "dst-address": "0.0.0.0/0", "gateway": str(GATE)}


def test_default_routes_alone_count_and_those_that_lead_somewhere() -> None:
    routes = [
        installed("0.0.0.0/0", str(GATE), "foreign"),
        installed("::/0", "fd00:10:240::fe", "foreign", preference=7),
        installed("0.0.0.0/0", ownership="foreign", kind="blackhole"),
        installed("10.9.0.0/16", "10.240.0.9"),
    ]

    assert gateways_in(routes) == {GATE, parse_address("fd00:10:240::fe")}


def test_the_kernel_may_have_several_and_ways_of_one_that_count_each() -> None:
    hops = (Hop(parse_address("10.240.0.7"), 2, 1), Hop(None, 3, 1))
    everywhere = parse_cidr("0.0.0.0/0")
    routes = [
        KernelRoute(everywhere, GATE, 3, 0),
        KernelRoute(everywhere, None, 3, 8, hops=hops),
        KernelRoute(everywhere, None, 3, 9, device=4),
        KernelRoute(parse_cidr("10.9.0.0/16"), parse_address("10.240.0.9"), 3, 0),
    ]

    assert default_gateways(routes) == {GATE, parse_address("10.240.0.7")}


@pytest.mark.parametrize(
    "table",
    [
        of_frr(FrrAnswers((), {}, tuple(statics_in(STATIC, FrrOptions()))), FrrOptions()),
        of_bird(BirdAnswers((IN_BIRD, BESIDE), (), {}), BirdOptions()),
        of_routeros(answers(ITEM), RouterosOptions("https://r", password_env="P")),  # noqa: S106
        of_vyos(answers_of(IN_VYOS, {}, ""), VyosOptions("https://v", key_env="K")),
    ],
    ids=["frr", "bird", "routeros", "vyos"],
)
def test_each_kind_of_router_tells(table: RouteTable) -> None:
    assert table.gateways == {GATE}
