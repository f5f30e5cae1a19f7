"""A router boots: its daemons are killed, its kernel's table is gone, and Pods meet again."""

import os
import signal
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

import pytest

from podroute.providers.bird.provider import KIND as BIRD
from podroute.providers.frr.provider import KIND as FRR
from podroute.providers.gobgp.provider import KIND as GOBGP
from podroute.providers.interface import ProviderKind
from podroute.providers.linux.ssh_provider import KIND as LINUX_SSH
from tests.builders import node
from tests.machine_root import needs_machine_root
from tests.onprem.bgp import BGP, daemon_file, router_lines
from tests.onprem.bird_static import static_bird
from tests.onprem.frr import frr_router
from tests.onprem.gobgp import gobgp_daemon
from tests.onprem.lan import Lan
from tests.onprem.sshd import sessions, ssh_router
from tests.onprem.test_frr_example import example
from tests.unit.played_router import QUICK, Api, listed, running
from tests.waiting import until

pytestmark = pytest.mark.netns

NODES = [
    node("worker-0", "10.240.0.30 fd00:10:240::30", "10.200.0.0/24", "fd00:10:200::/64"),
    node("worker-1", "10.240.0.31 fd00:10:240::31", "10.200.1.0/24", "fd00:10:200:1::/64"),
]
PODS = [cidr for one in NODES for cidr in one.pod_cidrs]


@asynccontextmanager
async def with_sshd(network: Lan, place: Path) -> AsyncGenerator[Mapping[str, str]]:
    """The options for the router, while its daemons run."""
    async with ssh_router(network.router, place) as router:
        try:
            yield router.options(timeout="5")
        finally:
            for session in sessions(router):
                os.kill(session, signal.SIGKILL)


@asynccontextmanager
async def with_frr(network: Lan, place: Path) -> AsyncGenerator[Mapping[str, str]]:
    """Nothing is in the startup configuration."""
    async with frr_router(network.router, place) as router:
        yield router.options()


@asynccontextmanager
async def with_bird(network: Lan, place: Path) -> AsyncGenerator[Mapping[str, str]]:
    """Our file outlives the boot, as the rest of its disk does."""
    file = place / "podroute.conf"
    async with static_bird(network.router, place, read(file)) as router:
        yield router.options()


def read(file: Path) -> str:
    """Nothing where it is not there."""
    return file.read_text() if file.exists() else ""


@asynccontextmanager
async def with_bgp(network: Lan, place: Path) -> AsyncGenerator[Mapping[str, str]]:
    """As configured by the page; the announcer is elsewhere and goes on."""
    async with frr_router(network.router, place, daemons=BGP) as router:
        router.configure(*router_lines())
        yield {"address": f"unix:{place}/announcer/gobgp.sock"}


@asynccontextmanager
async def with_frr_bgp(network: Lan, place: Path) -> AsyncGenerator[Mapping[str, str]]:
    """The same router, and what it needs of an announcer with FRRouting."""
    async with frr_router(network.router, place, daemons=BGP) as router:
        router.configure(*router_lines())
        router.configure("route-map PODS permit 20", "set ipv6 next-hop prefer-global")
        yield {"vtysh": str(place / "announcer/vtysh")}


@asynccontextmanager
async def nobody(_network: Lan, _place: Path) -> AsyncGenerator[None]:
    """Nothing is announced."""
    yield


@asynccontextmanager
async def gobgp(network: Lan, place: Path) -> AsyncGenerator[None]:
    """As its page says."""
    async with gobgp_daemon(network.announcer, place, daemon_file()):
        yield


@asynccontextmanager
async def frr_bgp(network: Lan, place: Path) -> AsyncGenerator[None]:
    """As its page says."""
    async with frr_router(network.announcer, place, daemons=BGP) as announcer:
        announcer.configure(*(line for line in example().splitlines() if line.strip() != "!"))
        yield


@dataclass(frozen=True)
class Site:
    """``with_daemons`` are the router's, and give the options; the announcer is elsewhere."""

    kind: ProviderKind
    with_daemons: Callable[[Lan, Path], AbstractAsyncContextManager[Mapping[str, str]]]
    announcer: Callable[[Lan, Path], AbstractAsyncContextManager[None]] = nobody


def ways(network: Lan) -> set[str]:
    """The podCIDRs to which the router's kernel has a route."""
    return {str(one["dst"]) for one in network.router.routes()} & set(map(str, PODS))


def has_ways(network: Lan) -> bool:
    """Whether it has one to each of them: asking Pods takes a second."""
    return len(ways(network)) == len(PODS)


@pytest.mark.parametrize(
    "site",
    [
        pytest.param(Site(LINUX_SSH, with_sshd), marks=needs_machine_root),
        Site(FRR, with_frr),
        Site(FRR, with_frr_bgp, frr_bgp),
        Site(BIRD, with_bird),
        Site(GOBGP, with_bgp, gobgp),
    ],
    ids=["linux-ssh", "frr", "frr-bgp", "bird", "gobgp"],
)
async def test_pods_meet_again_after_the_router_has_booted(
    network: Lan,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    site: Site,
) -> None:
    api, rhythm = Api(listed(*NODES)), replace(QUICK, period=1.0)
    place = tmp_path / "announcer"
    place.mkdir()
    async with (
        site.announcer(network, place),
        AsyncExitStack() as stack,
        AsyncExitStack() as before,
    ):
        options = await before.enter_async_context(site.with_daemons(network, tmp_path))
        with network.router.entered():
            provider = await stack.enter_async_context(site.kind.connect(options))
            await stack.enter_async_context(running(api, provider, rhythm=rhythm, within=120))
            await until(lambda: has_ways(network) and network.pods_meet())
            await before.aclose()
            left = ways(network)  # zebra may have removed some when staticd was gone
            network.router.ip("-batch", "-", lines=[f"route del {cidr}" for cidr in left])
            assert not network.pods_meet()
            await stack.enter_async_context(site.with_daemons(network, tmp_path))
            began = monotonic()
            await until(lambda: has_ways(network) and network.pods_meet())
            with capsys.disabled():
                print(f"\n  routes are back after {monotonic() - began:.1f} s")  # noqa: T201 -- a figure
            await stack.aclose()
