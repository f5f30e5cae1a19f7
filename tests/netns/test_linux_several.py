"""Many routes, ours and others', lead to one destination of a real kernel."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from random import Random

import pytest
from typing_extensions import override

from podroute.host.netlink import Netlink
from podroute.host.rtnetlink import Refusal, Request
from podroute.host.rtnetlink_lists import parse_route
from podroute.model.cidr import Address, Cidr, parse_address
from podroute.model.node import Roster
from podroute.model.route import RouteTable
from podroute.providers.carrying import send
from podroute.providers.interface import RouteProvider
from podroute.providers.linux.provider import KIND, LinuxRoutes
from podroute.providers.linux.settings import LinuxOptions
from podroute.routing.outcome import Done, Failed
from podroute.routing.proposal import Proposal, propose
from podroute.routing.sequence import chains
from podroute.routing.steps import Blocked
from podroute.testing.netns import Namespace, node_network
from tests.builders import SEED_RULES, node, roster

pytestmark = pytest.mark.netns

NODES: Roster = roster(
    *(
        node(
            f"w{n}",
            f"10.240.0.3{n} fd00:10:240::3{n}",
            f"10.200.{n}.0/24",
            f"fd00:10:200:{n}::/64",
        )
        for n in range(3)
    )
)
METRICS = {"at the kernel's metric": "0", "at metric 100": "100"}
SEEDS = range(40)


V4_METRICS = ("", "metric 50 ", "metric 100 ", "metric 1500 ")
V6_METRICS = (*V4_METRICS, "metric 99 ", "metric 1025 ")


def crowd(dice: Random) -> list[str]:
    """Up to four routes to each block, in every form, right and wrong, ours and another's.

    In IPv6 each has its own metric: the kernel shows routes of one metric as one.
    """
    lines: list[str] = []
    for number in range(3):
        count = dice.randrange(5)
        block, link = f"10.200.{number}.0/24", "10.240.0."
        several = f"nexthop via {link}41 nexthop via {link}3{number}"
        for metric in dice.choices(V4_METRICS, k=count):
            tos = dice.choice(["", "", "", "", "tos 0x10 "])
            lines.append(line(dice, f"{block} {tos}{metric}", f"via {link}3{number}", several))
        block, link = f"fd00:10:200:{number}::/64", "fd00:10:240::"
        metrics = dice.sample(V6_METRICS, k=count)
        lines += [line(dice, f"{block} {metric}", f"via {link}3{number}") for metric in metrics]
    return lines


def line(dice: Random, words: str, right: str, *others: str) -> str:
    """Of any owner, to any place."""
    wrong = f"{right[:-2]}4{dice.randrange(4)}"
    owner = dice.choice(["proto 200", "proto 200", "proto static"])
    lead = dice.choice([right, right, right, wrong, wrong, "dev node0", *others, ""])
    kind = "" if lead else "blackhole "
    return f"ip route append {kind}{words}{owner} {lead} 2>&-"


async def sure(provider: RouteProvider, *, adopt: bool) -> Proposal:
    """A proposal that holds nothing back."""
    table = await provider.read()
    asked = propose(NODES, table, SEED_RULES, adopt=adopt)
    return propose(NODES, table, SEED_RULES, adopt=adopt, confirmed=asked.verdict.confirmation)


async def carry_out(there: Namespace, options: Mapping[str, str], *, adopt: bool) -> list[str]:
    """Everything that is planned; the lines for it. A second plan has nothing to add.

    But for routes of ours that the kernel would have confused with others.
    """
    with there.entered():
        async with KIND.connect(options) as provider:
            lines: list[str] = []
            confusing = False
            while (proposal := await sure(provider, adopt=adopt)).verdict.allowed:
                changes = proposal.verdict.allowed
                assert not lines or confusing
                confusing = is_confusing(await provider.read())
                lines += [" && ".join(provider.commands(chain)) for chain in chains(changes)]
                outcomes = await send(changes, provider, lambda _: None)
                assert [one for one in outcomes if not isinstance(one, Done)] == []
                if not confusing:
                    assert blocked(await sure(provider, adopt=adopt)) == blocked(proposal)
            return lines


def is_confusing(table: RouteTable) -> bool:
    """Whether some of ours count as foreign."""
    return any(one.ownership == "foreign" and "proto 200" in one.handle for one in table.routes)


def blocked(proposal: Proposal) -> set[str]:
    return {str(step.destination) for step in proposal.steps if isinstance(step, Blocked)}


def way(there: Namespace, destination: Cidr) -> Address | None:
    """The next hop of a packet to one of its addresses."""
    try:
        (found,) = json.loads(there.ip("-j", "route", "get", str(destination[7])))
    except RuntimeError:
        return None
    return parse_address(found["gateway"]) if "gateway" in found else None


class Died(Exception):  # noqa: N818 -- named for the event
    """As by kill -9."""


class Dying(Netlink):
    """Dies at some request; until then none may cost a path that was there."""

    def __init__(self, there: Namespace, dice: Random) -> None:
        super().__init__()
        self.there = there
        self.dice = dice
        self.wished = {
            cidr: next(hop for hop in one.internal_ips if hop.version == cidr.version)
            for one in NODES.nodes
            for cidr in one.pod_cidrs
        }
        self.right = {cidr for cidr in self.wished if self.goes_right(cidr)}

    def goes_right(self, destination: Cidr) -> bool:
        return way(self.there, destination) == self.wished.get(destination)

    @override
    def send(self, requests: Iterable[Request]) -> list[Refusal | None]:
        answers: list[Refusal | None] = []
        for one in requests:
            if self.dice.random() < 0.1:
                raise Died
            answers += super().send([one])
            assert answers[-1] is None
            destination = parse_route(one.body).destination
            assert destination not in self.right or self.goes_right(destination)
        return answers


async def die_halfway(
    there: Namespace, options: LinuxOptions, dice: Random, *, adopt: bool
) -> None:
    """Sends some of the requests of a whole pass."""
    with there.entered(), closing(Dying(there, dice)) as netlink, suppress(Died):
        provider = LinuxRoutes(netlink, options)
        changes = (await sure(provider, adopt=adopt)).verdict.allowed
        await send(changes, provider, lambda _: None)


async def check_one_pass(
    present: Sequence[str], dice: Random, metric: str = "0", *, adopt: bool = False
) -> None:
    """It is enough, carried out or typed, and after a death on the way."""
    with node_network() as applied, node_network() as typed, node_network() as died:
        for there in (applied, typed, died):
            there.run("sh", "-uc", "\n".join([*present, "true"]))
        foreign = [one for one in applied.routes() if str(one["protocol"]) != "200"]

        lines = await carry_out(applied, {"metric": metric}, adopt=adopt)
        typed.run("sh", "-uc", "\n".join([*lines, "true"]))
        await die_halfway(died, LinuxOptions(metric=int(metric)), dice, adopt=adopt)
        await carry_out(died, {"metric": metric}, adopt=adopt)

        assert typed.routes() == applied.routes()
        assert died.routes() == applied.routes()
        if not adopt:
            assert [one for one in applied.routes() if str(one["protocol"]) != "200"] == foreign


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("adopt", [False, True], ids=["", "adopt"])
@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
async def test_one_pass_is_enough_whatever_is_there(metric: str, seed: int, *, adopt: bool) -> None:
    dice = Random(seed)

    await check_one_pass(crowd(dice), dice, metric, adopt=adopt)


LIVING, GONE = "fd00:10:200:1::/64", "fd00:10:200:9::/64"
RIGHT, WRONG, LINK = "via fd00:10:240::31", "via fd00:10:240::42", "dev node0"


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "ways",
    [
        [
            f"{LIVING} {RIGHT} metric 50",
            f"{LIVING} {LINK} metric 60",
            f"{LIVING} {WRONG} metric 60",
        ],
        [f"{LIVING} {LINK}", f"{LIVING} {WRONG}"],
        [f"{LIVING} {WRONG}", f"{LIVING} {LINK}"],
        [f"{LIVING} {RIGHT}", f"{LIVING} {LINK}"],
        [f"{LIVING} {LINK}", f"{LIVING} {RIGHT}"],
        [f"{LIVING} {RIGHT} mtu 1400", f"{LIVING} {LINK}"],
        [f"{GONE} {LINK}", f"{GONE} {WRONG}"],
        [f"{GONE} {WRONG}", f"{GONE} {LINK}"],
        [f"{LIVING} {LINK} metric 1025", f"{LIVING} {WRONG} metric 1025"],
        [f"{LIVING} {RIGHT}", f"{LIVING} {WRONG} metric 7", f"blackhole {LIVING} metric 9"],
        [f"{LIVING} {WRONG} metric 7", f"blackhole {LIVING} metric 9"],
        [f"{LIVING} {LINK} metric 7", f"{LIVING} via fe80::42 dev node0 metric 7"],
        [f"{LIVING} {RIGHT}", f"{LIVING} from fd00:5::/64 {RIGHT} metric 7"],
        ["10.200.1.0/24 nexthop via 10.240.0.42 nexthop via 10.240.0.31", "10.200.1.0/24 dev lo"],
        ["10.200.1.0/24 dev nexthop1", "10.200.9.0/24 nexthop dev nexthop1 nexthop dev node0"],
        ["10.200.1.0/24 via 10.240.0.31 dev nexthop1 onlink"],
    ],
)
async def test_devices_beside_gateways_and_with_odd_names(ways: list[str], seed: int) -> None:
    link = "ip link add nexthop1 type veth peer name peer; ip link set nexthop1 up"
    lines = [link, *(f"ip route append {way} proto 200" for way in ways)]

    await check_one_pass(lines, Random(seed))


async def test_what_is_typed_ends_where_a_pass_ends_when_another_came_first(
    netns: Namespace,
) -> None:
    """Nothing goes without what was to take its place."""
    mine = [
        f"{one.pod_cidrs[0]} via {one.internal_ips[0]} proto 200 metric 50" for one in NODES.nodes
    ]
    theirs = [f"{one.pod_cidrs[0]} via 10.240.0.99 proto static" for one in NODES.nodes[:2]]
    with netns.entered(), node_network() as typed:
        for there in (netns, typed):
            there.ip("-batch", "-", lines=[f"route add {line}" for line in mine])
        async with KIND.connect({}) as provider:
            changes = (await sure(provider, adopt=False)).verdict.allowed
            lines = [" && ".join(provider.commands(chain)) for chain in chains(changes)]
            for there in (netns, typed):
                there.ip("-batch", "-", lines=[f"route add {line}" for line in theirs])
            outcomes = await send(changes, provider, lambda _: None)
        typed.run("sh", "-uc", "\n".join([*lines, "true"]))

        left = [one for one in outcomes if isinstance(one, Failed)]
        assert ["is in the way" in one.reason for one in left] == [True, True]
        assert typed.routes() == netns.routes()
        kept = [one for one in netns.routes() if one.get("metric") == 50]
        assert len(kept) == len(theirs)
