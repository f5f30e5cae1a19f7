"""A real GoBGP daemon in a network namespace; its API is a socket of the file system."""

import os
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from subprocess import Popen
from typing import Final

from podroute.model.route import InstalledRoute, RouteTable
from podroute.providers.interface import FinishingRouter, RouteProvider
from podroute.testing.netns import Namespace
from tests.onprem.daemons_of_debian import listens, running

BUILD: Final = Path(__file__).parents[1] / "goprograms/build"
GLOBAL: Final = """\
[global.config]
  as = 64512
  router-id = "10.240.0.1"
"""
ADDED: Final = '"Add a peer configuration"'
NOBODY: Final = f"{GLOBAL}  port = -1\n"  # nobody can connect


@cache
def programs() -> Path:
    """Where gobgpd and gobgp are."""
    command = [sys.executable, str(BUILD), "gobgp"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Path(done.stdout.strip())


@dataclass(frozen=True)
class Gobgp:
    """``place`` holds all its files."""

    node: Namespace
    place: Path
    process: Popen[bytes]

    @property
    def address(self) -> str:
        """That of its API."""
        return api_in(self.place)

    def options(self, **others: str) -> dict[str, str]:
        """Those of the provider."""
        return {"address": self.address, **others}

    def gobgp(self, *words: str) -> str:
        """What the command line of GoBGP prints."""
        return self.node.run(str(programs() / "gobgp"), "--target", self.address, *words)


def api_in(place: Path) -> str:
    """The address of the API of a daemon whose files are there."""
    return f"unix:{place}/gobgp.sock"


@asynccontextmanager
async def gobgp_daemon(
    node: Namespace,
    place: Path,
    configuration: str = NOBODY,
    *more: str,
    program: Path | None = None,
) -> AsyncGenerator[Gobgp]:
    """One that has read its configuration, if it is given any; ``more`` are further flags.

    Neighbours are the last that it takes from there: it answers a moment before.
    """
    file, said, socket = place / "gobgpd.toml", place / "gobgpd.log", place / "gobgp.sock"
    file.write_text(configuration)
    socket.unlink(missing_ok=True)
    neighbors = configuration.count("[[neighbors]]")
    command = [
        *(str(program or programs() / "gobgpd"), "--log-plain"),
        *(["-f", str(file)] if configuration else []),
        *("--api-hosts", api_in(place).replace("unix:", "unix://"), "--pprof-disable"),
        *([] if program else ["--metrics-path="]),
        *more,
    ]

    def is_ready() -> bool:
        if not configuration:
            return listens(socket)
        told = said.read_text()
        is_read = "reading the config file" in told and told.count(ADDED) == neighbors
        return is_read and listens(socket) and _answers(place)

    async with running(node, command, said, is_ready) as process:
        yield Gobgp(node, place, process)


def _answers(place: Path) -> bool:
    """Of one that has read its file; an older one does not understand the question."""
    command = [str(programs() / "gobgp"), "--target", api_in(place), "global", "rib"]
    asked = subprocess.run(command, check=False, capture_output=True, text=True)
    return "hasn't started" not in asked.stdout + asked.stderr


async def looked(provider: RouteProvider) -> RouteTable:
    """As who has applied looks: then neighbours are enabled."""
    assert isinstance(provider, FinishingRouter)
    table = await provider.read()
    await provider.finish()
    return table


def rib_words(one: InstalledRoute, options: Mapping[str, str]) -> Sequence[str]:
    """What a person types for a path; ``options`` are those of the provider gobgp."""
    v4 = one.destination.version == 4
    marks = [options.get("community", "64512:200"), options.get("communities", "no-export")]
    marks = [text for text in marks if text] if one.ownership == "ours" else []
    marks += ["blackhole"] if one.kind == "blackhole" else []
    discard = "192.0.2.1" if v4 else "100::1"
    words = ["global", "rib", "add", "-a", "ipv4" if v4 else "ipv6", str(one.destination)]
    words += ["origin", "igp", "nexthop", str(one.next_hop or discard)]
    words += ["community", ",".join(marks)] if marks else []
    return [*words, "med", options["med"]] if "med" in options and marks else words


def environment() -> Mapping[str, str]:
    """For the command line of GoBGP by its own name."""
    return {**os.environ, "PATH": f"{programs()}{os.pathsep}{os.environ['PATH']}"}
