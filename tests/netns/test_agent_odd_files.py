"""What is no file in the folder of a container runtime's configurations stops no agent."""

import os

import pytest

from tests.netns.agents import WorkerPlace
from tests.netns.lab_command import until

pytestmark = pytest.mark.netns

V4 = ("--pod-cidr", "10.200.0.0/24")
CONFLIST = "10-podroute.conflist"


@pytest.fixture
def place(place: WorkerPlace) -> WorkerPlace:
    place.conf.mkdir()
    return place


def test_a_fifo_is_named_and_once_it_is_gone_the_runtime_is_told(place: WorkerPlace) -> None:
    fifo = place.conf / "05-old.conf"
    os.mkfifo(fifo)

    refused = place.agent(*V4, "--once")

    assert refused.status == 1
    assert "05-old.conf is a FIFO, and a runtime reads it before ours: remove it" in refused.err
    assert not (place.conf / CONFLIST).exists()
    with place.running(*V4):
        until(lambda: "is a FIFO" in place.log())
        fifo.unlink()
        until((place.conf / CONFLIST).exists)


def test_a_folder_of_our_name_is_named_and_left_by_a_cleanup(place: WorkerPlace) -> None:
    before = place.fingerprint()
    (place.conf / CONFLIST).mkdir()

    refused = place.agent(*V4, "--once")
    cleaned = place.agent("--cleanup")

    assert (refused.status, cleaned.status) == (1, 0)
    assert f"{CONFLIST} is a directory: remove it" in refused.err
    assert place.fingerprint() == before
    assert (place.conf / CONFLIST).is_dir()


def test_folders_beside_it_and_fifos_behind_it_are_no_matter(place: WorkerPlace) -> None:
    (place.conf / "05-old.conf").mkdir()
    os.mkfifo(place.conf / "99-later.conf")

    assert place.agent(*V4, "--once").status == 0
    assert (place.conf / CONFLIST).is_file()
