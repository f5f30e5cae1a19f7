"""podroute where the processes of a lab have other numbers: inside of it, as in a container."""

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.netns.lab_command import LabCommand, until

pytestmark = pytest.mark.netns


@pytest.fixture
def lab(tmp_path: Path) -> Generator[LabCommand]:
    """A lab that is up, and that must still be up afterwards."""
    command = LabCommand(tmp_path)
    assert command("up", "--workers", "1").returncode == 0
    yield command
    ended = command("down")
    assert (ended.returncode, ended.stderr) == (0, "podroute: lab 'default' has ended\n")
    assert command.folders() == []
    until(lambda: command.processes() == [])


def inside(lab: LabCommand, *arguments: str) -> subprocess.CompletedProcess[str]:
    return lab("exec", "router", "--", sys.executable, "-m", "podroute", "lab", *arguments)


def container(lab: LabCommand) -> LabCommand:
    """The same state folder, seen from a PID namespace that is no lab's."""
    user = ("--user", "--map-root-user") if os.geteuid() else ()
    apart = ("unshare", *user, "--mount", "--pid", "--fork", "--mount-proc", "--kill-child")
    return LabCommand(lab.state, prefix=apart)


def test_a_container_with_the_same_folder_forgets_no_lab(lab: LabCommand) -> None:
    down = container(lab)("down")
    demo = container(lab)("demo", "--workers", "2")

    assert down.returncode == 1
    assert "the lab was started elsewhere" in down.stderr
    assert demo.returncode == 0, demo.stderr
    assert lab("status").returncode == 0


def test_a_lab_that_ended_with_its_container_is_swept(lab: LabCommand) -> None:
    assert container(lab)("up", "--workers", "1", "--name", "other").returncode == 0
    until(lambda: not lab.folder("other").alive())

    assert "was killed" in lab("status", "--name", "other").stderr
    assert "was not up" in lab("down", "--name", "other").stderr
    assert lab.folders() == ["default"]


def test_a_folder_with_a_spoilt_record_is_never_swept(lab: LabCommand) -> None:
    spoilt = lab.folder("spoilt").path
    spoilt.mkdir()
    (spoilt / "lab.json").write_text("{")
    (lab.folder("unfinished").path).mkdir()

    assert lab("down", "--name", "nobody").returncode == 0
    told = [lab(verb, "--name", "spoilt") for verb in ("up", "status", "down")]
    kept = lab.folders()
    shutil.rmtree(spoilt)

    assert [ended.returncode for ended in told] == [1, 1, 1]
    assert all(f"then remove {spoilt}" in ended.stderr for ended in told)
    assert kept == ["default", "spoilt"]


def test_its_status_is_known(lab: LabCommand) -> None:
    status = inside(lab, "status")

    assert status.returncode == 0
    assert "default, alive" in status.stdout


@pytest.mark.parametrize("verb", [("down",), ("exec", "pod-0a", "--", "true")])
def test_it_cannot_be_ended_or_entered_and_stays(lab: LabCommand, verb: tuple[str, ...]) -> None:
    refused = inside(lab, *verb)

    assert refused.returncode == 1
    assert "the lab was started elsewhere" in refused.stderr
    assert lab("status").returncode == 0


def test_another_lab_can_be_made_in_it_and_seen_from_outside(lab: LabCommand) -> None:
    made = inside(lab, "up", "--workers", "1", "--name", "inner")
    seen = lab("status", "--name", "inner")
    refused = lab("down", "--name", "inner")
    others = lab("down", "--name", "nobody")
    ended = inside(lab, "down", "--name", "inner")

    assert (made.returncode, seen.returncode) == (0, 0), made.stderr
    assert refused.returncode == 1
    assert "the lab was started elsewhere" in refused.stderr
    assert others.returncode == 0
    assert (ended.returncode, ended.stderr) == (0, "podroute: lab 'inner' has ended\n")


@pytest.mark.parametrize(
    "verb", [("up",), ("status",), ("down",), ("exec", "router", "--", "true")]
)
def test_a_spoilt_record_is_told_and_nothing_is_taken_for_dead(
    lab: LabCommand, verb: tuple[str, ...]
) -> None:
    record = lab.folder().path / "lab.json"
    whole = record.read_bytes()
    record.write_bytes(whole[:-9])
    told = lab(*verb)
    others = lab("down", "--name", "nobody")
    record.write_bytes(whole)

    assert told.returncode == 1
    assert "is no record of a lab" in told.stderr
    assert others.returncode == 0
    assert lab("exec", "pod-0a", "--", "true").returncode == 0
