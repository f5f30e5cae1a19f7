"""Is a bridge of ours known whose mark somebody has taken off?"""

from dataclasses import replace
from pathlib import Path

import pytest

from podroute.agent.marks_note import MARKED, MarksNote
from podroute.bridge.as_found import SettingsRecord
from podroute.bridge.cleanup import cleanup
from podroute.bridge.marks import Marked, marked, with_lost_marks
from podroute.bridge.renamed import by_its_name
from podroute.bridge.seen import Host, Link
from podroute.bridge.steps import line
from tests.workers import DUAL, after, fresh, lines, planned, with_link, worker

OFF = "somebody has taken its mark off"
BRIDGE = Link(5, "cbr0", "0a:58:0a:c8:00:01", kind="bridge", alias="podroute", up=True)
KNOWN = (Marked(5, "0a:58:0a:c8:00:01", "podroute"),)


def unmarked(host: Host, alias: str = "") -> Host:
    bridge = host.link("cbr0")
    assert bridge is not None
    return with_link(host, replace(bridge, alias=alias))


@pytest.mark.parametrize("alias", ["", "lab of Anna"])
def test_it_gets_its_mark_again_and_is_no_other_s(alias: str) -> None:
    host = worker(DUAL)
    known = marked(host.links, ())

    found = with_lost_marks(unmarked(host, alias), known)

    plan = planned(found, DUAL)
    assert lines(plan) == [f"~ link cbr0 alias 'podroute': {OFF}"]
    assert with_lost_marks(after(unmarked(host, alias), plan.steps), known) == replace(
        host, links=found.links
    )


def test_it_gets_its_name_too() -> None:
    host = worker(DUAL)
    known = marked(host.links, ())
    bridge = unmarked(host).link("cbr0")
    assert bridge is not None

    renamed = with_link(host, replace(bridge, name="br7"))
    plan = planned(by_its_name(with_lost_marks(renamed, known), "cbr0"), DUAL)

    assert lines(plan)[:2] == [
        "~ link br7 name 'cbr0': it is ours by its mark",
        f"~ link cbr0 alias 'podroute': {OFF}",
    ]


def test_a_cleanup_knows_it_as_well() -> None:
    host = worker()

    found = with_lost_marks(unmarked(host), marked(host.links, ()))

    assert "- bridge cbr0" in map(line, cleanup(found, "cbr0", SettingsRecord()))


def test_one_that_was_taken_over_stays_taken_over() -> None:
    adopted = replace(BRIDGE, alias="podroute (adopted)")
    host = with_link(fresh(), replace(adopted, alias=""), "10.200.0.1/24")

    found = with_lost_marks(host, marked([adopted], ()))

    assert found.link("cbr0") == adopted


@pytest.mark.parametrize(
    "other",
    [
        replace(BRIDGE, number=6, alias=""),
        replace(BRIDGE, mac="02:00:00:00:00:05", alias=""),
        replace(BRIDGE, kind="dummy", alias=""),
        replace(BRIDGE, alias="podroute (adopted)"),
        BRIDGE,
    ],
    ids=["another link", "another MAC", "no bridge", "a person's word", "marked"],
)
def test_what_is_another_s_or_marked_is_as_it_is(other: Link) -> None:
    host = with_link(fresh(), other)

    assert with_lost_marks(host, KNOWN) is host


def test_a_mark_is_remembered_as_it_was_seen_last() -> None:
    adopted = replace(BRIDGE, alias="podroute (adopted)")

    assert marked([BRIDGE, Link(6, "br1", kind="bridge")], ()) == KNOWN
    assert marked([replace(BRIDGE, alias="")], KNOWN) == KNOWN
    assert marked([adopted], KNOWN) == (replace(KNOWN[0], mark="podroute (adopted)"),)
    assert marked([], KNOWN) == ()


def test_the_next_agent_knows_it_in_the_same_boot(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    MarksNote(folder, "one").keep([])
    assert not folder.exists()

    MarksNote(folder, "one").keep([BRIDGE])

    assert MarksNote(folder, "one").read() == KNOWN
    assert MarksNote(folder, "two").read() == ()
    note = MarksNote(folder, "one")
    note.keep([replace(BRIDGE, alias="")])
    assert note.read() == MarksNote(folder, "one").read() == KNOWN
    note.forget()
    assert note.read() == MarksNote(folder, "one").read() == ()
    assert list(folder.iterdir()) == []


def test_without_room_for_a_note_the_agent_itself_knows_and_writes_it_later(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.touch()
    note = MarksNote(folder)

    note.keep([BRIDGE])
    assert note.read() == KNOWN
    folder.unlink()
    note.keep([BRIDGE])

    assert MarksNote(folder).read() == KNOWN


@pytest.mark.parametrize("text", ["", "{}", '{"boot": "", "bridges": [{"number": "five"}]}'])
def test_a_spoilt_note_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / MARKED).write_text(text)

    assert MarksNote(tmp_path).read() == ()
