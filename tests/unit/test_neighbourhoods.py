"""A neighbourhood is no larger than it has to be."""

from podroute.model.cidr import bounds, parse_cidr
from podroute.model.node import NodeName
from podroute.model.route import RouteTable
from podroute.routing.observed import Observed
from tests.builders import SEED_POOL, installed, node, rules

BLOCK = bounds(parse_cidr("10.200.0.0/24"))


def observed(*nodes: str) -> Observed:
    """Nodes with the same InternalIP."""
    made = Observed(rules(SEED_POOL))
    for number, name in enumerate(nodes):
        made.observe(node(name, "10.240.0.30", f"10.200.{number}.0/24"))
    return made


def test_a_foreign_route_by_way_of_a_node_is_not_among_it() -> None:
    seen = observed("a")
    foreign = installed("10.99.0.0/24", "10.240.0.30", "foreign")
    seen.install(RouteTable((foreign, installed("10.200.9.0/24", "10.240.0.30"))))

    found = seen.neighbourhood([NodeName("a")])

    assert found.blocks == [BLOCK, bounds(parse_cidr("10.200.9.0/24"))]


def test_who_is_gone_is_not_among_those_who_come_later() -> None:
    seen = observed("a")
    seen.gone(node("a", "10.240.0.30", "10.200.0.0/24"))
    assert seen.observe(node("b", "10.240.0.30", "10.200.1.0/24"))

    assert seen.neighbourhood([NodeName("b")]).names == ["b"]


def test_two_who_share_an_address_are() -> None:
    assert observed("a", "b").neighbourhood([NodeName("b")]).names == ["a", "b"]


def test_who_has_another_block_now_is_not_among_those_of_its_former_one() -> None:
    seen = observed("a")
    seen.observe(node("a", "10.240.0.30", "10.200.5.0/24"))
    seen.observe(node("b", "10.240.0.31", "10.200.0.0/24"))

    assert seen.neighbourhood([NodeName("b")]).names == ["b"]
