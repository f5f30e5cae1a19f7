"""Routes and conditions for many Nodes, beside the route controller of Kubernetes' cloud-provider.

Both over a route table in memory, with all Nodes and their podCIDRs there, raised limits, no leader
election. The time runs from the start of the process to the last NetworkUnavailable=False on a
watch of ours.
"""

import os
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from tests.bench.control_plane_costs import Cost, Watch, heartbeats, settled, sized, watching
from tests.cluster.control_plane import ControlPlane
from tests.cluster.nodes import node_bodies, node_body
from tests.cluster.pages import page
from tests.cluster.process import Process

CLUSTER_CIDR: Final = "10.0.0.0/9"
ROUNDS: Final = int(os.environ.get("ROUNDS", "5"))
SIZES: Final = tuple(map(int, os.environ.get("SIZES", "5000,15000").split(",")))
JOINS: Final = int(os.environ.get("JOINS", "20"))
HEARTBEATS: Final = int(os.environ.get("HEARTBEATS", "5000"))
START: Final = float(os.environ.get("START", "240"))  # seconds; 1,000 Events at 5 a second
QUIET: Final = float(os.environ.get("QUIET", "60"))  # seconds, six periods
AVAILABLE: Final = b'"reason":"RouteCreated"'
HERE: Final = Path(sys.executable).parent
REQUESTS: Final = "podroute_provider_requests_total{"

Starter = Callable[[ControlPlane], Process]


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one contender on one fresh cluster."""

    seconds: float
    cpu: float
    peak_rss: float
    heartbeats_cpu: float
    idle_cpu: float  # seconds in an hour
    joins: Sequence[float]
    requests: float | None  # to the router, for each Node that joins


def route_controller(plane: ControlPlane) -> Process:
    """That of k8s.io/cloud-provider."""
    return plane.start_program(
        "route-controller-peer",
        [f"--cluster-cidr={CLUSTER_CIDR}", "--kube-api-qps=10000", "--kube-api-burst=10000"],
    )


def podroute(plane: ControlPlane) -> Process:
    """The same flags."""
    return plane.start_here(
        HERE / "podroute",
        [
            "controller",
            f"--kubeconfig={plane.kubeconfig()}",
            "--leader-elect=false",
            "--provider=memory",
            f"--cluster-cidr={CLUSTER_CIDR}",
            "--kube-api-qps=10000",
            "--kube-api-burst=10000",
            "--metrics-bind-address=127.0.0.1:0",
            "--logging-format=json",
        ],
    )


CONTENDERS: Final[dict[str, Starter]] = {
    "cloud-provider route controller": route_controller,
    "podroute": podroute,
}


def measure(start: Starter, count: int) -> Figures:
    """One fresh cluster, one contender."""
    with TemporaryDirectory() as folder:
        plane = ControlPlane.start(Path(folder))
        try:
            plane.create_nodes(sized(node_bodies(count, cluster_cidr=CLUSTER_CIDR)))
            with watching(plane, AVAILABLE) as watch:
                begin = perf_counter()
                process = start(plane)
                seconds = watch.wait(count) - begin
                cost = Cost.of(process)
            settled(process)
            busy = heartbeat_cost(plane, process, count)
            process = restarted(plane, process, start)
            idle = idle_cost(process)
            asked = requests(process)
            with watching(plane, AVAILABLE) as watch:
                joins = [join_time(plane, watch, count + number) for number in range(JOINS)]
            after = requests(process)
            peak = max(cost.peak_rss, Cost.of(process).peak_rss)
        finally:
            plane.stop()
    each = None if asked is None or after is None else (after - asked) / JOINS
    return Figures(seconds, cost.cpu, peak, busy, idle, joins, each)


def heartbeat_cost(plane: ControlPlane, process: Process, nodes: int) -> float:
    """CPU seconds for 1,000 heartbeats."""
    before = Cost.of(process)
    heartbeats(plane, HEARTBEATS, nodes)
    return (settled(process).cpu - before.cpu) * 1000 / HEARTBEATS


def restarted(plane: ControlPlane, process: Process, start: Starter) -> Process:
    """Another process, until it has made its routes and written the Events of its start."""
    process.kill()
    process = start(plane)
    threading.Event().wait(START)
    return process


def idle_cost(process: Process) -> float:
    """CPU seconds in an hour in which nothing happens."""
    before = Cost.of(process)
    threading.Event().wait(QUIET)
    return (Cost.of(process).cpu - before.cpu) * 3600 / QUIET


def requests(process: Process) -> float | None:
    """How many the router has seen; None: the contender does not say."""
    if "route-controller-peer" in process.log.name:
        return None
    _, text = page(process, "/metrics")
    lines = (line for line in text.splitlines() if line.startswith(REQUESTS))
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def join_time(plane: ControlPlane, watch: Watch, number: int) -> float:
    """From the request that registers a Node with its podCIDR to its condition on the watch."""
    block = list(node_bodies(number + 1, cluster_cidr=CLUSTER_CIDR))[-1]
    (body,) = sized(iter([{**block, "metadata": node_body(f"late-{number}")["metadata"]}]))
    begin = perf_counter()
    plane.create_nodes([body])
    return watch.wait(1) - begin


def row(name: str, count: int, runs: Sequence[Figures]) -> str:
    """Medians of all rounds."""
    joins = median(one for run in runs for one in run.joins)
    asked = [run.requests for run in runs if run.requests is not None]
    return (
        f"| {count:,} | {name} | {median(run.seconds for run in runs):.1f} s "
        f"({min(run.seconds for run in runs):.1f}-{max(run.seconds for run in runs):.1f}) "
        f"| {median(run.cpu for run in runs):.1f} s | {max(run.peak_rss for run in runs):.0f} MB "
        f"| {median(run.heartbeats_cpu for run in runs) * 1000:.0f} ms "
        f"| {median(run.idle_cpu for run in runs):.1f} s | {joins * 1000:.0f} ms "
        f"| {f'{median(asked):.1f}' if asked else 'not told'} |"
    )


def main() -> None:
    """Prints Markdown."""
    print(
        f"| Nodes with podCIDRs | who | all have a route and say so, median of {ROUNDS} (min-max) "
        "| CPU for it | peak RSS | CPU for 1,000 heartbeats | CPU in an idle hour "
        f"| one more Node joins, median of {JOINS * ROUNDS} | requests to the router for it |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for count in SIZES:
        runs: dict[str, list[Figures]] = {name: [] for name in CONTENDERS}
        for _ in range(ROUNDS):
            for name, start in CONTENDERS.items():
                runs[name].append(measure(start, count))
        for name, figures in runs.items():
            print(row(name, count, figures))


if __name__ == "__main__":
    main()
