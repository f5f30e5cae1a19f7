"""Runs every benchmark in a process of its own and writes docs/benchmarks.md."""

import os
import platform
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
PARTS = (
    (
        "Kernel routes",
        "bench_kernel_routes",
        (
            "Through the provider's public interface, read and outcomes included, beside iproute2 "
            "in the same run, in a network namespace of its own."
        ),
    ),
    (
        "Decisions",
        "bench_plan",
        "Judging the claims, comparing, planning and the guardrails; reading is not included.",
    ),
    (
        "Node IPAM",
        "bench_node_ipam",
        (
            "Fresh Nodes of 9 KB through a real API server, which runs on the same cores, as does "
            "etcd. From the start of the process to the last podCIDR; for a Node that joins, from "
            "its registration to its podCIDR."
        ),
    ),
    (
        "Route controller",
        "bench_route_controller",
        (
            "Nodes of 9 KB with their podCIDRs at a real API server on the same cores; the routes "
            "are in a table in memory. From the start of the process to the last "
            "NetworkUnavailable=False; for a Node that joins, from its registration to that. "
            "Requests: reads and calls of `apply`, the periodical reads of that time included."
        ),
    ),
    (
        "Clouds",
        "bench_clouds",
        (
            "The route loop with the real providers at simulated clouds that take 100 ms for each "
            "answer and, at Google Cloud, 1 s for each operation; they run on the same cores. "
            "Nodes and conditions are in memory: only the cloud counts. Beside it, by the code of "
            "the peers: cloud-provider-aws makes 4 to 5 calls for each route, 2 of which change "
            "something; cloud-provider-gcp asks for each operation by itself, at 5 a second for "
            "all, so 1,000 routes take at least 200 s."
        ),
    ),
    (
        "Node agent",
        "bench_agent",
        (
            "A worker as a network namespace, with current CNI plugins; the API server is real and "
            "runs on the same cores."
        ),
    ),
    (
        "Routers",
        "bench_routers",
        (
            "Real daemons in network namespaces; beside podroute, in the same run, the engine's "
            "own command line with the same routes. Answered: podroute knows of each route what "
            "has become of it. The router of GoBGP and of frr-bgp is one with FRRouting, which "
            "learns the routes by BGP; frr-bgp's daemon is the announcer's bgpd."
        ),
    ),
    ("Start", "bench_start", "A whole process, from the shell's call to its end."),
)
HEAD = """# Benchmarks

Reproduce with `./run bench`, which writes this page. Machine of these figures: {cores} cores,
{machine}, Linux {kernel}, CPython {python}. Ratios say more than absolute figures.
"""


def main() -> None:
    """Each part prints its own Markdown."""
    page = [
        HEAD.format(
            cores=os.cpu_count(),
            machine=platform.machine(),
            kernel=platform.release().split("-")[0],
            python=platform.python_version(),
        )
    ]
    for title, module, what in PARTS:
        print(f"bench: {title}", file=sys.stderr)
        result = subprocess.run(
            [sys.executable, "-m", f"tests.bench.{module}"],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        page.append(f"\n## {title}\n\n{what}\n\n{result.stdout.strip()}\n")
    PAGE.write_text("".join(page))
    print("".join(page))


if __name__ == "__main__":
    main()
