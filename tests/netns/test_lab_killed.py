"""Killed at any moment, a lab leaves nothing but a folder, which the next ``down`` removes."""

import os
import signal
import subprocess
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.netns.lab_command import Host, LabCommand, host, until
from tests.waiting import state_of

pytestmark = pytest.mark.netns


ITSELF = "kill -STOP $$"


@pytest.fixture
def before() -> Host:
    return host()


@pytest.fixture
def lab(before: Host, tmp_path: Path) -> Generator[LabCommand]:
    """After the kill: everything is gone by itself, and ``down`` takes the folder.

    What the killed one had started holds the lab for as long as it takes to end.
    """
    command = LabCommand(tmp_path)
    yield command
    until(lambda: "is in use by another" not in command("down").stderr)
    down = command("down")
    assert down.returncode == 0, down.stderr
    until(lambda: command.processes() == [])
    assert command.folders() == []
    assert host() == before


def has_folder(lab: LabCommand) -> bool:
    return bool(lab.folders())


def has_process(lab: LabCommand) -> bool:
    return bool(holders(lab))


def has_place(name: str) -> Callable[[LabCommand], bool]:
    def condition(lab: LabCommand) -> bool:
        places = (Path(f"/proc/{pid}/root/run/netns/{name}") for pid in holders(lab))
        return any(os.access(place, os.F_OK) for place in places)

    return condition


def has_nodes(lab: LabCommand) -> bool:
    return lab.folder().nodes_file.exists()


def has_record(lab: LabCommand) -> bool:
    return lab.folder().record() is not None


def holders(lab: LabCommand) -> list[int]:
    """The processes 1 of the labs, without the programs that wait for them."""
    return [pid for pid in lab.processes() if name_of(pid) == "sh"]


def name_of(pid: int) -> str:
    """The program's name; "" where it has ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(has_folder, id="folder"),
        pytest.param(has_process, id="holder"),
        pytest.param(has_place("router"), id="first namespace"),
        pytest.param(has_place("pod-2b"), id="last namespace"),
        pytest.param(has_nodes, id="Nodes written"),
        pytest.param(has_record, id="record written"),
    ],
)
def test_up_killed_in_the_middle(lab: LabCommand, moment: Callable[[LabCommand], bool]) -> None:
    with lab.start("up") as building:
        while not moment(lab) and building.poll() is None:
            os.sched_yield()
        building.kill()
        building.wait()

    if lab.folder().record() is None:
        until(lambda: lab.processes() == [])


def test_demo_killed_in_the_middle(lab: LabCommand) -> None:
    with lab.start("demo") as playing:
        assert playing.stdout is not None
        assert any("4  The plan" in line for line in playing.stdout)
        playing.kill()
        playing.wait()
    until(lambda: lab.processes() == [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_demo_interrupted_cleans_up_by_itself(lab: LabCommand, number: signal.Signals) -> None:
    with lab.start("demo") as playing:
        assert playing.stdout is not None
        assert any("2  Each worker" in line for line in playing.stdout)
        playing.send_signal(number)
        rest = playing.stdout.read()
        assert playing.wait(30) == 130
    assert "Traceback" not in rest
    assert lab.folders() == []
    until(lambda: lab.processes() == [])


def test_a_killed_holder_takes_the_lab_with_it(lab: LabCommand) -> None:
    assert lab("up").returncode == 0
    with lab.start("exec", "pod-0a", "--", "sh", "-c", "echo ready; sleep 600") as inside:
        assert inside.stdout is not None
        inside.stdout.readline()

        os.kill(lab.record().holder.pid, signal.SIGKILL)

        assert inside.wait(30) != 0
    status = lab("status")
    assert (status.returncode, status.stdout) == (1, "")
    assert "was killed" in status.stderr
    assert lab("exec", "router", "--", "true").returncode == 1


def test_the_next_up_takes_the_place_of_a_killed_lab(lab: LabCommand) -> None:
    assert lab("up", "--workers", "1").returncode == 0
    os.kill(lab.record().holder.pid, signal.SIGKILL)
    until(lambda: not lab.folder().alive())

    assert lab("up", "--workers", "2").returncode == 0
    assert len(lab.record().pod_cidrs) == 2


def test_what_was_stopped_in_it_does_not_keep_it_up(lab: LabCommand) -> None:
    assert lab("up", "--workers", "2").returncode == 0
    stopped = lab.start("exec", "pod-0a", "--", "sh", "-c", ITSELF)
    until(lambda: state_of(stopped.pid) == "T")

    with lab.start("down") as down:
        down.communicate(timeout=60)
    stopped.communicate(timeout=10)

    assert down.returncode == 0


def test_whom_it_waits_for_is_told(lab: LabCommand) -> None:
    """One that podroute has not started, and so does not wake."""
    assert lab("up", "--workers", "2").returncode == 0
    holder = str(lab.record().holder.pid)
    words = ["nsenter", "-t", holder, "--pid", "--mount", "sh", "-c", ITSELF]
    with subprocess.Popen(words) as stopped:
        until(lambda: state_of(stopped.pid) == "T")
        down = lab("down")
        stopped.send_signal(signal.SIGCONT)

    assert down.returncode == 1
    assert f"process {holder} of the lab is killed, but does not end" in down.stderr
