"""What a container runtime finds on this machine: CNI configurations, plugins, addresses in use."""

import os
import re
import stat
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from time import monotonic
from typing import Final

import msgspec

from podroute.bridge.cni_conflist import NEEDED, OPTIONAL
from podroute.bridge.seen import CniFolders, Release
from podroute.host.cni_notes import Notes
from podroute.host.cni_rights import read_rights
from podroute.host.files import drafted, is_draft, unhurried

_LARGEST: Final = 1 << 20  # bytes of a configuration
_LONGEST: Final = 10  # seconds for a plugin to say its versions
_ASK_AGAIN: Final = 60.0  # seconds; a program that hangs costs each such look _LONGEST
_KINDS: Final = {
    stat.S_IFDIR: "directory",
    stat.S_IFIFO: "FIFO",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}
_PLAIN: Final = {"PATH": os.defpath}
_VERSION: Final = {**_PLAIN, "CNI_COMMAND": "VERSION"}
_RELEASE: Final = re.compile(rb"^CNI [a-z-]+ plugin v(\d+)\.(\d+)\.(\d+)", re.MULTILINE)


class _Versions(msgspec.Struct):
    supported: list[str] = msgspec.field(name="supportedVersions")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a plugin says of itself; no ``versions`` where it says nothing."""

    stamp: tuple[int, int]  # of the program that gave it
    versions: tuple[str, ...]
    release: Release | None
    good_until: float


class Plugins:
    """Each program is asked once, and again when it is another file, or may be executed now.

    One that has said nothing is asked once more after ``patience``, in seconds.
    """

    def __init__(self, folder: Path, patience: float = _ASK_AGAIN) -> None:
        self._folder = folder
        self._patience = patience
        self._known: dict[str, Answer] = {}

    def answers(self) -> Mapping[str, Answer]:
        """Of each plugin that is there and speaks; a distribution's tells no release."""
        asked = ((name, self._answer(name)) for name in (*NEEDED, *OPTIONAL))
        return {name: one for name, one in asked if one is not None and one.versions}

    def paths(self) -> Sequence[Path]:
        """The folder, and where its plugins would be."""
        return (self._folder, *(self._folder / name for name in (*NEEDED, *OPTIONAL)))

    def _answer(self, name: str) -> Answer | None:
        path = self._folder / name
        try:
            status = path.stat()
        except OSError:
            return None
        stamp = status.st_ctime_ns, status.st_ino
        known = self._known.get(name)
        if known is None or known.stamp != stamp or known.good_until < monotonic():
            versions = _ask(path)
            release = _ask_release(path) if versions else None
            good_until = inf if versions else monotonic() + self._patience
            known = self._known[name] = Answer(stamp, versions, release, good_until)
        return known


def read_folders(conf: Path, plugins: Plugins, notes: Notes) -> CniFolders:
    """One look; what cannot be read counts as not there."""
    noted, settled = notes.read()
    names = _names(conf)
    begun = frozenset(drafted(name) for name in names if is_draft(name))
    files, no_files = _files(conf, (name for name in names if not is_draft(name)))
    answers = plugins.answers()
    return CniFolders(
        files,
        {name: one.versions for name, one in answers.items()},
        noted,
        settled,
        no_files,
        begun,
        {name: one.release for name, one in answers.items() if one.release},
        tuple(read_rights((conf, *(conf / name for name in files), *plugins.paths()))),
    )


def _ask(path: Path) -> tuple[str, ...]:
    try:
        said = subprocess.run(  # noqa: S603 -- an argument list
            [path],
            input=b'{"cniVersion":"1.0.0"}',
            capture_output=True,
            check=True,
            timeout=_LONGEST,
            env=_VERSION,
        )
        return tuple(msgspec.json.decode(said.stdout, type=_Versions).supported)
    except (OSError, subprocess.SubprocessError, msgspec.DecodeError):
        return ()


def _ask_release(path: Path) -> Release | None:
    """What it says to a person who calls it, where it was built with that."""
    try:
        said = subprocess.run(  # noqa: S603 -- an argument list
            [path],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_LONGEST,
            env=_PLAIN,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = _RELEASE.search(said.stderr)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def _names(folder: Path) -> Sequence[str]:
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 -- names, not paths
    except OSError:
        return ()


def _files(folder: Path, names: Iterable[str]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The texts by name; and what else a name stands for, which is not opened."""
    texts: dict[str, str] = {}
    no_files: dict[str, str] = {}
    for name in names:
        kind = _kind(folder / name)
        if kind:
            no_files[name] = kind
        else:
            texts[name] = _text(folder / name)
    return texts, no_files


def _kind(path: Path) -> str:
    """In a word what it is; "" for a file, or nothing at all."""
    try:
        kind = _KINDS.get(stat.S_IFMT(path.stat().st_mode), "")
    except OSError:
        return ""
    return f"link to a {kind}" if kind and path.is_symlink() else kind


def _text(path: Path) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace", opener=unhurried) as file:
            return file.read(_LARGEST)
    except OSError:
        return ""
