"""Runs seeds, and says which laws they broke: ``python -m tests.simulation.run FIRST COUNT``.

It must run with PYTHONHASHSEED=0: the order of sets is part of what a seed decides.
"""

import gc
import json
import os
import sys
from collections.abc import Sequence
from typing import Final

from tests.simulation.replica import Parts
from tests.simulation.sabotage import SABOTAGES
from tests.simulation.world import Run, play

LAST: Final = 40  # lines of the schedule


def main(arguments: Sequence[str]) -> int:
    """``FIRST COUNT``, and a sabotage: then it ends with the first seed that is caught."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        sys.stderr.write("set PYTHONHASHSEED=0, or a seed is not the same again\n")
        return 2
    first, count, *rest = arguments
    sabotage = rest[0] if rest else ""
    parts = SABOTAGES[sabotage] if sabotage else Parts()
    gc.freeze()
    gc.set_threshold(50_000)  # a world is one big cycle, and there is one at a time
    broken, virtual = 0, 0.0
    for seed in range(int(first), int(first) + int(count)):
        run = play(seed, parts)
        virtual += run.seconds
        if run.faults:
            broken += 1
            sys.stdout.write(_told(run))
            sys.stdout.flush()
            if sabotage:
                break
    sys.stdout.write(json.dumps({"broken": broken, "hours": virtual / 3600}) + "\n")
    return 1 if broken else 0


def _told(run: Run) -> str:
    lines = [f"seed {run.seed} breaks:", *run.faults[:3], "after:", *run.schedule[-LAST:]]
    return "\n  ".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
