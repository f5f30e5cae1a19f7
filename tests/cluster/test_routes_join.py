"""From a Node's registration to a Pod that answers: all of the way is real."""

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from podroute.testing.netns import Namespace
from tests.cluster.node_network import NodeNetwork, pod_address
from tests.cluster.routes import AVAILABLE, Routed, lost

pytestmark = pytest.mark.cluster

NEWCOMERS = 9
PATIENCE = "6000"  # pings


def test_a_node_joins_and_its_pods_answer(
    routed: Routed, network: NodeNetwork, record_property: Callable[[str, object], None]
) -> None:
    blocks = [f"10.200.{number}.0/24" for number in range(NEWCOMERS + 1)]
    workers = [
        network.worker(f"worker-{number}", f"10.240.0.{20 + number}", block)
        for number, block in enumerate(blocks)
    ]
    routed.controller()
    first = workers[0]
    routed.register(first.name, first.internal_ip)
    routed.until_available(first.name)

    seconds = [
        join(routed, worker.name, worker.internal_ip, first.pods[0], pod_address(block))
        for worker, block in zip(workers[1:], blocks[1:], strict=True)
    ]

    median = 1000 * statistics.median(seconds)
    sys.stdout.write(f"Node created to first answered ping: {median:.0f} ms at the median\n")
    record_property("seconds from Node to answered ping", seconds)
    names = [worker.name for worker in workers]
    routed.until_available(*names)
    shown = routed.condition(names[-1])
    assert shown
    assert (shown.status, shown.reason, shown.message) == AVAILABLE
    assert routed.until_told("RouteCreated", names[-1]).startswith(blocks[-1])
    wished = {block: worker.internal_ip for block, worker in zip(blocks, workers, strict=True)}
    assert routed.router.routes() == wished
    assert not lost(routed.router.record())


def join(routed: Routed, name: str, internal_ip: str, source: Namespace, address: str) -> float:
    """Seconds between the API server's taking the Node and the first answer of its Pod."""
    command = ["ping", "-n", "-D", "-i", "0.01", "-c", PATIENCE, address]
    with source.entered():
        pinging = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with pinging:
        assert pinging.stdout
        began = time.time()
        routed.register(name, internal_ip)
        answers = (re.match(r"\[([\d.]+)\] \d+ bytes from", line) for line in pinging.stdout)
        answered = next(filter(None, answers), None)
        pinging.kill()
    assert answered, "no answer"
    return float(answered[1]) - began
