import json
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cluster.api import ApiError
from tests.cluster.control_plane import ControlPlane, KubectlError
from tests.cluster.nodes import node_body

pytestmark = pytest.mark.cluster

WITHIN = timedelta(seconds=60)
POD_CIDRS = "jsonpath={range .items[*]}{.spec.podCIDR}{'\\n'}{end}"


def test_a_fresh_one_is_ready_at_once(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    started = time.monotonic()
    plane = ControlPlane.start(tmp_path)
    record_property("seconds until ready", time.monotonic() - started)
    try:
        assert plane.kubectl("get", "--raw=/readyz") == "ok"
    finally:
        plane.stop()


def test_says_the_release_it_is_built_from(shared_control_plane: ControlPlane) -> None:
    versions = json.loads(shared_control_plane.kubectl("version", "--output=json"))

    assert versions["serverVersion"]["gitVersion"] == "v1.36.3"
    assert versions["clientVersion"]["gitVersion"] == "v1.36.3"


def test_a_created_node_keeps_its_addresses_and_pod_cidr(control_plane: ControlPlane) -> None:
    body = node_body("worker-0", internal_ips=["10.240.0.20"], pod_cidrs=["10.200.0.0/24"])
    control_plane.create_nodes([body])

    seen = control_plane.kubectl(
        "get",
        "nodes",
        "--output=jsonpath={range .items[*]}{.status.addresses[?(@.type=='InternalIP')].address} "
        "{.spec.podCIDR} {'\\n'}{end}",
    )

    assert seen == "10.240.0.20 10.200.0.0/24 \n"


def test_a_node_that_exists_is_not_made_again(control_plane: ControlPlane) -> None:
    control_plane.create_nodes(1)

    with pytest.raises(ApiError, match="409"):
        control_plane.create_nodes(1)


def test_kubectl_fails_with_its_own_words(shared_control_plane: ControlPlane) -> None:
    with pytest.raises(KubectlError, match='nodes "nobody" not found'):
        shared_control_plane.kubectl("get", "node", "nobody")


def test_a_service_account_may_do_what_its_rules_say(control_plane: ControlPlane) -> None:
    rules = "- {apiGroups: [''], resources: [nodes], verbs: [list]}"

    kubeconfig = control_plane.service_account_kubeconfig("reader", rules)

    as_reader = f"--kubeconfig={kubeconfig}"
    assert control_plane.kubectl(as_reader, "get", "nodes", "--output=name") == ""
    with pytest.raises(KubectlError, match="Forbidden"):
        control_plane.kubectl(as_reader, "delete", "node", "nobody")


def test_a_kubelet_may_write_its_own_node_only(control_plane: ControlPlane) -> None:
    control_plane.create_nodes(2)
    kubeconfig = control_plane.kubeconfig("system:node:worker-0", ("system:nodes",))

    as_kubelet = f"--kubeconfig={kubeconfig}"
    control_plane.kubectl(as_kubelet, "label", "node", "worker-0", "colour=green")
    with pytest.raises(KubectlError, match="only its own Node object"):
        control_plane.kubectl(as_kubelet, "label", "node", "worker-1", "colour=green")


def test_what_was_written_outlives_the_api_server(control_plane: ControlPlane) -> None:
    control_plane.create_nodes(1)

    control_plane.stop_api_server()
    with pytest.raises(KubectlError, match="refused"):
        control_plane.kubectl("get", "nodes")
    control_plane.start_api_server()

    assert control_plane.kubectl("get", "nodes", "--output=name") == "node/worker-0\n"


def test_the_controller_manager_assigns_pod_cidrs(control_plane: ControlPlane) -> None:
    control_plane.create_nodes(3)
    control_plane.start_controller_manager(
        [
            "--controllers=node-ipam-controller",
            "--allocate-node-cidrs=true",
            "--cluster-cidr=10.200.0.0/16",
        ]
    )

    control_plane.kubectl(
        "wait", "node", "--all", "--for=jsonpath={.spec.podCIDR}", "--timeout=60s"
    )

    assigned = control_plane.kubectl("get", "nodes", f"--output={POD_CIDRS}").split()
    assert sorted(assigned) == ["10.200.0.0/24", "10.200.1.0/24", "10.200.2.0/24"]


def test_the_peer_makes_routes_and_says_so_on_the_nodes(control_plane: ControlPlane) -> None:
    control_plane.create_nodes(3, cluster_cidr="10.200.0.0/16")

    peer = control_plane.start_program(
        "route-controller-peer", ["--cluster-cidr=10.200.0.0/16", "--until=3"]
    )

    assert json.loads(peer.line('"routes"', within=WITHIN))["count"] == 3
    assert json.loads(peer.line('"conditions"', within=WITHIN))["count"] == 3
    control_plane.kubectl(
        "wait", "node", "--all", "--for=condition=NetworkUnavailable=False", "--timeout=60s"
    )
