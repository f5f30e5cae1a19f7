"""The real ``aws`` command, in an environment of its own that ``./run test`` makes."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.environment import unmeasured

VERSION = "1.45.11"  # as in ./run


def aws_directory() -> Path:
    """Where the command is.

    Raises:
        FileNotFoundError: it is not there; the text says what makes it.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    found = cache / "podroute" / f"awscli-{VERSION}" / "bin"
    if not (found / "aws").is_file():
        message = f"{found / 'aws'}: no such program: `./run test` installs it"
        raise FileNotFoundError(message)
    return found


def shell(script: str, environment: Mapping[str, str], *, check: bool = True) -> str:
    """What a script prints; in it ``aws`` is the real one, and finds the server."""
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", script],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env={**found_programs(), **environment},
    )
    if check and done.returncode:
        message = f"{done.returncode}: {done.stdout}{done.stderr}"
        raise AssertionError(message)
    return done.stdout


def found_programs() -> Mapping[str, str]:
    """The environment of a person who has installed ``aws`` and nothing else of AWS's."""
    kept = {key: text for key, text in unmeasured(os.environ).items() if not key.startswith("AWS_")}
    home = {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}
    return {**kept, **home, "PATH": f"{aws_directory()}{os.pathsep}{os.environ['PATH']}"}
