"""What a real GoBGP has told a router, what it has not, and what it cannot know."""

from pathlib import Path

import pytest

from podroute.providers.gobgp.provider import KIND
from podroute.providers.interface import CheckedRouter, Question
from podroute.routing.outcome import Done
from podroute.routing.steps import Create
from tests.builders import route
from tests.onprem.bgp import daemon_file, routed
from tests.onprem.gobgp import looked
from tests.onprem.lan import Lan
from tests.unit.command import node_list, process, worker
from tests.waiting import until

pytestmark = pytest.mark.netns

WISHES = (
    route("10.200.0.0/24", "10.240.0.30", "worker-0"),
    route("fd00:10:200::/64", "fd00:10:240::30", "worker-0"),
)
SECOND = "  [[neighbors.afi-safis]]\n    [neighbors.afi-safis.config]\n"
IPV6 = f'{SECOND}      afi-safi-name = "ipv6-unicast"'


@pytest.mark.parametrize("count", [2, 102])
async def test_a_family_that_was_not_agreed_on_is_told(
    network: Lan, tmp_path: Path, count: int
) -> None:
    """The neighbour has no ipv6-unicast in the daemon's file; many are looked for in all."""
    file, _, _ = daemon_file().partition(IPV6)
    more = [route(f"10.200.{number}.0/24", "10.240.0.31") for number in range(1, count - 1)]
    async with (
        routed(network, tmp_path) as pair,
        pair.announcer(file=file) as daemon,
        KIND.connect(daemon.options()) as provider,
    ):
        assert isinstance(provider, CheckedRouter)
        await provider.read()
        outcomes = await provider.apply([Create(one) for one in (*WISHES, *more)])
        await looked(provider)
        await until(lambda: len(pair.learned()) == count - 1)
        found = {one.id: one for one in await provider.checks(Question((*WISHES, *more), ()))}
        explained = process(
            *("explain", "worker-0", "--provider", "gobgp", "-f", "-"),
            *("--provider-option", f"address={daemon.address}"),
            *("--cluster-cidr", "10.200.0.0/16"),
            stdin=node_list(worker(0)),
        )

    assert all(isinstance(one, Done) for one in outcomes)
    (untold,) = found["bgp-told"].problems
    assert (untold.subject, untold.cause) == (
        "fd00:10:200::/64 worker-0",
        "10.240.0.1 is not told of it",
    )
    assert "see on 10.240.0.1, e.g. vtysh -c 'show ip route 10.200.0.0/24'" in (
        found["bgp-used"].skipped
    )
    assert explained.status == 0, explained
    told = [line.split()[:3] for line in explained.out.splitlines()[1:]]
    assert told == [["ok", "gobgp", "10.200.0.0/24"], ["unknown", "gobgp", "bgp-used:"]]
