"""The container image of ``deploy/``: its recipe, and its root."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
RECIPE: Final = (ROOT / "deploy" / "Containerfile").read_text()
BUILD: Final = ("python", "deploy/image_root.py")  # as the recipe calls it


def steps(word: str) -> Sequence[str]:
    """Of the recipe."""
    lines = [line for line in RECIPE.splitlines() if line.startswith(f"{word} ")]
    return [line.removeprefix(f"{word} ") for line in lines]


def build_root(out: Path) -> None:
    """``uv`` comes from the lock, and finds everything in its cache."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run([*BUILD, str(out)], check=True, cwd=ROOT, env={**os.environ, "PATH": path})


def config() -> Mapping[str, object]:
    """What a runtime is told of it."""
    return {"Env": steps("ENV")[0].split(), "User": steps("USER")[0]}
