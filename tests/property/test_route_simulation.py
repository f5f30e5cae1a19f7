"""The whole route loop in a simulated world: every seed is one history, the same each time.

What is simulated, and which laws hold: docs/simulation.md. ``SEED=1234`` plays just that one,
``SEEDS=10000`` so many.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.simulation.boundary import Fate, meet
from tests.simulation.sabotage import SABOTAGES

ROOT: Final = Path(__file__).parents[2]
CHUNK: Final = 25
THOROUGH: Final = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
SEEDS: Final = int(os.environ.get("SEEDS", "10000" if THOROUGH else "500"))
SEED: Final = os.environ.get("SEED", "")
CHUNKS: Final = [(int(SEED), 1)] if SEED else [(first, CHUNK) for first in range(0, SEEDS, CHUNK)]
CAUGHT_WITHIN: Final = 60  # seeds
STEPS: Final = 250


def simulate(*arguments: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, in which sets have the same order each time."""
    return subprocess.run(
        [sys.executable, "-m", "tests.simulation.run", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("first", "count"), CHUNKS)
def test_every_law_holds_in_every_history(first: int, count: int) -> None:
    done = simulate(str(first), str(count))

    again = f"again: SEED=<seed> .venv/bin/pytest {Path(__file__).relative_to(ROOT)}"
    assert done.returncode == 0, f"{done.stdout}{done.stderr}{again}"


@pytest.mark.parametrize("sabotage", SABOTAGES)
def test_a_controller_without_one_of_its_rules_is_caught(sabotage: str) -> None:
    done = simulate("0", str(CAUGHT_WITHIN), sabotage)

    assert done.returncode == 1, f"{done.stdout}{done.stderr}"
    assert "breaks:" in done.stdout


@pytest.mark.parametrize("fate", ["stopped", "killed"])
def test_no_await_is_a_bad_moment_to_be_stopped_or_killed(fate: Fate) -> None:
    """The leader meets its fate at each of its steps while Nodes leave and join."""
    broken = {step: laws for step in range(STEPS) if (laws := meet(fate, step))}

    assert not broken


def test_a_seed_is_the_same_history_each_time() -> None:
    first = simulate("3", "1", "deletes by destination")

    assert first.stdout == simulate("3", "1", "deletes by destination").stdout
    assert "seed 3 breaks:" in first.stdout
