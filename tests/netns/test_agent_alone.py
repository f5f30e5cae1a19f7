"""Two agents on one machine, and folders that cannot be used."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.netns.agents import WorkerPlace, worker_place
from tests.netns.lab_command import until

pytestmark = pytest.mark.netns

V4 = ("--pod-cidr", "10.200.0.0/24")
CONFLIST = "10-podroute.conflist"
STRANGER = """\
import os, socket, sys
os.setgid(65534)
os.setuid(65534)
holder = socket.socket(socket.AF_UNIX)
holder.bind("\\0podroute-agent")
holder.listen()
print("ready", flush=True)
sys.stdin.read()
"""


def test_of_two_agents_with_folders_of_their_own_the_second_refuses(
    place: WorkerPlace, tmp_path: Path
) -> None:
    other = replace(place, folder=tmp_path / "other")
    with place.running(*V4) as first:
        until((place.conf / CONFLIST).exists)
        for mode in ("--once", "--cleanup"):
            second = other.agent("--pod-cidr", "10.201.0.0/24", mode)
            assert second.status == 5
            assert second.err == (
                "podroute: another podroute agent runs on this machine "
                f"(process {first.pid}): end it first\n"
            )
        assert not other.folder.exists()
    assert place.agent(*V4, "--once").status == 0


def test_agents_of_two_networks_are_no_matter(place: WorkerPlace, tmp_path: Path) -> None:
    with worker_place(tmp_path / "second") as second, place.running(*V4):
        until((place.conf / CONFLIST).exists)
        assert second.agent(*V4, "--once").status == 0


def test_somebody_who_is_no_agent_keeps_none_from_running(place: WorkerPlace) -> None:
    command, pipe = [sys.executable, "-c", STRANGER], subprocess.PIPE
    with (
        place.worker.entered(),
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as stranger,
    ):
        assert stranger.stdout is not None
        assert stranger.stdout.readline() == "ready\n"
        done = place.agent(*V4, "--once")
        stranger.communicate("")

    assert done.status == 0
    assert "a program that is no agent has the name @podroute-agent" in done.err


def test_a_state_folder_that_cannot_be_used_is_named(place: WorkerPlace, tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    for folder, words in (
        (tmp_path, "File exists"),
        (tmp_path / "state", "Not a directory"),
        (Path("/proc/podroute"), "No such file or directory"),
    ):
        refused = replace(place, folder=folder).agent(*V4, "--once")
        assert refused.status == 3
        assert refused.err == (
            f"podroute: --state-dir {folder}/state: {words}: "
            "give a folder that this user may write\n"
        )
    assert "cbr0" not in place.worker.ip("link")
