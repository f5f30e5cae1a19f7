"""A program that runs beside a test, and that cannot outlive it."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final, Self, TypeVar

Answer = TypeVar("Answer")

_PAUSE: Final = 0.02
_LAST_WORDS: Final = 20


class ProcessError(Exception):
    """A program ended, or did not get there in time: with its last words."""


class Process:
    """A running program; its output is in ``NAME.out`` and ``NAME.log`` of its directory."""

    def __init__(self, name: str, running: subprocess.Popen[bytes], directory: Path) -> None:
        self.name = name
        self.out = directory / f"{name}.out"
        self.log = directory / f"{name}.log"
        self._running = running

    @classmethod
    def start(
        cls,
        program: Path,
        arguments: Sequence[str],
        directory: Path,
        environment: Mapping[str, str] | None = None,
        within: Sequence[str] = (),
    ) -> Self:
        """The kernel ends it with SIGKILL when the thread that calls this has ended.

        ``within`` is a command that starts it, and is what is ended.
        """
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            message = "no setpriv on PATH: install util-linux"
            raise ProcessError(message)
        name = program.name
        with (
            (directory / f"{name}.out").open("ab") as out,
            (directory / f"{name}.log").open("ab") as log,
        ):
            running = subprocess.Popen(
                [setpriv, "--pdeathsig", "KILL", *within, str(program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=log,
                cwd=directory,
                env={"HOME": str(directory), "PATH": os.defpath, **(environment or {})},
            )
        return cls(name, running, directory)

    @property
    def pid(self) -> int:
        """The process id of the program, or of what it is within: setpriv has become that."""
        return self._running.pid

    def wait_for(self, question: Callable[[], Answer | None], *, within: timedelta) -> Answer:
        """The first answer that is not None; an error if the program ends before."""
        deadline = time.monotonic() + within.total_seconds()
        while (answer := question()) is None:
            if time.monotonic() > deadline:
                late = f"is not there after {within.total_seconds():g} s"
                raise self._error(late)
            try:
                status = self._running.wait(_PAUSE)
            except subprocess.TimeoutExpired:
                continue
            ended = f"ended with status {status}"
            raise self._error(ended)
        return answer

    def line(self, containing: str, *, within: timedelta) -> str:
        """The first whole line of its standard output with these words."""

        def written() -> str | None:
            return next((each for each in _whole(self.out) if containing in each), None)

        return self.wait_for(written, within=within)

    def said(self) -> Sequence[str]:
        """The whole lines of its log: the last one may be on its way."""
        return _whole(self.log)

    def kill(self) -> None:
        """SIGKILL by process id: the API server takes a minute over SIGTERM."""
        self._running.send_signal(signal.SIGKILL)
        self._running.wait()

    @property
    def has_ended(self) -> bool:
        """Whether it is gone, by itself or not."""
        return self._running.poll() is not None

    def stop(self, *, within: timedelta) -> int:
        """Its exit status after SIGTERM."""
        self._running.send_signal(signal.SIGTERM)
        return self.status(within=within)

    def status(self, *, within: timedelta) -> int:
        """Its exit status, once it has ended by itself."""
        try:
            return self._running.wait(within.total_seconds())
        except subprocess.TimeoutExpired:
            late = f"still runs after {within.total_seconds():g} s"
            raise self._error(late) from None

    def pause(self) -> None:
        """It keeps its connections and answers nothing, until resumed."""
        self._running.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._running.send_signal(signal.SIGCONT)

    def _error(self, what: str) -> ProcessError:
        last = self.log.read_text(errors="replace").splitlines()[-_LAST_WORDS:]
        return ProcessError("\n".join([f"{self.name} {what}; {self.log} ends with:", *last]))


def _whole(file: Path) -> list[str]:
    """Its lines but one that is still being written."""
    return [one for one in file.read_text().splitlines(keepends=True) if one[-1] == "\n"]
