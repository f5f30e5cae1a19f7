"""A disk that is full: what could not be written is named, and nothing is written by halves."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.netns.agents import WorkerPlace
from tests.netns.lab_command import until

pytestmark = pytest.mark.netns

V4 = ("--pod-cidr", "10.200.0.0/24")
CONFLIST = "10-podroute.conflist"


@contextmanager
def full_disk(place: WorkerPlace, folder: Path) -> Generator[Path]:
    """The file that fills it."""
    folder.mkdir()
    place.worker.run("mount", "-t", "tmpfs", "-o", "size=4k", "none", str(folder))
    try:
        filler = folder / "filler"
        filler.write_bytes(bytes(4096))
        yield filler
    finally:
        place.worker.run("umount", str(folder))


def test_it_leaves_no_half_file(place: WorkerPlace) -> None:
    with full_disk(place, place.conf) as filler:
        full = place.agent(*V4, "--once")
        assert full.status == 4
        assert f"No space left on device: {place.conf / CONFLIST}\n" in full.err
        assert [one.name for one in place.conf.iterdir()] == ["filler"]
        with place.running(*V4):
            until(lambda: "No space left" in place.log())
            filler.unlink()
            until((place.conf / CONFLIST).exists)


def test_the_note_is_named_and_not_the_setting_that_it_is_about(place: WorkerPlace) -> None:
    state = place.folder / "state"
    with full_disk(place, state):
        full = place.agent(*V4, "--once")

        assert f"No space left on device: {state / 'found-sysctls.json'}\n" in full.err
