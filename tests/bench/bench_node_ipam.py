"""podCIDRs for many Nodes through a real API server, beside kube-controller-manager.

Both start when all Nodes are there, raised limits, no leader election. The time runs from the
start of the process to the last podCIDR on a watch of ours.
"""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from tests.bench.control_plane_costs import (
    Cost,
    Watch,
    heartbeats,
    settled,
    sized,
    watching,
)
from tests.cluster.control_plane import ControlPlane
from tests.cluster.nodes import node_bodies
from tests.cluster.process import Process

CLUSTER_CIDR: Final = "10.128.0.0/9"
ROUNDS: Final = int(os.environ.get("ROUNDS", "5"))
SIZES: Final = tuple(map(int, os.environ.get("SIZES", "5000,15000").split(",")))
JOINS: Final = 50
HEARTBEATS: Final = 5_000
HERE: Final = Path(sys.executable).parent
ASSIGNED: Final = b'"podCIDRs":['

Starter = Callable[[ControlPlane], Process]


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one contender on one fresh cluster."""

    seconds: float
    cpu: float
    peak_rss: float
    heartbeats_cpu: float
    writes: float
    joins: Sequence[float]


def kube_controller_manager(plane: ControlPlane) -> Process:
    """Its node IPAM alone."""
    return plane.start_controller_manager(
        [
            "--controllers=node-ipam-controller",
            "--allocate-node-cidrs",
            f"--cluster-cidr={CLUSTER_CIDR}",
            "--kube-api-qps=10000",
            "--kube-api-burst=10000",
        ]
    )


def podroute(plane: ControlPlane) -> Process:
    """The same flags."""
    return plane.start_here(
        HERE / "podroute",
        [
            "controller",
            f"--kubeconfig={plane.kubeconfig()}",
            "--leader-elect=false",
            "--allocate-node-cidrs",
            f"--cluster-cidr={CLUSTER_CIDR}",
            "--kube-api-qps=10000",
            "--kube-api-burst=10000",
            "--metrics-bind-address=",
        ],
    )


CONTENDERS: Final[dict[str, Starter]] = {
    "kube-controller-manager": kube_controller_manager,
    "podroute": podroute,
}


def measure(start: Starter, count: int) -> Figures:
    """One fresh cluster, one contender."""
    with TemporaryDirectory() as folder:
        plane = ControlPlane.start(Path(folder))
        try:
            plane.create_nodes(sized(node_bodies(count)))
            with watching(plane, ASSIGNED) as watch:
                begin = perf_counter()
                process = start(plane)
                seconds = watch.wait(count) - begin
                cost = Cost.of(process)
            heartbeats, writes = heartbeat_cost(plane, process, count)
            with watching(plane, ASSIGNED) as watch:
                joins = [join_time(plane, watch, number) for number in range(JOINS)]
            peak = Cost.of(process).peak_rss
        finally:
            plane.stop()
    return Figures(seconds, cost.cpu, peak, heartbeats, writes, joins)


def heartbeat_cost(plane: ControlPlane, process: Process, nodes: int) -> tuple[float, float]:
    """CPU seconds for 1,000 heartbeats, and how many Nodes were written for them."""
    before, written = Cost.of(process), node_patches(plane)
    heartbeats(plane, HEARTBEATS, nodes)
    after = settled(process)
    return (after.cpu - before.cpu) * 1000 / HEARTBEATS, node_patches(plane) - written


def node_patches(plane: ControlPlane) -> float:
    """How many patches of Nodes (not of their status) the API server has seen."""
    total = 0.0
    for line in plane.api.get("/metrics").decode().splitlines():
        if line.startswith("apiserver_request_total{") and all(
            word in line for word in ('resource="nodes"', 'verb="PATCH"', 'subresource=""')
        ):
            total += float(line.rpartition(" ")[2])
    return total


def join_time(plane: ControlPlane, watch: Watch, number: int) -> float:
    """From the request that registers a Node to its podCIDR on the watch."""
    (body,) = sized(one for one in [{**next(node_bodies(1)), **named(number)}])
    begin = perf_counter()
    plane.create_nodes([body])
    return watch.wait(1) - begin


def named(number: int) -> dict[str, object]:
    """Another Node's metadata."""
    return {"metadata": {"name": f"late-{number}"}}


def row(name: str, count: int, runs: Sequence[Figures]) -> str:
    """Medians of all rounds."""
    joins = median(one for run in runs for one in run.joins)
    return (
        f"| {count:,} | {name} | {median(run.seconds for run in runs):.1f} s "
        f"({min(run.seconds for run in runs):.1f}-{max(run.seconds for run in runs):.1f}) "
        f"| {median(run.cpu for run in runs):.1f} s | {max(run.peak_rss for run in runs):.0f} MB "
        f"| {median(run.heartbeats_cpu for run in runs) * 1000:.0f} ms "
        f"| {max(run.writes for run in runs):.0f} | {joins * 1000:.0f} ms |"
    )


def main() -> None:
    """Prints Markdown."""
    print(
        f"| fresh Nodes | who | all have a podCIDR, median of {ROUNDS} (min-max) | CPU for it "
        f"| peak RSS | CPU for 1,000 heartbeats | writes for {HEARTBEATS:,} heartbeats "
        f"| one more Node joins, median of {JOINS * ROUNDS} |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for count in SIZES:
        runs: dict[str, list[Figures]] = {name: [] for name in CONTENDERS}
        for _ in range(ROUNDS):
            for name, start in CONTENDERS.items():
                runs[name].append(measure(start, count))
        for name, figures in runs.items():
            print(row(name, count, figures))


if __name__ == "__main__":
    main()
