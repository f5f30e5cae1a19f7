"""What podroute controller refuses before it starts, and what stands in its help."""

import re
import socket
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from podroute.cli.controller import restarting
from podroute.cli.controller_flags import Cluster, Duties, Election, Work
from podroute.cli.options import AddressPlan
from podroute.config.file import Settings
from podroute.config.limits import settle_warning
from podroute.controllers.election import WRITE_LIVES
from podroute.kube.session import UNACKNOWLEDGED
from tests.unit.command import Ended, podroute, process

IN_FILE_ELSEWHERE = {"pool": "pools, a list of mappings instead of texts"}


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    path = tmp_path / "admin.conf"
    path.write_text(
        "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\n"
        "users: [{name: u, user: {}}]\n"
        "contexts: [{name: t, context: {cluster: c, user: u}}]\n"
        "current-context: t\n"
    )
    return path


def started(kubeconfig: Path, *flags: str) -> Ended:
    usual = ["--allocate-node-cidrs", "--cluster-cidr=10.200.0.0/16"]
    return podroute("controller", *usual, f"--kubeconfig={kubeconfig}", *flags)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        *(
            ([f"--kube-api-qps={qps}"], f"--kube-api-qps {qps}: give at least 0.1, or 0 for no")
            for qps in ("nan", "inf", "-1", "1e-09", "0.09")
        ),
        (["--kube-api-burst=0"], "--kube-api-burst 0: give at least 1, or --kube-api-qps 0"),
        (["--settle=-1s"], "--settle: '-1s' is no time: write it as 15s"),
        (
            ["--leader-elect-resource-name=a/../b"],
            "--leader-elect-resource-name 'a/../b' is no name of a Lease: lower-case letters",
        ),
        (["--leader-elect-resource-name="], "--leader-elect-resource-name '' is no name"),
        ([f"--leader-elect-resource-name={'a.' * 127}a"], "is no name of a Lease"),
        (
            ["--leader-elect-resource-namespace=kube.system"],
            "--leader-elect-resource-namespace 'kube.system' is no name of a namespace",
        ),
        ([f"--leader-elect-resource-namespace={'a' * 64}"], "is no name of a namespace"),
        (
            ["--reserved=10.200.0.0/17,10.200.128.0/17"],
            "reserved by 10.200.0.0/17, 10.200.128.0/17: no Node could be served; change --serv",
        ),
        (["--service-cluster-ip-range=10.0.0.0/8"], "10.200.0.0/16 is reserved by 10.0.0.0/8"),
        (["--controllers=*,-nodeipam"], "nothing to run: give --allocate-node-cidrs for"),
        (
            ["--controllers=*,-nodeipam", "--provider=memory", "--configure-cloud-routes=false"],
            "nothing to run: give --allocate-node-cidrs for",
        ),
        (["--concurrent-route-calls=0"], "--concurrent-route-calls 0: give at least 1"),
        (["--route-reconciliation-period=0s"], "--route-reconciliation-period 0s: give at least 1"),
        (["--controllers=nodeipam,rout"], "--controllers 'rout': known are node-ipam-controller"),
        (["--controllers=nodeipam", "--kube-api-burst=0"], "--kube-api-burst 0: give at least 1"),
        (["--pool="], "--pool '' is not NAME=CIDR, e.g. gpu=10.210.0.0/16"),
    ],
)
def test_bad_settings_are_refused_at_start(kubeconfig: Path, flags: list[str], words: str) -> None:
    ended = started(kubeconfig, *flags)

    assert ended.status == 2
    assert words in ended.err
    assert ended.err.count("\n") == 1


def test_a_pool_to_add_is_called_by_its_own_flag() -> None:
    ended = podroute("ipam", "plan", "--cluster-cidr=10.200.0.0/16", "--add-pool=", "-f", "none")

    assert (ended.status, ended.err) == (
        2,
        "podroute: --add-pool '' is not NAME=CIDR, e.g. gpu=10.210.0.0/16\n",
    )


def test_a_draining_pool_may_be_reserved(kubeconfig: Path) -> None:
    old = '{"name": "old", "cluster-cidr": "10.0.0.0/24", "draining": true}'

    ended = started(kubeconfig, f"--pool={old}", "--reserved=10.0.0.0/24", "--kube-api-qps=nan")

    assert "--kube-api-qps" in ended.err


def test_an_address_that_is_in_use_is_named_once(kubeconfig: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"

        ended = started(kubeconfig, f"--metrics-bind-address={address}")

    assert ended.status == 2
    assert f"--metrics-bind-address {address}: Address already in use; give" in ended.err
    assert ended.err.count("127.0.0.1") == 1


@pytest.mark.parametrize(("seconds", "warns"), [(0, True), (38.9, True), (39, False), (40, False)])
def test_a_wait_that_is_shorter_than_a_write_lives(seconds: float, *, warns: bool) -> None:
    assert ("39s" in settle_warning(timedelta(seconds=seconds))) is warns


def test_a_write_lives_in_the_api_server_and_in_the_senders_kernel() -> None:
    assert 34 + UNACKNOWLEDGED == WRITE_LIVES


def test_a_short_wait_is_told_at_start(kubeconfig: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"--metrics-bind-address=127.0.0.1:{taken.getsockname()[1]}"
        short, usual = started(kubeconfig, bind, "--settle=1s"), started(kubeconfig, bind)

    assert 'event="--settle is short"' in short.err
    assert "settle=1s" in short.err
    assert "short" not in usual.err


def test_every_flag_is_a_key_of_the_file() -> None:
    parts = (Work, Cluster, Election, AddressPlan)
    flags = {field.name for part in parts for field in fields(part)}

    assert flags - {field.name for field in msgspec.structs.fields(Settings)} == set(
        IN_FILE_ELSEWHERE
    )


def test_each_key_of_the_file_works(kubeconfig: Path, tmp_path: Path) -> None:
    config = tmp_path / "podroute.yaml"
    config.write_text(
        "apiVersion: podroute/v1alpha1\nverbose: true\ncidr-allocator-type: RangeAllocator\n"
        "leader-elect-resource-lock: leases\nallocate-node-cidrs: true\nkube-api-qps: .nan\n"
        f"kubeconfig: {kubeconfig}\ncluster-cidr: 10.200.0.0/16\n"
    )

    ended = podroute("controller", f"--config={config}")

    assert ended.err == "podroute: --kube-api-qps nan: give at least 0.1, or 0 for no limit\n"


def test_what_cannot_change_while_it_runs() -> None:
    before = Duties(Work(), Cluster(), Election())
    work = Work(verbose=True, quarantine=timedelta(0))
    after = Duties(work, Cluster(kube_api_qps=5), Election(settle=timedelta(0)))

    assert restarting(before, before) == []
    assert restarting(before, after) == ["verbose", "kube-api-qps", "settle"]


def test_help_is_readable_in_80_columns() -> None:
    out = process("controller", "--help", environment={"COLUMNS": "80"}).out

    for part in (Work, Cluster, Election, AddressPlan):
        for field in fields(part):
            assert re.search(rf"--{field.name.replace('_', '-')}(?![-\w])", out)
    assert "0:10:00" not in out
    assert "[default: 10m]" in out
    assert "[default: 15s]" in out
    assert "TIMEDELTA" not in out
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("verb", ["version", "completion", "lab"])
def test_the_epilogue_is_where_it_belongs(verb: str) -> None:
    out = podroute(verb, "--help").out

    assert "PODROUTE_" not in out
    assert ("Exit status" in out) is (verb == "lab")
    assert "--config FILE" in " ".join(podroute("controller", "--help").out.split())
