"""What Pods send comes in by one link of a router, and what they get leaves by another."""

from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from podroute.model.check import Check
from podroute.providers.bird.provider import KIND as BIRD
from podroute.providers.frr.provider import KIND as FRR
from podroute.providers.interface import CheckedRouter, ProviderKind, Question, RouteProvider
from podroute.providers.linux.provider import KIND as LINUX
from podroute.providers.linux.ssh_provider import KIND as LINUX_SSH
from podroute.routing.outcome import Done
from podroute.routing.steps import Create
from tests.builders import route
from tests.machine_root import needs_machine_root
from tests.onprem.lan import Lan, lan
from tests.onprem.sshd import ssh_router
from tests.onprem.test_router_boots import with_bird, with_frr
from tests.unit.command import node_list, process, worker
from tests.waiting import until

pytestmark = pytest.mark.netns

WISHES = (
    route("10.200.0.0/24", "10.240.0.30", "worker-0"),
    route("10.200.1.0/24", "10.240.0.31", "worker-1"),
    route("fd00:10:200::/64", "fd00:10:240::30", "worker-0"),
    route("fd00:10:200:1::/64", "fd00:10:240::31", "worker-1"),
)
SECOND_LINK = (
    "link add name inside type veth peer name aside",
    "link set inside master nodes up",
    "link set aside addrgenmode none up",
    "address add 10.240.0.9/32 dev aside",
)
EACH_FOR_ITSELF = (  # else workers take the one link's hardware address for the other's
    "net.ipv4.conf.aside.arp_ignore=1",
    "net.ipv4.conf.aside.arp_announce=2",
)
DETOUR = (  # for what Pods send each other; they are reached, but by the other link
    "rule add from 10.200.0.0/16 lookup 100",
    "route add 10.200.0.0/24 via 10.240.0.30 dev aside onlink table 100",
    "route add 10.200.1.0/24 via 10.240.0.31 dev nodes onlink table 100",
)
EXPLAIN = ("explain", "worker-0", "--provider", "linux", "-f", "-", "--cluster-cidr=10.200.0.0/16")
OTHERWAYS = "what its Pods send comes in by nodes, what they get leaves by aside"
DROPPED = "what its Pods send comes in by nodes, what they get leaves by another link"


@pytest.fixture
def network() -> Generator[Lan]:
    with lan() as made:
        made.router.ip("-batch", "-", lines=SECOND_LINK)
        made.router.run("sysctl", "-qw", *EACH_FOR_ITSELF)
        yield made


@asynccontextmanager
async def here(_network: Lan, _place: Path) -> AsyncGenerator[Mapping[str, str]]:
    """The kernel is there anyway."""
    yield {}


@asynccontextmanager
async def by_podroute(network: Lan, place: Path) -> AsyncGenerator[Mapping[str, str]]:
    """An sshd on the router, and podroute's own command there."""
    async with ssh_router(network.router, place) as router:
        yield router.options()


@asynccontextmanager
async def by_ip(network: Lan, place: Path) -> AsyncGenerator[Mapping[str, str]]:
    """The same sshd, and a login that may run anything."""
    async with ssh_router(network.router, place) as router:
        yield router.open()


async def symmetric(provider: RouteProvider) -> Check:
    assert isinstance(provider, CheckedRouter)
    checks = {one.id: one for one in await provider.checks(Question(WISHES, ()))}
    return checks["router-symmetric"]


@pytest.mark.parametrize(
    ("kind", "with_daemons"),
    [
        (LINUX, here),
        pytest.param(LINUX_SSH, by_podroute, marks=needs_machine_root),
        pytest.param(LINUX_SSH, by_ip, marks=needs_machine_root),
        (FRR, with_frr),
        (BIRD, with_bird),
    ],
    ids=["linux", "linux-ssh", "ip", "frr", "bird"],
)
async def test_it_is_told_and_what_strict_rp_filter_makes_of_it(
    network: Lan,
    tmp_path: Path,
    kind: ProviderKind,
    with_daemons: Callable[[Lan, Path], AbstractAsyncContextManager[Mapping[str, str]]],
) -> None:
    async with with_daemons(network, tmp_path) as options:
        with network.router.entered():
            async with kind.connect(options) as provider:
                await provider.read()
                outcomes = await provider.apply(list(map(Create, WISHES)))
                assert [one for one in outcomes if not isinstance(one, Done)] == []
                await until(network.pods_meet)
                assert (await symmetric(provider)).verdict == "passed"

                network.router.ip("-batch", "-", lines=DETOUR)
                await until(network.pods_meet)
                (problem,) = (await symmetric(provider)).problems
                assert problem.subject == "10.200.0.0/24 worker-0"
                assert problem.cause.startswith(f"{OTHERWAYS}: firewalls that keep connections")

                network.router.run("sysctl", "-qw", "net.ipv4.conf.nodes.rp_filter=1")
                assert not network.pods_meet()
                (problem,) = (await symmetric(provider)).problems
                assert problem.subject == "10.200.0.0/24 worker-0"
                assert problem.cause.startswith(f"{DROPPED}: the kernel drops what they send")
                explained = process(*EXPLAIN, stdin=node_list(worker(0)))

                way_out = problem.fix.partition(", or ")[2].removesuffix(" (loose)")
                network.router.run(*way_out.split())
                await until(network.pods_meet)

    assert explained.status == 1, explained
    assert f"router-symmetric: 10.200.0.0/24 worker-0: {DROPPED}" in explained.out
