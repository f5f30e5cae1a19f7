"""A bridge that is made anew, and Pods that have sent to its MAC until now."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.netns.agents import WorkerPlace, ping, plugged_pods, worker_place
from tests.netns.lab_command import until
from tests.unit.command import node, node_list

pytestmark = pytest.mark.netns

CONFLIST = "10-podroute.conflist"


def show(nodes: Path, cidrs: Sequence[str]) -> None:
    draft = nodes.with_suffix(".new")
    draft.write_text(node_list(node("worker-0", "10.240.0.30", *cidrs)))
    draft.replace(nodes)


def bridge(place: WorkerPlace) -> str:
    """Its link, addresses and ports; nothing where it is not there."""
    told = "ip link show cbr0 && ip -o address show dev cbr0 && ip -o link show master cbr0 up"
    return place.worker.run("sh", "-c", f"{told} || :")


def mac(place: WorkerPlace) -> str:
    return bridge(place).split("link/ether ")[1].split()[0]


def test_they_reach_it_at_once_though_it_was_made_of_a_former_pod_cidr(tmp_path: Path) -> None:
    nodes = tmp_path / "nodes.json"
    show(nodes, ["10.200.0.0/24"])
    flags = ("-f", str(nodes), "--node-name", "worker-0", "--sync-period", "500ms")
    with worker_place(tmp_path) as place, place.running(*flags):
        until((place.conf / CONFLIST).exists)
        with plugged_pods(place) as plugged:
            show(nodes, ["10.200.7.0/24"])
            until(lambda: "10.200.7.1/24" in bridge(place))
            ping(plugged.a, "10.200.0.1")
            before = mac(place)

            place.worker.ip("link", "delete", "cbr0")

            until(lambda: bridge(place).count(" master cbr0 ") == 2)
            until(lambda: "10.200.0.1/24" in bridge(place))
            assert mac(place) == before
            ping(plugged.a, "10.200.0.1")
