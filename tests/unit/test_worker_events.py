"""Which words of inotify mean that a worker's files may be others."""

from struct import pack

import pytest

from podroute.host.files import is_draft
from podroute.host.worker_events import is_news

MADE, REMOVED, MOVED_HERE, DROPPED = 0x100, 0x200, 0x80, 0x4000


def word(mask: int, name: bytes = b"") -> bytes:
    """As inotify(7) has it: a name is filled up with zeros."""
    filled = name + b"\0" * (16 - len(name) % 16) if name else b""
    return pack("=iIII", 1, mask, 0, len(filled)) + filled


DRAFT = b".last-known.json.new"


@pytest.mark.parametrize(
    ("said", "news"),
    [
        (word(MADE, DRAFT) + word(REMOVED, DRAFT), False),
        (word(MADE, DRAFT) + word(MOVED_HERE, b"last-known.json"), True),
        (word(MADE, b".05-hidden.conflist"), True),
        (word(MADE, b"05-\xff.conf"), True),
        (word(DROPPED), True),
        (b"", False),
    ],
)
def test_what_is_written_beside_a_file_is_no_news(said: bytes, *, news: bool) -> None:
    assert is_news(said) == news


@pytest.mark.parametrize("name", ["", ".", "x.new", ".new", ".x.newer", ".x.ne"])
def test_what_others_call_their_files_is_no_draft(name: str) -> None:
    assert not is_draft(name)
