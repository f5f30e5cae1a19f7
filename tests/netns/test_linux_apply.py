import sys
from contextlib import closing

import pytest

from podroute.host.netlink import Netlink
from podroute.model.cidr import parse_cidr
from podroute.model.route import InstalledRoute
from podroute.providers.interface import RouteProvider
from podroute.providers.linux.provider import LinuxRoutes
from podroute.providers.linux.settings import LinuxOptions
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace
from podroute.testing.netns import Namespace
from tests.builders import route

pytestmark = pytest.mark.netns

WISH = route("10.200.0.0/24", "10.240.0.30")
WISH6 = route("fd00:10:200::/64", "fd00:10:240::30")

UNPRIVILEGED = """
import asyncio
from podroute.providers.interface import ProviderUnreachable
from podroute.providers.linux.provider import KIND
from podroute.routing.steps import Create
from podroute.testing.builders import route

async def main():
    async with KIND.connect({}) as provider:
        print(len((await provider.read()).routes))
        try:
            await provider.apply([Create(route("10.200.0.0/24", "10.240.0.30"))])
        except ProviderUnreachable as error:
            print(error)

asyncio.run(main())
"""


async def routes_to(kernel: RouteProvider, cidr: str) -> list[InstalledRoute]:
    """In the kernel's order."""
    return [one for one in (await kernel.read()).routes if one.destination == parse_cidr(cidr)]


@pytest.mark.parametrize("hop", ["10.240.9.9", "fd00:99::9"])
async def test_a_next_hop_that_is_on_no_link_is_refused_in_words(
    kernel: RouteProvider, hop: str
) -> None:
    wish = route("10.200.0.0/24" if "." in hop else "fd00:10:200::/64", hop)

    (outcome,) = await kernel.apply([Create(wish)])

    assert isinstance(outcome, Failed)
    assert f"{hop} is not on a link of this machine" in outcome.reason
    assert outcome.retry == "worth it"


async def test_a_refused_replacement_leaves_the_old_route(kernel: RouteProvider) -> None:
    for wish, nowhere in ((WISH, "10.240.9.9"), (WISH6, "fd00:99::9")):
        cidr = str(wish.destination)
        await kernel.apply([Create(wish)])
        before = await routes_to(kernel, cidr)

        (outcome,) = await kernel.apply([Replace(before[0], route(cidr, nowhere))])

        assert isinstance(outcome, Failed)
        assert await routes_to(kernel, cidr) == before


async def test_what_is_in_the_way_is_named(netns: Namespace, kernel: RouteProvider) -> None:
    netns.ip("route", "add", "10.200.0.0/24", "via", "10.240.0.99", "proto", "static")

    (outcome,) = await kernel.apply([Create(WISH)])

    holder = "10.200.0.0/24 via 10.240.0.99 dev node0 proto 4 metric 0"
    assert outcome == Failed(Create(WISH), f"{holder} is in the way", "pointless")


async def test_a_foreign_route_that_took_the_place_survives_the_replacement(
    netns: Namespace, kernel: RouteProvider
) -> None:
    for wish, there in ((WISH, "10.240.0.99"), (WISH6, "fd00:10:240::99")):
        cidr = str(wish.destination)
        await kernel.apply([Create(wish)])
        (mine,) = await routes_to(kernel, cidr)
        netns.ip("route", "del", *mine.handle.split())
        netns.ip("route", "add", cidr, "via", there, "proto", "static")
        before = await routes_to(kernel, cidr)

        (outcome,) = await kernel.apply([Replace(mine, route(cidr, there[:-2] + "31"))])

        assert isinstance(outcome, Failed)
        assert await routes_to(kernel, cidr) == before


async def test_metric_and_kind_of_our_routes_are_put_right(
    netns: Namespace, kernel: RouteProvider
) -> None:
    lines = [
        "10.200.0.0/24 proto 200 via 10.240.0.30 metric 50",
        "blackhole 10.200.1.0/24 proto 200",
        "10.200.2.0/24 proto 200 nexthop via 10.240.0.30 nexthop via 10.240.0.31",
        "10.200.3.0/24 proto 200 dev node0",
        "10.200.4.0/24 proto 200 tos 0x10 via 10.240.0.30",
        "10.200.5.0/24 proto 200 nhid 5",
        "10.200.6.0/24 proto 200 via 10.240.0.30 src 10.240.0.1 mtu 1400",
        "fd00:10:200::/64 proto 200 via fd00:10:240::30 metric 7",
        "prohibit fd00:10:200:1::/64 proto 200",
        "fd00:10:200:2::/64 proto 200 nhid 6",
        "fd00:10:200:3::/64 proto 200 dev node0",
        "fd00:10:200:4::/64 from fd00:10:200:9::/64 proto 200 via fd00:10:240::30",
        "fd00:10:200:5::/64 proto 200 via fd00:10:240::30 mtu 1400",
    ]
    objects = [
        "nexthop add id 5 via 10.240.0.30 dev node0",
        "nexthop add id 6 via fd00:10:240::30 dev node0",
    ]
    netns.ip("-batch", "-", lines=[*objects, *(f"route add {line}" for line in lines)])
    wrong = [one for one in (await kernel.read()).routes if one.ownership == "ours"]
    hops = {4: "10.240.0.33", 6: "fd00:10:240::33"}
    wishes = [route(str(one.destination), hops[one.destination.version]) for one in wrong]
    changes = [Replace(one, wish) for one, wish in zip(wrong, wishes, strict=True)]

    outcomes = await kernel.apply(changes)

    assert list(outcomes) == [Done(change) for change in changes]
    right = [one for one in (await kernel.read()).routes if one.ownership == "ours"]
    assert [(one.destination, one.next_hop, one.deviation) for one in right] == [
        (wish.destination, wish.next_hop, "") for wish in wishes
    ]


@pytest.mark.parametrize("change", [Delete, Replace])
async def test_a_foreign_sibling_is_seen_apart_and_survives(
    netns: Namespace, kernel: RouteProvider, change: type[Delete | Replace]
) -> None:
    await kernel.apply([Create(WISH6)])
    theirs_too = "fd00:10:200::/64 via fd00:10:240::99 proto static metric 1024"
    netns.ip("-batch", "-", lines=[f"route append {theirs_too}"])
    mine, theirs = await routes_to(kernel, "fd00:10:200::/64")
    assert (mine.next_hop, mine.ownership, mine.deviation) == (WISH6.next_hop, "ours", "")
    assert (theirs.kind, theirs.ownership) == ("multipath", "foreign")
    elsewhere = route("fd00:10:200::/64", "fd00:10:240::33")

    (outcome,) = await kernel.apply(
        [Delete(mine) if change is Delete else Replace(mine, elsewhere)]
    )

    assert isinstance(outcome, Done if change is Delete else Failed)
    (left,) = await routes_to(kernel, "fd00:10:200::/64")
    assert (str(left.next_hop), left.ownership) == ("fd00:10:240::99", "foreign")


async def test_a_replacement_goes_round_foreign_routes_at_worse_metrics(
    netns: Namespace, kernel: RouteProvider
) -> None:
    await kernel.apply([Create(WISH), Create(WISH6)])
    theirs = [
        f"{wish.destination} via {hop} proto static metric {metric}"
        for wish, hop, first in ((WISH, "10.240.0.99", 1), (WISH6, "fd00:10:240::99", 1025))
        for metric in (first, first + 1)
    ]
    netns.ip("-batch", "-", lines=[f"route add {line}" for line in theirs])
    before = (await kernel.read()).routes
    mine = [one for one in before if one.ownership == "ours"]
    hops = {4: "10.240.0.33", 6: "fd00:10:240::33"}
    changes = [
        Replace(one, route(str(one.destination), hops[one.destination.version])) for one in mine
    ]

    outcomes = await kernel.apply(changes)

    assert list(outcomes) == [Done(change) for change in changes]
    after = (await kernel.read()).routes
    assert set(after) - set(mine) >= set(before) - set(mine)
    assert [one.deviation for one in after if one.ownership == "ours"] == ["", ""]


@pytest.mark.parametrize("died_after", [1, 2, 3])
async def test_a_replacement_that_died_is_finished_by_the_next(
    netns: Namespace, kernel: RouteProvider, died_after: int
) -> None:
    """The rounds of a replacement, carried out by hand up to the point of death."""
    for wish, metric in ((WISH, 0), (WISH6, 1024)):
        cidr, old = str(wish.destination), wish.next_hop
        new = type(old)(int(old) + 1)
        wished = route(cidr, str(new))
        await kernel.apply([Create(wish)])
        (mine,) = await routes_to(kernel, cidr)
        steps = [
            f"route add {cidr} via {new} proto 200 metric {metric + 1}",
            f"route del {mine.handle}",
            f"route add {cidr} via {new} proto 200 metric {metric}",
        ]
        netns.ip("-batch", "-", lines=steps[:died_after])

        found = sorted(await routes_to(kernel, cidr), key=lambda one: one.preference)
        in_use, rest = found[0], found[1:]
        repairs: list[Change] = (
            [] if in_use.next_hop == new and not in_use.deviation else [Replace(in_use, wished)]
        )
        repairs += [Delete(one) for one in rest]
        outcomes = await kernel.apply(repairs)

        assert [type(outcome) for outcome in outcomes] == [Done] * len(repairs)
        (left,) = await routes_to(kernel, cidr)
        assert (left.next_hop, left.deviation) == (new, "")


async def test_a_table_that_was_flushed_after_the_read_is_no_surprise(
    netns: Namespace, kernel: RouteProvider
) -> None:
    await kernel.apply([Create(WISH), Create(WISH6)])
    (mine,) = await routes_to(kernel, "10.200.0.0/24")
    (mine6,) = await routes_to(kernel, "fd00:10:200::/64")
    netns.ip("route", "flush", "proto", "200")
    netns.ip("-6", "route", "flush", "proto", "200")

    outcomes = await kernel.apply(
        [Replace(mine, route("10.200.0.0/24", "10.240.0.31")), Delete(mine6)]
    )

    assert [type(outcome) for outcome in outcomes] == [Failed, Done]
    table = await kernel.read()
    assert [one for one in table.routes if one.ownership == "ours"] == []


async def test_a_foreign_route_is_adopted_as_it_is(netns: Namespace, kernel: RouteProvider) -> None:
    for wish in (WISH, WISH6):
        cidr = str(wish.destination)
        netns.ip("route", "add", cidr, "via", str(wish.next_hop), "proto", "static")
        (theirs,) = await routes_to(kernel, cidr)

        (outcome,) = await kernel.apply([Adopt(theirs, wish)])

        assert isinstance(outcome, Done)
        (mine,) = await routes_to(kernel, cidr)
        assert (mine.next_hop, mine.ownership, mine.deviation) == (wish.next_hop, "ours", "")


async def test_lost_answers_are_made_good_by_looking(netns: Namespace) -> None:
    many: list[Change] = [
        Create(route(f"10.{200 + n // 256}.{n % 256}.0/24", f"10.240.0.{2 + n % 200}"))
        for n in range(2_000)
    ]
    off_link = Create(route("10.9.0.0/24", "10.250.0.1"))
    with netns.entered(), closing(Netlink(batch=1_000, receive_bytes=4_096)) as deaf:
        provider = LinuxRoutes(deaf, LinuxOptions())
        await provider.apply(many)

        outcomes = await provider.apply([*many, off_link])  # each is refused: it is there already
        table = await provider.read()

    assert list(outcomes[:-1]) == [Done(change) for change in many]
    assert isinstance(outcomes[-1], Failed)
    assert sum(one.ownership == "ours" for one in table.routes) == len(many)


async def test_ten_thousand_routes_there_and_back(kernel: RouteProvider) -> None:
    wishes = [
        route(f"10.{100 + n // 256}.{n % 256}.0/24", f"10.240.0.{2 + n % 200}")
        for n in range(5_000)
    ]
    wishes += [
        route(f"fd00:10:200:{n:x}::/64", f"fd00:10:240::{2 + n % 200:x}") for n in range(5_000)
    ]

    created = await kernel.apply([Create(wish) for wish in wishes])
    there = [one for one in (await kernel.read()).routes if one.ownership == "ours"]
    deleted = await kernel.apply([Delete(one) for one in there])
    rest = [one for one in (await kernel.read()).routes if one.ownership == "ours"]

    assert {type(outcome) for outcome in (*created, *deleted)} == {Done}
    assert {(one.destination, one.next_hop) for one in there} == {
        (wish.destination, wish.next_hop) for wish in wishes
    }
    assert rest == []


def test_without_privileges_reading_works_and_changing_is_refused_as_a_whole(
    netns: Namespace,
) -> None:
    before = netns.routes()
    dropped = [
        "setpriv",
        "--bounding-set=-net_admin",
        "--inh-caps=-net_admin",
        "--",
        sys.executable,
    ]

    printed = netns.run(*dropped, "-c", UNPRIVILEGED)

    assert printed.splitlines()[0] == "2"
    assert "needs CAP_NET_ADMIN: run it with sudo" in printed
    assert "podroute plan --show-commands" in printed
    assert netns.routes() == before
