"""host-local's notes, as the agent reads, writes and removes them."""

import fcntl
import os
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import pytest

from podroute.host.cni_notes import SETTLED, Notes, free_address, note_address
from podroute.model.cidr import Address

IP = ip_address("10.200.0.9")


OTHER = ip_address("fd00:10:200::9")


def known(folder: Path) -> tuple[set[Address], set[Address]]:
    """Those that are noted, and those that are settled."""
    return told(Notes(folder))


def told(notes: Notes) -> tuple[set[Address], set[Address]]:
    noted, settled = notes.read()
    return {*noted}, {*settled}


def test_an_address_that_a_pod_has_is_noted_and_settled_at_once(tmp_path: Path) -> None:
    note_address(tmp_path, IP)
    note_address(tmp_path, OTHER)

    note = tmp_path / "podroute" / "10.200.0.9"
    assert note.read_bytes() == b"podroute\r\neth0"
    assert note.stat().st_mode & 0o777 == 0o600
    assert known(tmp_path) == ({IP, OTHER}, {IP, OTHER})
    free_address(tmp_path, IP)
    free_address(tmp_path, IP)
    assert known(tmp_path) == ({OTHER}, {OTHER})


def test_a_note_of_host_local_settles_later(tmp_path: Path) -> None:
    note = tmp_path / "podroute" / "10.200.0.9"
    note.parent.mkdir()
    note.touch()
    (note.parent / "last_reserved_ip.0").touch()

    free_address(tmp_path, IP)
    assert known(tmp_path) == ({IP}, set())
    os.utime(note, (0, 0))
    assert known(tmp_path) == ({IP}, {IP})


def test_what_host_local_has_noted_meanwhile_stays_its_own(tmp_path: Path) -> None:
    (tmp_path / "podroute").mkdir()
    (tmp_path / "podroute" / "10.200.0.9").write_bytes(b"abc\r\neth0")

    note_address(tmp_path, IP)

    assert (tmp_path / "podroute" / "10.200.0.9").read_bytes() == b"abc\r\neth0"


@pytest.mark.parametrize("change", [note_address, free_address])
def test_while_host_local_is_at_work_nothing_is_done(
    tmp_path: Path, change: Callable[[Path, Address], None]
) -> None:
    (tmp_path / "podroute").mkdir()
    with (tmp_path / "podroute" / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        with pytest.raises(BlockingIOError, match="host-local is at work"):
            change(tmp_path, IP)

    assert known(tmp_path) == known(tmp_path / "nothing") == (set(), set())


@pytest.mark.parametrize("change", [note_address, free_address])
def test_a_fifo_in_the_place_of_the_lock_keeps_nobody_waiting(
    tmp_path: Path, change: Callable[[Path, Address], None]
) -> None:
    (tmp_path / "podroute").mkdir()
    os.mkfifo(tmp_path / "podroute" / "lock")

    with pytest.raises(OSError, match="No such device or address"):
        change(tmp_path, IP)


@dataclass
class Clocks:
    """In seconds; people set the first."""

    wall: float = 1_000_000.0
    even: float = 5.0

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.even += seconds


def test_a_clock_that_is_set_makes_no_note_old(tmp_path: Path) -> None:
    note = tmp_path / "podroute" / "10.200.0.9"
    note.parent.mkdir()
    note.touch()
    clocks = Clocks()
    notes = Notes(tmp_path, lambda: clocks.wall, lambda: clocks.even)
    os.utime(note, (clocks.wall, clocks.wall))

    clocks.pass_by(1)
    clocks.wall += 3600
    assert told(notes) == ({IP}, set())
    clocks.pass_by(SETTLED - 1)
    assert told(notes) == ({IP}, set())
    clocks.pass_by(1)
    assert told(notes) == ({IP}, {IP})


@pytest.mark.parametrize("step", [-3600.0, -9.0, 0.0, 9.0])
def test_what_is_old_stays_so_when_the_clock_is_steered_or_set_back(
    tmp_path: Path, step: float
) -> None:
    note_address(tmp_path, IP)
    clocks = Clocks()
    notes = Notes(tmp_path, lambda: clocks.wall, lambda: clocks.even)
    clocks.wall += step

    notes.read()
    clocks.pass_by(SETTLED)

    assert told(notes) == ({IP}, {IP})
