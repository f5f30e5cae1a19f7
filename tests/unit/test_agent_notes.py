"""What an agent finds of former runs, and what a person has left for it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from podroute.agent.confirmation import Confirmation
from podroute.agent.nodes import Known
from podroute.agent.remembered import NOTE, Remembered
from podroute.model.cidr import parse_address, parse_cidr

KNOWN = Known((parse_cidr("10.200.0.0/24"),), (parse_address("10.240.0.30"),))
LAST = Known(KNOWN.pod_cidrs, KNOWN.internal_ips, remembered=True)


@dataclass
class Told:
    """An API server that may be away."""

    says: Known | None = None

    async def run(self, changed: Callable[[], object], told: Callable[[str], object]) -> None:
        del told
        changed()

    def known(self) -> Known | None:
        return self.says


def test_what_the_api_server_has_told_last_holds_until_it_speaks(tmp_path: Path) -> None:
    assert Remembered(Told(KNOWN), "w0", tmp_path).known() == KNOWN
    source = Told()
    started = Remembered(source, "w0", tmp_path)

    assert started.known() == LAST
    source.says = Known(missing="there is no Node w0")
    assert started.known() == source.says


@pytest.mark.parametrize(
    "note",
    [
        None,
        "",
        "{}",
        '{"node":"w0","podCidrs":[],"internalIps":[]}',
        '{"node":"w0","podCidrs":["10.200.0.7/24"],"internalIps":[]}',
        '{"node":"w1","podCidrs":["10.200.0.0/24"],"internalIps":[]}',
    ],
)
def test_a_note_that_says_nothing_of_this_node_is_none(tmp_path: Path, note: str | None) -> None:
    if note is not None:
        (tmp_path / NOTE).write_text(note)

    assert Remembered(Told(), "w0", tmp_path).known() is None


def test_a_note_is_written_once_and_again_when_it_could_not_be(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    remembered = Remembered(Told(KNOWN), "w0", folder)

    assert remembered.known() == KNOWN
    folder.mkdir()
    remembered.known()
    (folder / NOTE).unlink()
    remembered.known()

    assert not (folder / NOTE).exists()


async def test_news_come_through(tmp_path: Path) -> None:
    heard: list[str] = []

    await Remembered(Told(), "w0", tmp_path).run(lambda: heard.append("news"), heard.append)

    assert heard == ["news"]


def test_a_word_is_good_for_once(tmp_path: Path) -> None:
    confirmation = Confirmation(tmp_path / "state")
    assert confirmation.word() == ""

    Confirmation(tmp_path / "state").say("0123abcd")

    assert confirmation.word() == "0123abcd"
    confirmation.forget()
    assert confirmation.word() == ""
    confirmation.forget()
