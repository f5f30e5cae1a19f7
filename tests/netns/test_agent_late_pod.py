"""The podCIDR changes while a runtime plugs a Pod in by the configuration of before."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.netns.agents import WorkerPlace, ping, plugins, pods, worker_place
from tests.netns.cni_runtime import Runtime
from tests.netns.lab_command import until
from tests.unit.command import node, node_list

pytestmark = pytest.mark.netns

CONFLIST = "10-podroute.conflist"
GATEWAYS = ("10.200.0.1/24", "fd00:10:200::1/64")


def show(nodes: Path, cidrs: Sequence[str]) -> None:
    draft = nodes.with_suffix(".new")
    draft.write_text(node_list(node("worker-0", "10.240.0.30", *cidrs)))
    draft.replace(nodes)


def addresses(place: WorkerPlace) -> str:
    return place.worker.ip("-o", "address", "show", "dev", "cbr0", "scope", "global")


def test_it_gets_its_gateway_though_that_has_gone_already(tmp_path: Path) -> None:
    old, new = ["10.200.0.0/24", "fd00:10:200::/64"], ["10.200.7.0/24", "fd00:10:200:7::/64"]
    nodes, before = tmp_path / "nodes.json", tmp_path / "before"
    show(nodes, old)
    before.mkdir()
    with worker_place(tmp_path) as place, pods(1) as (pod,):
        flags = ("-f", str(nodes), "--node-name", "worker-0", "--sync-period", "500ms")
        with place.running(*flags):
            until((place.conf / CONFLIST).exists)
            shutil.copy(place.conf / CONFLIST, before)
            show(nodes, new)
            until(
                lambda: "10.200.0.1/24" not in addresses(place) and "10.200.7" in addresses(place)
            )

            runtime = Runtime(place.worker, before, plugins())
            runtime.add("late", pod)

            until(lambda: all(one in addresses(place) for one in GATEWAYS))
            ping(pod, "10.200.0.1")
            ping(pod, "10.240.0.1")
            ping(pod, "fd00:10:240::1")
            runtime.remove("late", pod)
            until(lambda: not any(one in addresses(place) for one in GATEWAYS))
