"""How long does the command take to start, beside kubectl?"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

ROUNDS = 20
PODROUTE = str(Path(sys.executable).with_name("podroute"))
COMPLETION = str(Path(sys.executable).with_name("kubectl_complete-podroute"))


def seconds(command: Sequence[str]) -> list[float]:
    """Of each round; the first, which warms the page cache, does not count."""
    taken: list[float] = []
    for _ in range(ROUNDS + 1):
        begin = perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        taken.append(perf_counter() - begin)
    return taken[1:]


def main() -> None:
    """Prints Markdown."""
    commands = [
        ("podroute --help", [PODROUTE, "--help"]),
        ("podroute plan --help", [PODROUTE, "plan", "--help"]),
        ("podroute version", [PODROUTE, "version"]),
        ("kubectl podroute ta⇥", [COMPLETION, "ta"]),
        ("kubectl podroute plan --cl⇥", [COMPLETION, "plan", "--cl"]),
    ]
    kubectl = shutil.which("kubectl")
    if kubectl:
        commands.append(("kubectl --help", [kubectl, "--help"]))
    print(f"| command, {ROUNDS} starts | median | min | max |")
    print("|---|---|---|---|")
    for name, command in commands:
        taken = seconds(command)
        print(f"| `{name}` | {median(taken):.3f} s | {min(taken):.3f} s | {max(taken):.3f} s |")
    if not kubectl:
        print("\nThere is no kubectl on this machine.")


if __name__ == "__main__":
    main()
