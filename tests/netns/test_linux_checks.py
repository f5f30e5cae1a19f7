"""podroute check at a real kernel: what it forwards, and who does not answer it."""

import json

import pytest

from podroute.testing.netns import Namespace
from tests.unit.command import node_list, process, worker
from tests.waiting import until

pytestmark = pytest.mark.netns

FLAGS = ("--provider", "linux", "--cluster-cidr", "10.200.0.0/16", "-f", "-", "-o", "json")


def verdicts(*more: str) -> dict[str, str]:
    """Of what is asked here."""
    checked = process("check", *FLAGS, *more, stdin=node_list(worker(0)))
    found = json.loads(checked.out)["items"]
    asked = ("router-forwarding", "router-next-hop")
    return {one["id"]: one["verdict"] for one in found if one["id"] in asked}


async def test_a_router_that_does_not_forward_is_told(netns: Namespace) -> None:
    netns.run("sysctl", "-qw", "net.ipv4.ip_forward=0")
    assert verdicts() == {"router-forwarding": "failed", "router-next-hop": "passed"}

    netns.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
    assert verdicts() == {"router-forwarding": "passed", "router-next-hop": "passed"}


async def test_a_node_that_does_not_answer_is_told(netns: Namespace) -> None:
    """After the router has looked for it."""
    netns.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
    with pytest.raises(RuntimeError):
        netns.run("ping", "-c1", "-W1", "10.240.0.30")

    await until(lambda: "FAILED" in netns.ip("neighbour", "show"))

    assert verdicts() == {"router-forwarding": "passed", "router-next-hop": "failed"}
