"""Real daemons in a network namespace, as Debian packs them; what they print goes to a file."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Final

from podroute.testing.netns import Namespace
from tests.environment import unmeasured
from tests.waiting import until

HERE = Path(__file__).parent
LATER: Final = "trixie"  # the edition with FRRouting 10, whose static routes are mgmtd's


@cache
def unpacked(edition: str = "") -> Path:
    """Where they are."""
    command = [sys.executable, str(HERE / "daemons"), *filter(None, [edition])]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Path(done.stdout.strip())


def libraries() -> Mapping[str, str]:
    """The environment in which they find theirs."""
    folder = unpacked() / "usr/lib"
    found = [*folder.glob("*-linux-gnu/frr"), *folder.glob("*-linux-gnu")]
    found += (unpacked() / "lib").glob("*-linux-gnu")
    return {**unmeasured(os.environ), "LD_LIBRARY_PATH": os.pathsep.join(map(str, found))}


def started_with(program: str, edition: str = "") -> list[str]:
    """The words that start ``program``; one of another edition has its own C library."""
    root = unpacked(edition)
    if not edition:
        return [str(root / program)]
    (loader,) = root.glob("usr/lib/*-linux-gnu/ld-linux-*")
    path = os.pathsep.join([str(loader.parent / "frr"), str(loader.parent)])
    return [str(loader), "--library-path", path, str(root / program)]


@asynccontextmanager
async def running(
    node: Namespace, command: Sequence[str], said: Path, is_ready: Callable[[], bool]
) -> AsyncGenerator[subprocess.Popen[bytes]]:
    """``command`` in ``node``, once it is ready; what it prints goes to the file ``said``."""
    started = _start(node, command, said)
    try:
        await until(lambda: is_ready() or started.poll() is not None)
        if started.poll() is not None:
            message = f"{command}: {_text(said)}"
            raise RuntimeError(message)
        yield started
    finally:
        end(started)


def end(started: subprocess.Popen[bytes]) -> None:
    """The whole group, at once; also one that is stopped or over."""
    try:
        os.killpg(started.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    finally:
        started.wait()


def listens(path: Path) -> bool:
    """Whether somebody serves that socket: it is there a moment before."""
    with socket.socket(socket.AF_UNIX) as ours:
        return ours.connect_ex(str(path)) == 0


def _start(node: Namespace, command: Sequence[str], said: Path) -> subprocess.Popen[bytes]:
    with said.open("wb") as file, node.entered():
        return subprocess.Popen(
            command, stdout=file, stderr=file, env=libraries(), start_new_session=True
        )


def _text(said: Path) -> str:
    return said.read_text()
