"""Where labs are remembered, one folder each, and which of them are in use.

The kernel forgets a lab by itself. Only its folder can be left over, by a kill: it is taken away
when the next lab comes or goes.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import msgspec

from podroute.lab.driver import Driver
from podroute.lab.failure import LabFailed, Unsuitable
from podroute.lab.holder import Holder
from podroute.lab.topology import Topology, registered
from podroute.model.cidr import parse_cidr

DEFAULT_NAME: Final = "default"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
_LOCK: Final = ".lock"


_Several: Final = msgspec.Meta(min_length=1)
Blocks: TypeAlias = Annotated[tuple[Annotated[tuple[str, ...], _Several], ...], _Several]


class Record(msgspec.Struct, frozen=True):
    """A lab that is up."""

    holder: Holder
    pod_cidrs: Blocks  # of each worker, one per family
    attached_by: str
    driver: Driver = Driver()

    def __post_init__(self) -> None:
        """Nobody may have spoilt it.

        Raises:
            ValueError: somebody has.
        """
        self.topology()

    def topology(self) -> Topology:
        """Everything else about it follows from its size and its blocks."""
        families = len(self.pod_cidrs[0])
        workers = registered(len(self.pod_cidrs), dual_stack=families > 1)
        return workers.given([tuple(map(parse_cidr, cidrs)) for cidrs in self.pod_cidrs])


@dataclass(frozen=True, slots=True)
class LabDirectory:
    """The folder of one lab."""

    path: Path

    @property
    def nodes_file(self) -> Path:
        """What ``kubectl get nodes -o yaml`` would print."""
        return self.path / "nodes.yaml"

    @property
    def mount_point(self) -> Path:
        """Where the holder mounts what it moves to its /run."""
        return self.path / "run"

    @property
    def lock(self) -> Path:
        """What the holder keeps locked."""
        return self.path / "holder.lock"

    def record(self) -> Record | None:
        """The lab as it was left; None: it was never finished.

        Raises:
            LabFailed: somebody has spoilt it.
        """
        path = self.path / "lab.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=Record)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError as error:
            way = f"end its processes (pgrep -af {self.path}), then remove {self.path}"
            message = f"{path} is no record of a lab ({error}): {way}"
            raise LabFailed(message) from None

    def write_record(self, record: Record) -> None:
        """All of it or nothing."""
        draft = self.path / "lab.json.new"
        draft.write_bytes(msgspec.json.encode(record))
        draft.replace(self.path / "lab.json")

    def alive(self) -> bool:
        """Whether its holder is there."""
        return _is_locked(self.lock)


def which(name: str) -> str:
    """The flag that says which lab is meant, for commands that we propose."""
    return "" if name == DEFAULT_NAME else f" --name {name}"


def find(name: str) -> LabDirectory:
    """The folder of that lab, whether it exists or not.

    Raises:
        Unsuitable: no lab can have that name.
    """
    if not _NAME.fullmatch(name):
        message = f"--name {name!r}: use up to 41 lower-case letters, digits and dashes"
        raise Unsuitable(message)
    return LabDirectory(_home() / name)


@contextmanager
def claimed(name: str) -> Generator[LabDirectory]:
    """A new folder that nobody else touches meanwhile.

    Raises:
        LabFailed: there is such a lab, or its record is spoilt.
    """
    with _undisturbed():
        _sweep()
        lab = find(name)
        if lab.path.exists():
            lab.record()
            doing = "is up" if lab.alive() else "is being built"
            message = f"lab {name!r} {doing}: end it with podroute lab down{which(name)}"
            raise LabFailed(message)
        lab.path.mkdir(mode=0o700)
        lab.mount_point.mkdir(mode=0o700)
        lab.lock.touch(mode=0o600)
        handle = _lock(lab.path)
    try:
        yield lab
    finally:
        os.close(handle)


def end(name: str) -> bool:
    """Ends that lab, if there is one, and takes away what killed labs have left.

    Returns:
        Whether it was up.

    Raises:
        LabFailed: somebody is building it just now, or it cannot be ended from here.
    """
    with _undisturbed():
        lab = find(name)
        record, was_up = lab.record(), lab.alive()
        if (was_up and record is None) or _is_locked(lab.path):
            message = f"lab {name!r} is in use by another podroute lab: wait for it or end that"
            raise LabFailed(message)
        if was_up and record is not None:
            record.holder.kill()
        _sweep()
    return was_up


def discard(lab: LabDirectory) -> None:
    """Removes the folder of a lab that has ended."""
    with _undisturbed():
        shutil.rmtree(lab.path, ignore_errors=True)


def _sweep() -> None:
    """Removes every folder whose lab is not there and that nobody works on."""
    for path in _home().iterdir():
        if path.is_dir() and not _is_locked(path) and _is_over(LabDirectory(path)):
            shutil.rmtree(path, ignore_errors=True)


def _is_over(lab: LabDirectory) -> bool:
    """Not where the record is spoilt: nobody knows then what it was."""
    try:
        lab.record()
    except LabFailed:
        return False
    return not lab.alive()


def _home() -> Path:
    """Private to this user."""
    given = os.environ.get("XDG_STATE_HOME", "")
    try:
        base = Path(given) if given.startswith("/") else Path.home() / ".local/state"
        home = base / "podroute/labs"
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:
        message = f"no place to remember labs in ({error}): set HOME or XDG_STATE_HOME"
        raise Unsuitable(message) from None
    if home.stat().st_uid != os.geteuid() or not os.access(home, os.W_OK):
        message = f"{home} belongs to somebody else: set XDG_STATE_HOME to a folder of your own"
        raise Unsuitable(message)
    return home


@contextmanager
def _undisturbed() -> Generator[None]:
    """One at a time may add or remove folders."""
    handle = os.open(_home() / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _lock(path: Path) -> int:
    """Held until closed, or until this process ends in whatever way."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return handle


def _is_locked(path: Path) -> bool:
    """Whether somebody holds it; many may ask at once."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
