"""As many Pods as a bridge has ports for, and the agent is still in step."""

from pathlib import Path

import pytest

from tests.netns.agents import WorkerPlace, ping, worker_place
from tests.netns.lab_command import until
from tests.netns.many_pods import crowd

pytestmark = pytest.mark.netns

PODS = 1000  # a bridge of Linux has 1,023 ports


def ports(place: WorkerPlace) -> int:
    """Of the bridge, when there is one."""
    told = place.worker.run("sh", "-c", "ip -o link show master cbr0 2>/dev/null || :")
    return len(told.splitlines())


def test_a_thousand_pods_on_one_worker(tmp_path: Path) -> None:
    with worker_place(tmp_path) as place, place.running("--pod-cidr", "10.200.0.0/22"):
        until((place.conf / "10-podroute.conflist").exists)
        with crowd(place, PODS) as many:
            until(lambda: place.worker.ip("link").count("alias podroute port of cbr0") == PODS)
            first, last = many.pods[0], many.pods[-1]
            ping(first, many.address(PODS - 1))
            ping(last, many.address(PODS // 2))
            ping(last, "192.0.2.1")
            ping(place.outside, many.address(0))

            place.worker.ip("link", "delete", "cbr0")
            until(lambda: ports(place) == PODS)
            ping(last, many.address(PODS // 2))
            ping(first, "192.0.2.1")
