"""Two redundant routers and one announcer: one is lost and comes back, and Pods hardly notice."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

import pytest

from podroute.kube.node_events import Changed, Removed
from podroute.providers.frr.provider import KIND as FRR
from podroute.providers.gobgp.provider import KIND as GOBGP
from podroute.providers.interface import RouteProvider
from podroute.testing.netns import Namespace
from tests.onprem.bgp import BGP, daemon_file, router_lines
from tests.onprem.daemons_of_debian import end
from tests.onprem.frr import FrrRouter, frr_router
from tests.onprem.gobgp import gobgp_daemon
from tests.onprem.lan import ANNOUNCER, ROUTER
from tests.onprem.pair import INTERVAL, OPERATOR, RIGHT, Pair, pair, pinging
from tests.onprem.test_frr_example import example
from tests.onprem.test_two_routers import BEARABLE, NODES, WAYS, blocks, wished
from tests.unit.played_router import QUICK, Api, listed, running
from tests.waiting import until

pytestmark = pytest.mark.netns

BY_BGP = "186"  # the kernel's number for who writes routes


def gobgp_file() -> str:
    """What the page says, with both routers as neighbours."""
    head, mark, block = daemon_file().partition("[[neighbors]]\n")
    head = head.replace(ANNOUNCER[0], OPERATOR[0])
    head = head.replace(f'["{ROUTER[0]}"]', f'["{ROUTER[0]}", "{RIGHT[0]}"]')
    return f"{head}{mark}{block}\n{mark}{block.replace(ROUTER[0], RIGHT[0])}"


def frr_lines() -> Sequence[str]:
    """The same, of the page of FRRouting."""
    shown = example().replace(ANNOUNCER[0], OPERATOR[0]).splitlines()
    both = ((line, line.replace(ROUTER[0], RIGHT[0])) for line in shown if line.strip() != "!")
    return [line for pair_of in both for line in dict.fromkeys(pair_of)]


@asynccontextmanager
async def by_gobgp(node: Namespace, place: Path) -> AsyncGenerator[RouteProvider]:
    async with (
        gobgp_daemon(node, place, gobgp_file()) as daemon,
        GOBGP.connect(daemon.options()) as provider,
    ):
        yield provider


@asynccontextmanager
async def by_frr(node: Namespace, place: Path) -> AsyncGenerator[RouteProvider]:
    async with (
        frr_router(node, place, daemons=BGP) as frr,
        FRR.connect(frr.options()) as provider,
    ):
        frr.configure(*frr_lines())
        yield provider


@dataclass(frozen=True)
class Announcer:
    """``asked``: what its page wants of the routers besides."""

    opened: Callable[[Namespace, Path], AbstractAsyncContextManager[RouteProvider]]
    asked: Sequence[str] = ()


@asynccontextmanager
async def with_bgp(
    node: Namespace, place: Path, address: str, asked: Sequence[str]
) -> AsyncGenerator[FrrRouter]:
    """A router as the page has it."""
    lines = [line.replace(ANNOUNCER[0], OPERATOR[0]) for line in router_lines()]
    own = [line.replace(f"router-id {ROUTER[0]}", f"router-id {address}") for line in lines]
    async with frr_router(node, place, daemons=BGP) as router:
        router.configure(*own, *asked)
        yield router


@pytest.fixture
def places(tmp_path: Path) -> Mapping[str, Path]:
    """For the files of each machine."""
    found = {name: tmp_path / name for name in ("left", "right", "announcer")}
    for place in found.values():
        place.mkdir()
    return found


@dataclass(frozen=True)
class Site:
    """``power`` is the left router's."""

    network: Pair
    announcer: Announcer
    places: Mapping[str, Path]
    power: AsyncExitStack

    async def switch_on(self) -> FrrRouter:
        """The left router, with an empty table."""
        place, asked = self.places["left"], self.announcer.asked
        left = with_bgp(self.network.left, place, ROUTER[0], asked)
        return await self.power.enter_async_context(left)

    def lose_power(self, left: FrrRouter) -> None:
        """Nobody hears a farewell, and its table is gone."""
        self.network.cut_left(off=True)
        for process in left.processes.values():
            end(process)
        for family in ("-4", "-6"):
            self.network.left.ip(family, "route", "flush", "proto", BY_BGP)

    async def until_known(self, *routers: Namespace, nodes: tuple[int, ...]) -> None:
        """The routers' kernels have the routes for exactly these Nodes."""
        wanted = wished(*nodes)
        await until(lambda: all(blocks(one, BY_BGP) == wanted for one in routers), within=60)


@asynccontextmanager
async def announcing(
    api: Api, announcer: Announcer, places: Mapping[str, Path]
) -> AsyncGenerator[Site]:
    """The right router is on, and both are told."""
    with pair() as network:
        async with (
            with_bgp(network.right, places["right"], RIGHT[0], announcer.asked),
            announcer.opened(network.operator, places["announcer"]) as provider,
            AsyncExitStack() as power,
            running(api, provider, rhythm=replace(QUICK, period=1.0), within=150),
        ):
            yield Site(network, announcer, places, power)


@pytest.mark.parametrize(
    "announcer",
    [
        Announcer(by_gobgp),
        Announcer(by_frr, ("route-map PODS permit 20", "set ipv6 next-hop prefer-global")),
    ],
    ids=["gobgp", "frr"],
)
async def test_pods_go_on_while_one_router_is_dead_and_it_gets_its_routes_back(
    announcer: Announcer, places: Mapping[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    api = Api(listed(*NODES[:3]))
    async with announcing(api, announcer, places) as site:
        network, left = site.network, await site.switch_on()
        await site.until_known(network.left, network.right, nodes=(0, 1, 2))
        with pinging(network) as counts:
            site.lose_power(left)
            network.lead_through(RIGHT)  # as VRRP does after about three seconds
            api.news.put_nowait(Removed(NODES[2]))
            api.news.put_nowait(Changed(NODES[3]))
            await site.until_known(network.right, nodes=(0, 1, 3))
            await site.power.aclose()
            network.cut_left(off=False)
            await site.switch_on()
            began = monotonic()
            await site.until_known(network.left, nodes=(0, 1, 3))
            took = monotonic() - began
            network.lead_through(ROUTER)
    with capsys.disabled():
        told = f"the router that came back has its routes: {took:.1f} s"
        print("\n", *(one.words for one in counts), told, sep="\n  ")  # noqa: T201 -- figures
    assert len(counts) == WAYS
    for one in counts:
        assert one.sent > one.lost
        assert one.lost * INTERVAL < BEARABLE, one.words
