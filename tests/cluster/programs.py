"""The programs of the control plane, built on first use."""

import subprocess
import sys
from pathlib import Path
from typing import Final

_BUILD: Final = Path(__file__).resolve().parents[1] / "controlplane" / "build"


class MissingProgramsError(Exception):
    """The control plane cannot be built here; why, and what to install."""


def programs() -> Path:
    """The directory of kube-apiserver and the others: instant when built, else minutes."""
    done = subprocess.run(
        [sys.executable, str(_BUILD)], check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise MissingProgramsError(done.stderr)
    return Path(done.stdout.strip())
