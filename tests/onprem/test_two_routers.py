"""Two redundant routers and one controller: one is lost and comes back, and Pods hardly notice."""

import os
import signal
from collections.abc import AsyncGenerator, Generator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic

import pytest

from podroute.kube.node_events import Changed, Removed
from podroute.providers.linux.remote import KIND
from podroute.testing.netns import Namespace
from tests.builders import node
from tests.machine_root import needs_machine_root
from tests.onprem.daemons_of_debian import end
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


def options(router: SshRouter, address: str) -> Mapping[str, str]:
    """Of the provider, for a router at this address."""
    host_key = (router.place / "host_key.pub").read_text()
    (router.place / "known_hosts").write_text(f"[{address}]:{PORT} {host_key}")
    return router.options(router=f"{USER}@{address}:{PORT}", timeout=str(NOTICED))


def blocks(router: Namespace) -> set[str]:
    """Where its kernel has routes of ours to."""
    shown = (router.ip(family, "route", "show", "proto", "200") for family in ("-4", "-6"))
    return {line.split()[0] for text in shown for line in text.splitlines()}


def wished(*numbers: int) -> set[str]:
    """The blocks of these Nodes."""
    return {str(cidr) for number in numbers for cidr in NODES[number].pod_cidrs}


def die(network: Pair, router: SshRouter) -> None:
    """The left router loses its power: nobody hears a farewell, and its kernel's table is gone."""
    network.cut_left(off=True)
    for session in sessions(router):
        os.kill(session, signal.SIGKILL)
    end(router.process)
    for family in ("-4", "-6"):
        network.left.ip(family, "route", "flush", "proto", "200")


@dataclass
class Scene:
    """Both routers have what the first three Nodes need."""

    network: Pair
    api: Api
    left: SshRouter
    loops: Played
    power: AsyncExitStack  # of the left router
    figures: list[str] = field(default_factory=list[str])

    @asynccontextmanager
    async def noted(self, what: str) -> AsyncGenerator[None]:
        """How long the block takes."""
        began = monotonic()
        yield
        self.figures.append(f"{what}: {monotonic() - began:.2f} s")

    async def come_back(self) -> None:
        """The left router has power again, and an empty table."""
        await self.power.aclose()
        self.network.cut_left(off=False)
        await self.power.enter_async_context(ssh_router(self.network.left, self.left.place))


@pytest.fixture
async def scene(network: Pair, tmp_path: Path) -> AsyncGenerator[Scene]:
    places = [tmp_path / "left", tmp_path / "right"]
    for place in places:
        place.mkdir()
    api = Api(listed(*NODES[:3]))
    rhythm = replace(QUICK, period=1.0, first_pause=0.2, last_pause=1.0)
    async with AsyncExitStack() as power, AsyncExitStack() as stack:
        left = await power.enter_async_context(ssh_router(network.left, places[0]))
        second = ssh_router(network.right, places[1], ListenAddress=RIGHT[0])
        right = await stack.enter_async_context(second)
        with network.operator.entered():
            providers = [
                await stack.enter_async_context(KIND.connect(chosen))
                for chosen in (options(left, ROUTER[0]), options(right, RIGHT[0]))
            ]
            playing = running_pair(api, *providers, rhythm=rhythm, within=200)
            loops = await stack.enter_async_context(playing)
            await until(lambda: blocks(network.left) == blocks(network.right) == wished(0, 1, 2))
            await until(lambda: len(api.written) == len(NODES) - 1)
            yield Scene(network, api, left, loops, power)
            await stack.aclose()


async def test_pods_go_on_while_one_router_is_dead_and_it_gets_its_routes_back(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    network, loops = scene.network, scene.loops.loops
    with pinging(network) as counts:
        die(network, scene.left)
        network.lead_through(RIGHT)  # as VRRP does after about three seconds

        async with scene.noted("removed and created at the living router"):
            scene.api.news.put_nowait(Removed(NODES[2]))
            scene.api.news.put_nowait(Changed(NODES[3]))
            await until(lambda: blocks(network.right) == wished(0, 1, 3))
        async with scene.noted("the dead router is told as not reached, after further"):
            await until(lambda: loops["left"].fault)
        assert loops["right"].fault == ""

        await scene.come_back()
        async with scene.noted("the router that came back has its routes"):
            await until(lambda: blocks(network.left) == wished(0, 1, 3))
        network.lead_through(ROUTER)
        await until(lambda: not loops["left"].fault)
    with capsys.disabled():
        print("\n", *(one.words for one in counts), *scene.figures, sep="\n  ")  # noqa: T201 -- figures
    assert len(counts) == WAYS
    for one in counts:
        assert one.sent > one.lost
        assert one.lost * INTERVAL < BEARABLE, one.words
