"""The seed's own read-out and podroute's, on one cluster."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.cluster.nodes import NodeBody, node_bodies, node_body
from tests.cluster.programs import programs
from tests.unit.command import World, process

pytestmark = pytest.mark.cluster

SEED = (
    '--output=jsonpath={range .items[*]}{.status.addresses[?(@.type=="InternalIP")].address}'
    ' {.spec.podCIDR} {"\\n"}{end}'
)
MAY_LIST_NODES = '[{apiGroups: [""], resources: [nodes], verbs: [list]}]'
HERE = Path(sys.executable).parent


def odd_nodes() -> Iterator[NodeBody]:
    """What a cluster holds besides the usual."""
    yield node_body("several", internal_ips=["10.240.1.1", "10.240.1.2", "fd00:10:240::1"])
    yield node_body(
        "dual", internal_ips=["10.240.1.3"], pod_cidrs=["10.201.0.0/24", "fd00:10:200::/64"]
    )
    yield node_body("bare")
    yield node_body("free-text", internal_ips=["10.0.0.1; reboot\u001b[31m", "<script>\n"])


def podroute(
    *arguments: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [str(HERE / "podroute"), *arguments],
        check=False,
        capture_output=True,
        input=stdin,
        env={**os.environ, **(environment or {})},
    )


@pytest.mark.parametrize("count", [3, 5000])
def test_plain_is_the_seeds_read_out_byte_for_byte(control_plane: ControlPlane, count: int) -> None:
    control_plane.create_nodes([*node_bodies(count, cluster_cidr="10.192.0.0/11"), *odd_nodes()])
    config = control_plane.service_account_kubeconfig("reader", MAY_LIST_NODES)
    expected = control_plane.kubectl("get", "nodes", SEED).encode()

    listed = podroute("table", "-o", "plain", "--kubeconfig", str(config))
    yaml = control_plane.kubectl("get", "nodes", "--output=yaml").encode()
    piped = podroute("table", "-o", "plain", "-f", "-", stdin=yaml)
    json = control_plane.kubectl("get", "nodes", "--output=json").encode()
    piped_json = podroute("table", "-o", "plain", "-f", "-", stdin=json)

    assert expected.count(b"\n") > count
    assert (listed.stdout, listed.returncode) == (expected, 0)
    assert (piped.stdout, piped.returncode) == (expected, 0)
    assert (piped_json.stdout, piped_json.returncode) == (expected, 0)


def test_it_is_a_kubectl_plugin_with_completion(control_plane: ControlPlane) -> None:
    control_plane.create_nodes(3, cluster_cidr="10.200.0.0/16")
    environment = {
        "KUBECONFIG": str(control_plane.kubeconfig()),
        "PATH": f"{HERE}{os.pathsep}{os.environ['PATH']}",
    }
    kubectl = programs() / "kubectl"

    def run(*arguments: str) -> str:
        return subprocess.run(
            [str(kubectl), *arguments],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, **environment},
        ).stdout

    table = run("podroute", "table")
    completed = run("__complete", "podroute", "ta")

    assert [line.split()[:4] for line in table.splitlines()] == [
        ["NODE", "INTERNAL-IP", "POD-CIDR", "STATE"],
        ["worker-0", "10.240.0.20", "10.200.0.0/24", "Unknown"],
        ["worker-1", "10.240.0.21", "10.200.1.0/24", "Unknown"],
        ["worker-2", "10.240.0.22", "10.200.2.0/24", "Unknown"],
    ]
    assert completed.splitlines()[0].startswith("table")


def test_a_reader_without_rights_is_told_which_right_is_missing(
    control_plane: ControlPlane,
) -> None:
    config = control_plane.service_account_kubeconfig("nobody", "[]")

    refused = podroute("table", "--kubeconfig", str(config))

    assert (refused.stdout, refused.returncode) == (b"", 3)
    assert b"nodes" in refused.stderr
    assert b"list" in refused.stderr
    assert b"Traceback" not in refused.stderr


def test_a_selector_chooses_lines_and_all_nodes_are_judged(
    control_plane: ControlPlane, tmp_path: Path
) -> None:
    control_plane.create_nodes(3, cluster_cidr="10.200.0.0/16")
    world = World(tmp_path)
    world.routes("10.200.0.0/24 10.240.0.20 ours", "10.200.1.0/24 10.240.0.21 ours")
    config = ["--kubeconfig", str(control_plane.kubeconfig()), *world.router()]

    shown = process("table", "-l", "kubernetes.io/hostname=worker-1", "--no-headers", *config)
    nobody = process("table", "-l", "kubernetes.io/hostname=x", "--no-headers", *config)

    assert shown.out.split() == ["worker-1", "10.240.0.21", "10.200.1.0/24", "InSync"]
    assert (nobody.status, nobody.out) == (0, "")
    assert nobody.err == "podroute: no Node has the labels kubernetes.io/hostname=x\n"
