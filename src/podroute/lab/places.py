"""Running programs in the network namespaces of a lab."""

import os
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from podroute.lab.failure import LabFailed
from podroute.lab.holder import Holder
from podroute.lab.machine import environment

AT_ONCE: Final = 8
NETNS: Final = Path("/run/netns")
OUTSIDE: Final = ""  # the holder's own network namespace, which has no name

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ended:
    """What a program left behind."""

    status: int
    output: str
    errors: str


@dataclass(frozen=True, slots=True)
class Places:
    """The namespaces of one holder, by name."""

    holder: Holder

    def argv(
        self, place: str, command: Sequence[str], *, directory: Path | None = None
    ) -> list[str]:
        """What to run so that ``command`` runs in ``place``."""
        process = f"/proc/{self.holder.pid}"
        user = ["--user", "--preserve-credentials"] if self.holder.own_user_namespace else []
        network = f"--net={process}/root{NETNS}/{place}" if place else "--net"
        # entering the mount namespace leads to its root directory: env leads back
        back = ["env", f"--chdir={directory}"] if directory else []
        target = f"--target={self.holder.pid}"
        return ["nsenter", target, *user, "--mount", "--pid", network, *back, *command]

    def path(self, inside: str) -> Path:
        """What has that name inside, as it is reached from here."""
        return Path(f"/proc/{self.holder.pid}/root{inside}")

    def attempt(
        self,
        place: str,
        command: Sequence[str],
        *,
        given: str = "",
        directory: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Ended:
        """Runs it to its end, well or badly; ``given`` is its standard input."""
        ended = subprocess.run(  # noqa: S603 -- an argument list
            self.argv(place, command, directory=directory),
            input=given,
            capture_output=True,
            text=True,
            env=env or environment(),
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def run(self, place: str, command: Sequence[str], *, given: str = "") -> str:
        """What it prints.

        Raises:
            LabFailed: it did not end well.
        """
        ended = self.attempt(place, command, given=given)
        if ended.status:
            words = ended.errors.strip() or ended.output.strip()
            where = place or "the lab"
            message = f"{' '.join(command)} in {where} ended with {ended.status}: {words}"
            raise LabFailed(message)
        return ended.output

    def ip(self, place: str, lines: Iterable[str]) -> None:
        """Many ``ip`` commands as one process."""
        self.run(place, ["ip", "-batch", "-"], given="".join(f"{line}\n" for line in lines))

    def become(self, place: str, command: Sequence[str], directory: Path) -> None:
        """Turns this process into ``command`` in ``place``; does not return."""
        argv = self.argv(place, command, directory=directory)
        os.execvpe(argv[0], argv, environment())  # noqa: S606 -- that is the point


def for_each(work: Callable[[T], None], items: Iterable[T]) -> None:
    """Does ``work`` on all of them, some at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(work, items):
            pass
