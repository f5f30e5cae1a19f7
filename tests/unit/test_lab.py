"""What of a lab can be told without one."""

import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from podroute.lab.directory import LabDirectory, Record, find
from podroute.lab.failure import LabFailed, Unsuitable
from podroute.lab.holder import Holder
from podroute.lab.matrix import End, Matrix, Ping
from podroute.lab.places import Places
from podroute.lab.pods import cni_configuration
from podroute.lab.registry import assigned
from podroute.lab.screen import Screen, plain
from podroute.lab.stage import Stage
from podroute.lab.topology import Topology, registered

NOBODY = Holder(pid=1, started=0, boot="", own_user_namespace=False)


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


def test_cni_is_asked_for_a_gateway_and_no_masquerade() -> None:
    configuration = cni_configuration(topology().workers[1])

    assert configuration["bridge"] == "cbr0"
    assert (configuration["isGateway"], configuration["ipMasq"]) == (True, False)
    assert configuration["ipam"] == {
        "type": "host-local",
        "ranges": [[{"subnet": "10.200.1.0/24"}], [{"subnet": "fd00:10:200:1::/64"}]],
        "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}],
        "dataDir": "/run/cni/worker-1",
    }


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
    stage = Stage(Places(NOBODY), Screen(stream, colour=False), tmp_path, topology())

    stage.claim("water is wet", true=True)
    with pytest.raises(LabFailed, match="claims: pigs fly; and it is not so"):
        stage.claim("pigs fly", true=False)

    assert "water is wet" in stream.getvalue()
    assert "pigs" not in stream.getvalue()
    assert stage.claims == 1


def test_output_without_colours_is_the_same_text() -> None:
    assert plain("worker-1   \x1b[31mMissing\x1b[0m   why") == "worker-1   Missing   why"


def test_a_process_that_only_has_the_number_of_a_holder_is_spared() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        reused = Holder(other.pid, 1, boot, own_user_namespace=False)

        assert not reused.alive()
        reused.kill()

        assert other.poll() is None
        other.communicate(b"\n")
        assert other.returncode == 0


def test_a_holder_from_before_the_boot_is_not_alive() -> None:
    started = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    myself = Holder(os.getpid(), int(started), boot, own_user_namespace=False)

    assert myself.alive()
    assert not replace(myself, boot="another").alive()


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
def test_a_spoilt_record_is_no_lab(tmp_path: Path, text: str) -> None:
    (tmp_path / "lab.json").write_text(text)

    assert LabDirectory(tmp_path).record() is None
    assert not LabDirectory(tmp_path).alive()
