"""Daemon, podroute and sessions that end: what is lost, what is told, and what comes back."""

import asyncio
import re
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import replace

import pytest

from podroute.model.bgp_peer import BgpPeer
from podroute.providers.gobgp.provider import KIND
from podroute.providers.interface import BgpSpeaker, RouteProvider
from podroute.routing.outcome import Done
from podroute.routing.steps import Create
from tests.builders import node, route
from tests.onprem.bgp import APART, Apart, Pair, daemon_file
from tests.onprem.daemons_of_debian import end
from tests.onprem.gobgp import Gobgp, looked
from tests.onprem.lan import PODS, Lan, Ping, pinging
from tests.unit.played_router import QUICK, Api, listed, running
from tests.waiting import until

pytestmark = pytest.mark.netns

NODES = [
    node("worker-0", "10.240.0.30 fd00:10:240::30", "10.200.0.0/24", "fd00:10:200::/64"),
    node("worker-1", "10.240.0.31 fd00:10:240::31", "10.200.1.0/24", "fd00:10:200:1::/64"),
]
WISH = route("10.200.0.0/24", "10.240.0.30")


def between_pods(network: Lan, target: str) -> AbstractContextManager[Ping]:
    """From the one Pod to the other."""
    source = next(pod for pod, there in zip(*PODS, strict=True) if there == target)
    return pinging(network.workers[0], "-I", source, target)


@asynccontextmanager
async def connected(daemon: Gobgp) -> AsyncGenerator[RouteProvider]:
    async with KIND.connect(daemon.options()) as provider:
        yield provider


async def peer(provider: RouteProvider) -> BgpPeer:
    assert isinstance(provider, BgpSpeaker)
    (found,) = await provider.peers()
    return found


async def until_peer(provider: RouteProvider, wanted: Callable[[BgpPeer], bool]) -> None:
    async with asyncio.timeout(30):
        while not wanted(await peer(provider)):  # noqa: ASYNC110 -- it is asked, and tells nobody
            await asyncio.sleep(0.05)


async def established(provider: RouteProvider) -> None:
    await until_peer(provider, lambda one: one.state == "Established")


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
async def test_a_daemon_that_is_killed_costs_no_packet(pair: Pair, ending: signal.Signals) -> None:
    """The router goes on by its stale routes until all are announced anew.

    One that is asked to end says farewell, and the router drops all: some packets are lost.
    """
    api, soon = Api(listed(*NODES)), replace(QUICK, period=0.5, first_pause=0.1, last_pause=0.5)
    async with (
        pair.announcer() as daemon,
        connected(daemon) as provider,
        running(api, provider, rhythm=soon, within=120) as world,
    ):
        await until(lambda: len(pair.learned()) == 4)
        await until(pair.lan.pods_meet)
        with between_pods(pair.lan, PODS[1][0]) as v4, between_pods(pair.lan, PODS[1][1]) as v6:
            daemon.process.send_signal(ending)
            await until(lambda: world.loop.fault)
            await until(lambda: daemon.process.poll() is not None)
            async with pair.announcer("-r"):
                await until(lambda: not world.loop.fault)
                await established(provider)
                await until(lambda: "stale" not in pair.router.vtysh("show bgp ipv4 json"))
                await until(lambda: len(pair.learned()) == 4)
                counts = [v4.lost(), v6.lost()]

    assert [sent > 20 for sent, _ in counts] == [True, True]
    assert [missing > 0 for _, missing in counts] == [ending is signal.SIGTERM] * 2


async def test_podroute_that_ends_withdraws_nothing(pair: Pair) -> None:
    """The next one finds all as it was, and changes nothing."""
    async with pair.announcer() as daemon:
        async with connected(daemon) as provider:
            assert [type(one) for one in await provider.apply([Create(WISH)])] == [Done]
            await looked(provider)
            await until(lambda: len(pair.learned()) == 1)
        async with asyncio.timeout(60):
            while not await tells_nothing(daemon):
                pass
        assert len(pair.learned()) == 1


async def tells_nothing(daemon: Gobgp) -> bool:
    """Whether the next podroute has the daemon say no more; a router may ask it for all again."""
    before = updates(daemon)
    async with connected(daemon) as provider:
        (found,) = (await provider.read()).routes
        assert (found.ownership, found.deviation) == ("ours", "")
    return updates(daemon) == before


def updates(daemon: Gobgp) -> list[str]:
    """How many it has sent."""
    return re.findall(r"Updates:\s+(\d+)", daemon.gobgp("neighbor", "10.240.0.1"))


async def test_whom_a_person_disables_stays_so(pair: Pair) -> None:
    """The router goes on by its stale route, as after a crash."""
    async with pair.announcer() as daemon, connected(daemon) as provider:
        await provider.apply([Create(WISH)])
        await looked(provider)
        await until(lambda: len(pair.learned()) == 1)
        daemon.gobgp("neighbor", "10.240.0.1", "disable")
        await until_peer(provider, lambda one: one.state == "Idle")
        (found,) = (await provider.read()).routes
        await provider.apply([Create(route("10.200.1.0/24", "10.240.0.31"))])
        await looked(provider)
        away = await peer(provider)
        assert len(pair.learned()) == 1

    assert found.deviation == ""
    assert (away.state, away.reason) == ("Idle", "disabled by a person (gobgp neighbor … disable)")


async def test_a_podroute_that_died_in_between_is_made_up_for(pair: Pair) -> None:
    """All was announced to nobody: the next one sees that, and enables the neighbours.

    However many routes there are, no person is asked whether they may be replaced.
    """
    places = [(f"10.200.{one}.0/24", f"10.240.0.{30 + one}") for one in range(20)]
    nodes = [node(f"worker-{hop}", hop, cidr) for cidr, hop in places]
    wishes = [Create(route(cidr, hop)) for cidr, hop in places]
    async with pair.announcer() as daemon:
        async with connected(daemon) as provider:
            await provider.apply(wishes)
        api, soon = Api(listed(*nodes)), replace(QUICK, period=0.5)
        async with (
            connected(daemon) as provider,
            running(api, provider, rhythm=soon, within=60),
        ):
            await until(lambda: len(pair.learned()) == 20)


async def test_a_router_that_is_added_is_told_of_all(pair: Pair) -> None:
    """It is enabled by the next read, and no route counts as wrong until then."""
    block = daemon_file()[daemon_file().index("[[neighbors]]") :]
    async with pair.announcer() as daemon, connected(daemon) as provider:
        await provider.apply([Create(WISH)])
        await looked(provider)
        await established(provider)
        more = f"{daemon_file()}\n{block.replace('10.240.0.1', '10.240.0.9')}"
        (daemon.place / "gobgpd.toml").write_text(more)
        daemon.process.send_signal(signal.SIGHUP)
        await until(lambda: "10.240.0.9" in daemon.gobgp("neighbor"))
        (found,) = (await provider.read()).routes
        await looked(provider)
        assert isinstance(provider, BgpSpeaker)
        _, added = await provider.peers()

    assert found.deviation == ""
    assert added.reason.startswith("no connection: ")


@pytest.mark.parametrize("apart", APART)
async def test_who_is_not_heard_has_no_session(pair: Pair, apart: Apart) -> None:
    """Until both sides are alike again."""
    file = daemon_file().replace(apart.right, apart.wrong)
    async with pair.announcer(file=file) as daemon, connected(daemon) as provider:
        await provider.apply([Create(WISH)])
        await looked(provider)
        await until(lambda: pair.lan.unheard(apart.counter))
        await until_peer(provider, lambda one: one.reason.startswith(apart.told))
        pair.router.configure("router bgp 64513", apart.alike)
        await established(provider)


async def test_a_wrong_autonomous_system(pair: Pair) -> None:
    wrong = daemon_file().replace("64513", "64999")
    async with pair.announcer(file=wrong) as daemon, connected(daemon) as provider:
        await provider.apply([Create(WISH)])
        await looked(provider)
        await until_peer(provider, lambda one: one.reason.startswith("NOTIFICATIONs so far: "))


async def test_what_a_neighbour_tells_is_never_ours(pair: Pair) -> None:
    """With our mark, to a wished destination and elsewhere: it hinders nothing."""
    pair.router.configure(
        *("route-map OURS permit 10", "set community 64512:200", "exit"),
        *("router bgp 64513", "no bgp network import-check", "address-family ipv4 unicast"),
        "neighbor 10.240.0.2 route-map OURS out",
        *(f"network {one} route-map OURS" for one in ("10.200.0.0/24", "10.200.7.0/24")),
    )
    credulous = daemon_file().replace("reject-route", "accept-route")
    credulous = credulous.replace("admin-down = true", "admin-down = false")
    async with pair.announcer(file=credulous) as daemon, connected(daemon) as provider:
        await established(provider)
        await until(lambda: daemon.gobgp("global", "rib").count("10.200.") == 2)
        told = (await provider.read()).routes
        outcomes = await provider.apply([Create(WISH)])
        routes = (await provider.read()).routes

    assert {(one.ownership, one.preference) for one in told} == {("foreign", 2)}
    assert [type(one) for one in outcomes] == [Done]
    ours = [one for one in routes if one.ownership == "ours"]
    assert [(one.destination, one.next_hop) for one in ours] == [(WISH.destination, WISH.next_hop)]
    assert len(routes) == 3


async def test_a_daemon_that_is_killed_before_a_change_is_read_back(pair: Pair) -> None:
    """What was announced is not there any more: its neighbours wait until it is."""
    async with pair.announcer() as daemon, connected(daemon) as provider:
        await provider.apply([Create(WISH)])
        await looked(provider)
        await until(lambda: len(pair.learned()) == 1)
        await provider.apply([Create(route("10.200.1.0/24", "10.240.0.31"))])
        end(daemon.process)
        async with pair.announcer("-r"):
            await looked(provider)
            assert not (await provider.read()).routes
            assert (await peer(provider)).reason.startswith("admin-down in the daemon's file")
            await provider.apply([Create(WISH)])
            await looked(provider)
            await established(provider)
