"""Several at once change the routes of one network namespace."""

import subprocess
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager

import pytest

from podroute.host.netlink import Netlink
from podroute.model.route import InstalledRoute
from podroute.providers.interface import ProviderUnreachable
from podroute.providers.linux.provider import LinuxRoutes
from podroute.providers.linux.settings import LinuxOptions
from podroute.routing.outcome import Done
from podroute.routing.steps import Create, Delete, Replace
from podroute.testing.netns import Namespace
from tests.builders import route
from tests.machine_root import needs_machine_root

pytestmark = pytest.mark.netns

AT_50 = LinuxOptions(metric=50)
WISH = route("10.200.1.0/24", "10.240.0.31")
HERE = "10.200.1.0/24 proto 200"


async def ours(provider: LinuxRoutes) -> Sequence[InstalledRoute]:
    return [one for one in (await provider.read()).routes if one.ownership == "ours"]


@pytest.mark.parametrize(
    "other", ["via 10.240.0.31", "nexthop via 10.240.0.31 nexthop via 10.240.0.41"]
)
async def test_what_another_has_removed_meanwhile_costs_no_other_route(
    netns: Namespace, other: str
) -> None:
    """In IPv4 a request without metric fits any."""
    netns.ip("route", "add", *f"{HERE} via 10.240.0.31".split())
    netns.ip("route", "add", *f"{HERE} metric 50 {other}".split())
    with netns.entered(), closing(Netlink()) as one, closing(Netlink()) as two:
        first, second = LinuxRoutes(one, AT_50), LinuxRoutes(two, AT_50)
        (stale, _), _ = await ours(first), await ours(second)
        assert stale.preference == 0
        for change in (Delete(stale), Replace(stale, WISH)):
            await first.apply([Delete(stale)])
            await second.apply([change])
            assert [one.preference for one in await ours(first)] == [50]


async def test_who_waits_in_vain_changes_nothing(netns: Namespace) -> None:
    with netns.entered(), closing(Netlink()) as one, closing(Netlink(patience=0.05)) as two:
        provider = LinuxRoutes(two, AT_50)
        with one.alone(), pytest.raises(ProviderUnreachable, match="another podroute"):
            await provider.apply([Create(WISH)])
        assert await ours(provider) == []

        assert await provider.apply([Create(WISH)]) == [Done(Create(WISH))]
        with one.alone():
            assert len(await ours(provider)) == 1


async def test_a_route_through_a_dropping_next_hop_object_goes(netns: Namespace) -> None:
    netns.ip("nexthop", "add", "id", "6", "blackhole")
    netns.ip("route", "add", *f"{HERE} nhid 6".split())
    with netns.entered(), closing(Netlink()) as netlink:
        provider = LinuxRoutes(netlink, LinuxOptions())
        (mine,) = await ours(provider)
        (line,) = provider.commands([Delete(mine)])

        assert await provider.apply([Delete(mine)]) == [Done(Delete(mine))]
        assert await ours(provider) == []

    netns.ip("route", "add", *f"{HERE} nhid 6".split())
    netns.run("sh", "-ec", line)
    assert "200" not in {one["protocol"] for one in netns.routes()}


@contextmanager
def stranger(held: str) -> Generator[None]:
    """One who has no right over the network here, until it hears something."""
    with subprocess.Popen(
        ["sh", "-c", held],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        user=65534,
        group=65534,
        extra_groups=[],
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield
        process.communicate(b"\n")


@needs_machine_root
@pytest.mark.parametrize(
    "held",
    [
        "exec flock /proc/self/ns/net sh -c 'echo held; read line'",
        "exec 9< /proc/self/ns/net; flock 9; echo held; read line",  # by one that has gone
    ],
)
async def test_a_stranger_keeps_nobody_waiting(netns: Namespace, held: str) -> None:
    """Anybody may lock a network namespace."""
    with netns.entered(), closing(Netlink(patience=0.05)) as netlink, stranger(held):
        outcomes = await LinuxRoutes(netlink, AT_50).apply([Create(WISH)])

    assert outcomes == [Done(Create(WISH))]
