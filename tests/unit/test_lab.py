"""What of a lab can be told without one."""

import fcntl
import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from podroute.lab.agents import Agents
from podroute.lab.directory import LabDirectory, Record, find
from podroute.lab.failure import LabFailed, Unsuitable
from podroute.lab.holder import Holder
from podroute.lab.matrix import End, Matrix, Ping
from podroute.lab.places import Places
from podroute.lab.registry import assigned
from podroute.lab.screen import Screen, plain
from podroute.lab.stage import Stage
from podroute.lab.topology import Topology, registered

NOBODY = Holder(pid=1, started=0, boot="", pid_namespace=0, own_user_namespace=False)


def topology(workers: int = 2) -> Topology:
    return assigned(registered(workers, dual_stack=True))


def matrix(*, across: bool) -> Matrix:
    ends = [End(pod, worker) for worker in topology().workers for pod in worker.pods()]
    pings = [
        Ping(one, other, address)
        for one in ends
        for other in ends
        if one != other
        for address in other.addresses()
    ]
    return Matrix(ends, {ping: across or ping.on_one_worker() for ping in pings})


def test_addresses_follow_the_number_of_the_worker_in_both_families() -> None:
    last = topology(20).workers[-1]

    assert [*map(str, last.internal_ips)] == ["10.240.0.49", "fd00:10:240::43"]
    assert [*map(str, last.pod_cidrs)] == ["10.200.19.0/24", "fd00:10:200:13::/64"]
    assert [*map(str, last.pod_addresses("pod-19b"))] == ["10.200.19.3", "fd00:10:200:13::3"]


def test_every_place_has_a_name_of_its_own() -> None:
    places = list(topology(20).places())

    assert len(places) == len(set(places)) == 1 + 20 * 3


def test_a_matrix_tells_neighbours_from_strangers() -> None:
    before, after = matrix(across=False), matrix(across=True)

    assert (before.only_on_one_worker(), before.complete()) == (True, False)
    assert (after.only_on_one_worker(), after.complete()) == (False, True)
    assert before.count(on_one_worker=True) == "8 of 8"
    assert before.count(on_one_worker=False) == "0 of 16"


def test_a_matrix_has_a_sign_for_each_family_and_a_gap_between_workers() -> None:
    lines = list(matrix(across=False).lines(lambda yes: "y" if yes else "n"))

    assert lines == [
        "from     to  0a 0b    1a 1b",
        "pod-0a       .  yy    nn nn",
        "pod-0b       yy .     nn nn",
        "pod-1a       nn nn    .  yy",
        "pod-1b       nn nn    yy .",
    ]


def test_a_claim_that_is_not_so_ends_the_demo(tmp_path: Path) -> None:
    stream = io.StringIO()
    agents = Agents(Places(NOBODY), None, tmp_path)
    screen = Screen(stream, colour=False)
    stage = Stage(Places(NOBODY), screen, tmp_path, topology(), agents)

    stage.claim("water is wet", true=True)
    with pytest.raises(LabFailed, match="claims: pigs fly; and it is not so"):
        stage.claim("pigs fly", true=False)

    assert "water is wet" in stream.getvalue()
    assert "pigs" not in stream.getvalue()
    assert stage.claims == 1


def test_output_without_colours_is_the_same_text() -> None:
    assert plain("worker-1   \x1b[31mMissing\x1b[0m   why") == "worker-1   Missing   why"


def here(pid: int, started: int) -> Holder:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    namespace = Path("/proc/self/ns/pid").stat().st_ino
    return Holder(pid, started, boot, namespace, own_user_namespace=False)


def test_a_process_that_only_has_the_number_of_a_holder_is_spared() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        reused = here(other.pid, 1)

        assert not reused.is_there()
        reused.kill()

        assert other.poll() is None
        other.communicate(b"\n")
        assert other.returncode == 0


def test_a_holder_of_another_boot_or_namespace_is_not_to_be_reached() -> None:
    started = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    myself = here(os.getpid(), int(started))

    assert myself.is_there()
    myself.require_known()
    for stranger in (replace(myself, boot="another"), replace(myself, pid_namespace=1)):
        with pytest.raises(LabFailed, match="the lab was started elsewhere"):
            stranger.kill()


@pytest.mark.parametrize("name", ["", "..", "a/b", "-x", "UPPER", "x" * 42, "a\n"])
def test_a_name_is_a_plain_word(name: str) -> None:
    with pytest.raises(Unsuitable):
        find(name)


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    record = Record(NOBODY, (("10.200.0.0/24", "fd00:10:200::/64"),), attached_by="hand")
    folder = LabDirectory(tmp_path)

    assert folder.record() is None
    folder.write_record(record)
    assert folder.record() == record


@pytest.mark.parametrize("text", ["", "{", "[]", '{"workers": 3}'])
def test_a_spoilt_record_is_told_with_the_way_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "lab.json").write_text(text)

    with pytest.raises(LabFailed, match=f"lab.json is no record of a lab .* remove {tmp_path}"):
        LabDirectory(tmp_path).record()


def test_a_lab_is_alive_as_long_as_its_lock_is_held(tmp_path: Path) -> None:
    folder = LabDirectory(tmp_path)
    never_made = folder.alive()
    folder.lock.touch()
    left = folder.alive()
    with folder.lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        locked = folder.alive(), folder.alive()

    assert (never_made, left, locked, folder.alive()) == (False, False, (True, True), False)
