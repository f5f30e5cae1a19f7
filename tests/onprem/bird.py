"""A router with a real BIRD, in a network namespace of its own."""

import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from podroute.testing.netns import Namespace
from tests.onprem.daemons_of_debian import libraries, listens, running, unpacked


@dataclass(frozen=True)
class BirdRouter:
    """``place`` holds all its files."""

    node: Namespace
    place: Path
    process: subprocess.Popen[bytes]

    def birdc(self, *words: str) -> str:
        """What it prints."""
        birdc = str(unpacked() / "usr/sbin/birdc")
        path = f"LD_LIBRARY_PATH={libraries()['LD_LIBRARY_PATH']}"
        control = str(self.place / "bird.ctl")
        return self.node.run("env", path, birdc, "-s", control, *words)


@asynccontextmanager
async def bird_router(
    node: Namespace, place: Path, configuration: str
) -> AsyncGenerator[BirdRouter]:
    """It runs by this configuration; one that it cannot read is an error with its words."""
    file, path = place / "bird.conf", place / "bird.ctl"
    file.write_text(configuration)
    path.unlink(missing_ok=True)
    command = [program(), "-f", "-c", str(file), "-s", str(path), "-P", str(place / "bird.pid")]
    async with running(node, command, place / "bird.log", lambda: listens(path)) as process:
        yield BirdRouter(node, place, process)


def program() -> str:
    """The daemon."""
    return str(unpacked() / "usr/sbin/bird")


def parse_fault(place: Path, configuration: str) -> str:
    """What it says of a configuration that it cannot read; "" where it can."""
    file = place / "bird.conf"
    file.write_text(configuration)
    command = [program(), "-p", "-c", str(file)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=libraries())
    return done.stdout + done.stderr if done.returncode else ""
