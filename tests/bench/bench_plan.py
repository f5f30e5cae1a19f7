"""How long the decisions take, and how much memory: judge, compare, plan and guardrails."""

import gc
import resource
import time
from collections.abc import Callable
from statistics import median

from podroute.model.route import RouteTable
from podroute.routing.proposal import propose
from tests.bench.clusters import NODE_NETWORKS, RULES, cluster, in_step

ROUNDS = 7
SIZE = 15_000


def cpu(work: Callable[[], object]) -> list[float]:
    """CPU seconds of each round, without garbage collection of what other rounds left."""
    taken: list[float] = []
    for _ in range(ROUNDS):
        gc.collect()
        gc.freeze()
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return taken


def row(what: str, taken: list[float], steps: int) -> str:
    """One line of the table."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"| {what} | {median(taken):.3f} s | {min(taken):.3f} s | {max(taken):.3f} s "
        f"| {steps:,} | {peak:.0f} MB |"
    )


def main() -> None:
    """Prints Markdown."""
    roster = cluster(SIZE)
    installed = in_step(roster)
    nothing = RouteTable((), NODE_NETWORKS)
    print("| pass over 15,000 dual-stack Nodes | CPU, median | min | max | steps | peak RSS |")
    print("|---|---|---|---|---|---|")
    idle = propose(roster, installed, RULES)
    taken = cpu(lambda: propose(roster, installed, RULES))
    print(row("nothing to do", taken, len(idle.steps)))
    fresh = propose(roster, nothing, RULES)
    taken = cpu(lambda: propose(roster, nothing, RULES))
    print(row("every route is missing", taken, len(fresh.steps)))


if __name__ == "__main__":
    main()
