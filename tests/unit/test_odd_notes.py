"""A FIFO where a note of the agent's should be keeps nobody waiting."""

import os
from pathlib import Path

import pytest

from podroute.agent.confirmation import Confirmation
from podroute.agent.links_note import LinksNote
from podroute.agent.marks_note import MARKED, MarksNote
from podroute.agent.memory import NOTE, Memory
from podroute.agent.nodes import Known
from podroute.agent.settings_note import FOUND, SettingsNote
from podroute.bridge.as_found import SettingsRecord
from podroute.host.files import alone, read_note, write_whole
from podroute.model.cidr import parse_cidr
from tests.workers import fresh

KNOWN = Known((parse_cidr("10.200.0.0/24"),))


def test_it_says_nothing(tmp_path: Path) -> None:
    for name in (NOTE, FOUND, MARKED, "found-links.json", "confirmed"):
        os.mkfifo(tmp_path / name)

    assert Memory("w0", tmp_path).last() is None
    assert SettingsNote(tmp_path).read() == SettingsRecord()
    assert LinksNote(tmp_path).read() == ()
    assert MarksNote(tmp_path).read() == ()
    assert Confirmation(tmp_path).word() == ""


def test_a_note_takes_its_place(tmp_path: Path) -> None:
    for name in (NOTE, FOUND):
        os.mkfifo(tmp_path / name)

    Memory("w0", tmp_path).keep(KNOWN)
    SettingsNote(tmp_path).give("ipv4/ip_forward", "1", fresh())

    assert Memory("w0", tmp_path).last() == KNOWN
    record = SettingsNote(tmp_path).read()
    assert (record.found["ipv4/ip_forward"], record.given["ipv4/ip_forward"]) == ("0", "1")


def test_it_is_no_lock_and_no_draft(tmp_path: Path) -> None:
    for name in ("lock", ".note.new"):
        os.mkfifo(tmp_path / name)

    with pytest.raises(OSError, match="No such device"), alone(tmp_path / "lock"):
        pass
    with pytest.raises(OSError, match="No such device"):
        write_whole(tmp_path / "note", "text")
    write_whole(tmp_path / "note", "text")
    assert read_note(tmp_path / "note") == b"text"


def test_a_folder_is_no_note(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Is a directory"):
        read_note(tmp_path)
