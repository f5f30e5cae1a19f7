"""Two redundant routers and one controller: one is lost and comes back, and Pods hardly notice."""

import os
import signal
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from subprocess import Popen
from time import monotonic

import pytest

from podroute.kube.node_events import Changed, Removed
from podroute.providers.bird.provider import KIND as BIRD
from podroute.providers.frr.provider import KIND as FRR
from podroute.providers.interface import ProviderKind
from podroute.providers.linux.ssh_provider import KIND as LINUX_SSH
from podroute.routing.conditions import AVAILABLE
from podroute.testing.netns import Namespace
from tests.builders import node
from tests.machine_root import needs_machine_root
from tests.onprem.bird_static import static_bird
from tests.onprem.daemons_of_debian import end
from tests.onprem.frr import frr_router
from tests.onprem.lan import ROUTER
from tests.onprem.pair import INTERVAL, RIGHT, Pair, pair, pinging
from tests.onprem.sshd import PORT, USER, SshRouter, sessions, ssh_router
from tests.unit.played_pair import Pair as Played
from tests.unit.played_pair import running_pair
from tests.unit.played_router import QUICK, Api, listed
from tests.waiting import until

pytestmark = [pytest.mark.netns, needs_machine_root]

NODES = [
    node(
        f"worker-{n}",
        f"10.240.0.3{n} fd00:10:240::3{n}",
        f"10.200.{n}.0/24",
        f"fd00:10:200:{n}::/64",
    )
    for n in range(4)
]
WAYS = 4  # from Pod to Pod, in both families
NOTICED = 8.0  # seconds until an SSH connection that is silent counts as lost
BEARABLE = 5.0  # seconds


@pytest.fixture
def network() -> Generator[Pair]:
    with pair() as made:
        yield made


@dataclass(frozen=True)
class Powered:
    """A router that runs; ``options`` are those of its engine, ``daemons`` are beside sshd."""

    sshd: SshRouter
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    daemons: tuple[Popen[bytes], ...] = ()


@asynccontextmanager
async def with_podroute(node: Namespace, place: Path, address: str) -> AsyncGenerator[Powered]:
    """Only podroute is on the router."""
    async with ssh_router(node, place, ListenAddress=address) as sshd:
        yield Powered(sshd)


@asynccontextmanager
async def with_frr(node: Namespace, place: Path, address: str) -> AsyncGenerator[Powered]:
    """FRRouting, and a login that may run vtysh; nothing is in the startup configuration."""
    async with (
        frr_router(node, place) as frr,
        ssh_router(node, place, ListenAddress=address) as sshd,
    ):
        sshd.allow("")
        yield Powered(sshd, frr.options(), tuple(frr.processes.values()))


@asynccontextmanager
async def with_bird(node: Namespace, place: Path, address: str) -> AsyncGenerator[Powered]:
    """BIRD, and a login that may write its file, which outlives a loss of power."""
    file = place / "podroute.conf"
    async with (
        static_bird(node, place, file.read_text() if file.exists() else "") as bird,
        ssh_router(node, place, ListenAddress=address) as sshd,
    ):
        sshd.allow("")
        yield Powered(sshd, bird.options(), (bird.router.process,))


@dataclass(frozen=True)
class Engine:
    """What keeps the routes; ``protocol`` is the kernel's number for who writes them."""

    kind: ProviderKind
    protocol: str
    powered: Callable[[Namespace, Path, str], AbstractAsyncContextManager[Powered]]


def options(powered: Powered, address: str) -> Mapping[str, str]:
    """Of the provider, for a router at this address."""
    router = powered.sshd
    host_key = (router.place / "host_key.pub").read_text()
    (router.place / "known_hosts").write_text(f"[{address}]:{PORT} {host_key}")
    login = router.options(router=f"{USER}@{address}:{PORT}", timeout=str(NOTICED))
    return {**login, **powered.options}


def blocks(router: Namespace, protocol: str) -> set[str]:
    """Where its kernel has routes of ours to."""
    shown = (router.ip(family, "route", "show", "proto", protocol) for family in ("-4", "-6"))
    return {line.split()[0] for text in shown for line in text.splitlines()}


def wished(*numbers: int) -> set[str]:
    """The blocks of these Nodes."""
    return {str(cidr) for number in numbers for cidr in NODES[number].pod_cidrs}


def served(api: Api) -> set[str]:
    """The Nodes that were told that their routes are there."""
    return {one.node for one in api.written if one.condition == AVAILABLE}


@dataclass
class Scene:
    """Both routers have what the first three Nodes need."""

    network: Pair
    engine: Engine
    api: Api
    left: Powered
    loops: Played
    power: AsyncExitStack  # of the left router
    figures: list[str] = field(default_factory=list[str])

    @asynccontextmanager
    async def noted(self, what: str) -> AsyncGenerator[None]:
        """How long the block takes."""
        began = monotonic()
        yield
        self.figures.append(f"{what}: {monotonic() - began:.2f} s")

    def die(self) -> None:
        """The left router loses its power: nobody hears a farewell, and its table is gone."""
        self.network.cut_left(off=True)
        for session in sessions(self.left.sshd):
            os.kill(session, signal.SIGKILL)
        for process in (self.left.sshd.process, *self.left.daemons):
            end(process)
        for family in ("-4", "-6"):
            self.network.left.ip(family, "route", "flush", "proto", self.engine.protocol)

    async def come_back(self) -> None:
        """The left router has power again, and an empty table."""
        await self.power.aclose()
        self.network.cut_left(off=False)
        place = self.left.sshd.place
        powered = self.engine.powered(self.network.left, place, ROUTER[0])
        await self.power.enter_async_context(powered)

    def has(self, router: Namespace, *numbers: int) -> bool:
        """Whether its kernel has the routes for exactly these Nodes."""
        return blocks(router, self.engine.protocol) == wished(*numbers)


@pytest.fixture(
    params=[
        Engine(LINUX_SSH, "200", with_podroute),
        Engine(FRR, "196", with_frr),
        Engine(BIRD, "12", with_bird),
    ],
    ids=["linux-ssh", "frr", "bird"],
)
async def scene(
    network: Pair, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncGenerator[Scene]:
    engine: Engine = request.param
    places = [tmp_path / "left", tmp_path / "right"]
    for place in places:
        place.mkdir()
    api = Api(listed(*NODES[:3]))
    rhythm = replace(QUICK, period=1.0, first_pause=0.2, last_pause=1.0)
    async with AsyncExitStack() as power, AsyncExitStack() as stack:
        left = await power.enter_async_context(engine.powered(network.left, places[0], ROUTER[0]))
        second = engine.powered(network.right, places[1], RIGHT[0])
        right = await stack.enter_async_context(second)
        with network.operator.entered():
            providers = [
                await stack.enter_async_context(engine.kind.connect(chosen))
                for chosen in (options(left, ROUTER[0]), options(right, RIGHT[0]))
            ]
            playing = running_pair(api, *providers, rhythm=rhythm, within=200)
            loops = await stack.enter_async_context(playing)
            made = Scene(network, engine, api, left, loops, power)
            await until(lambda: made.has(network.left, 0, 1, 2))
            await until(lambda: made.has(network.right, 0, 1, 2))
            await until(lambda: served(api) == {one.name for one in NODES[:3]})
            yield made
            await stack.aclose()


async def test_pods_go_on_while_one_router_is_dead_and_it_gets_its_routes_back(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    network, loops = scene.network, scene.loops.loops
    with pinging(network) as counts:
        scene.die()
        network.lead_through(RIGHT)  # as VRRP does after about three seconds

        async with scene.noted("removed and created at the living router"):
            scene.api.news.put_nowait(Removed(NODES[2]))
            scene.api.news.put_nowait(Changed(NODES[3]))
            await until(lambda: scene.has(network.right, 0, 1, 3))
        async with scene.noted("the dead router is told as not reached, after further"):
            await until(lambda: loops["left"].fault)
        assert loops["right"].fault == ""

        await scene.come_back()
        async with scene.noted("the router that came back has its routes"):
            await until(lambda: scene.has(network.left, 0, 1, 3))
        network.lead_through(ROUTER)
        await until(lambda: not loops["left"].fault)
    with capsys.disabled():
        print("\n", *(one.words for one in counts), *scene.figures, sep="\n  ")  # noqa: T201 -- figures
    assert len(counts) == WAYS
    for one in counts:
        assert one.sent > one.lost
        assert one.lost * INTERVAL < BEARABLE, one.words
