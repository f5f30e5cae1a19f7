import asyncio
import select
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from podroute.model.cidr import parse_cidr
from podroute.providers.interface import RouteProvider
from podroute.routing.outcome import Done
from podroute.routing.steps import Adopt, Create, Replace
from podroute.testing.netns import Namespace
from tests.builders import route

pytestmark = pytest.mark.netns

REPLACEMENTS = 1_000

# A connected datagram socket has looked up the route and has sent nothing. There is no default
# route: a moment without ours is "Network is unreachable". A lookup that the kernel holds up, and
# that goes on when the route that it had found is gone, fails beside `ip route replace` as well;
# it lasts longer than that takes, and is not counted.
PROBE = """
import select, socket, sys, time
asked = failed = 0
told = False
with socket.socket(int(sys.argv[1]), socket.SOCK_DGRAM) as probe:
    print("ready", flush=True)
    while not select.select([sys.stdin], [], [], 0)[0]:
        for _ in range(100):
            asked += 1
            began = time.monotonic_ns()
            try:
                probe.connect((sys.argv[2], 9))
            except OSError:
                failed += time.monotonic_ns() - began < 20_000
        if failed and not told:
            print("gap", flush=True)
            told = True
print(asked, failed)
"""


class Count(NamedTuple):
    """Of route lookups."""

    asked: int
    failed: int


class Prober:
    """Looks up the route to ``address`` without a pause, in a process of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        self._process, self.words = process, process.stdout

    def has_seen_a_gap(self) -> bool:
        """Whether a lookup has failed by now."""
        return bool(select.select([self.words], [], [], 0)[0])

    def stop(self) -> Count:
        """The result."""
        *_, asked, failed = self._process.communicate("stop\n")[0].split()
        return Count(int(asked), int(failed))


@contextmanager
def prober(netns: Namespace, address: str) -> Generator[Prober]:
    """It has begun when the block does."""
    family = "10" if ":" in address else "2"
    with netns.entered():
        process = subprocess.Popen(
            [sys.executable, "-c", PROBE, family, address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    probe = Prober(process)
    with process:
        assert probe.words.readline() == "ready\n"
        try:
            yield probe
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("cidr", "pod", "hops"),
    [
        ("10.200.0.0/24", "10.200.0.5", ("10.240.0.20", "10.240.0.21")),
        ("fd00:10:200::/64", "fd00:10:200::5", ("fd00:10:240::20", "fd00:10:240::21")),
    ],
    ids=["ipv4", "ipv6"],
)
async def test_a_thousand_replacements_lose_no_lookup(
    netns: Namespace, kernel: RouteProvider, cidr: str, pod: str, hops: tuple[str, str]
) -> None:
    await kernel.apply([Create(route(cidr, hops[0]))])
    with prober(netns, pod) as probe:
        for number in range(1, REPLACEMENTS + 1):
            (mine,) = [
                one for one in (await kernel.read()).routes if one.destination == parse_cidr(cidr)
            ]
            (outcome,) = await kernel.apply([Replace(mine, route(cidr, hops[number % 2]))])
            assert isinstance(outcome, Done)
        count = probe.stop()

    assert count.failed == 0
    assert count.asked > REPLACEMENTS


@pytest.mark.parametrize(
    ("cidr", "pod", "hop"),
    [
        ("10.200.0.0/24", "10.200.0.5", "10.240.0.20"),
        ("fd00:10:200::/64", "fd00:10:200::5", "fd00:10:240::20"),
    ],
    ids=["ipv4", "ipv6"],
)
async def test_adoption_loses_no_lookup(
    netns: Namespace, kernel: RouteProvider, cidr: str, pod: str, hop: str
) -> None:
    netns.ip("route", "add", cidr, "via", hop, "proto", "static")
    with prober(netns, pod) as probe:
        (theirs,) = [
            one for one in (await kernel.read()).routes if one.destination == parse_cidr(cidr)
        ]
        (outcome,) = await kernel.apply([Adopt(theirs, route(cidr, hop))])
        count = probe.stop()

    assert isinstance(outcome, Done)
    assert count.failed == 0


async def test_the_prober_sees_a_gap(netns: Namespace, kernel: RouteProvider) -> None:
    await kernel.apply([Create(route("10.200.0.0/24", "10.240.0.20"))])
    with prober(netns, "10.200.0.5") as probe:
        async with asyncio.timeout(60):
            while not probe.has_seen_a_gap():
                netns.ip(
                    "-batch",
                    "-",
                    lines=[
                        "route del 10.200.0.0/24",
                        "route add 10.200.0.0/24 via 10.240.0.21 proto 200",
                    ]
                    * 50,
                )
                await asyncio.sleep(0)
        count = probe.stop()

    assert count.failed > 0
