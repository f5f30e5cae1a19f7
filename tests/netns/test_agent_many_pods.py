"""As many Pods as a bridge has ports for, and the agent is still in step."""

from functools import partial
from pathlib import Path

import pytest

from podroute.testing.netns import Namespace
from tests.netns.agents import WorkerPlace, ping, worker_place
from tests.netns.lab_command import until
from tests.netns.many_pods import Crowd, crowd

pytestmark = pytest.mark.netns

PODS = 1000  # a bridge of Linux has 1,023 ports
DUAL = "10.200.0.0/22,fd00:10:200::/64"
OUTSIDE = {4: "192.0.2.1", 6: "2001:db8::1"}  # by the IP version


def ports(place: WorkerPlace) -> int:
    """Of the bridge, when there is one."""
    told = place.worker.run("sh", "-c", "ip -o link show master cbr0 2>/dev/null || :")
    return len(told.splitlines())


def meet(place: WorkerPlace, many: Crowd, version: int) -> None:
    """By one family: each other, and whom is outside, from either side."""
    first, last = many.pods[0], many.pods[-1]
    for client, address in (
        (first, many.address(PODS - 1, version)),
        (last, many.address(PODS // 2, version)),
        (last, OUTSIDE[version]),
        (place.outside, many.address(0, version)),
    ):
        until(partial(answers, client, address))


def answers(client: Namespace, address: str) -> bool:
    """Who looks for a neighbour asks all ports at once, 1,000 packets, as many as a queue takes."""
    try:
        ping(client, address)
    except RuntimeError:
        return False
    return True


@pytest.mark.timeout(900)  # each ADD is six programs, one after the other
def test_a_thousand_pods_on_one_worker(tmp_path: Path) -> None:
    with worker_place(tmp_path) as place, place.running("--pod-cidr", DUAL):
        until((place.conf / "10-podroute.conflist").exists)
        with crowd(place, PODS) as many:
            until(lambda: place.worker.ip("link").count("alias podroute port of cbr0") == PODS)
            for version in OUTSIDE:
                meet(place, many, version)

            place.worker.ip("link", "delete", "cbr0")
            until(lambda: ports(place) == PODS)
            for version in OUTSIDE:
                meet(place, many, version)
