"""podroute's own rights in ``deploy/``: RBAC, and policies where RBAC is too coarse."""

from collections.abc import Mapping, Sequence

import pytest

from tests.cluster.callers import STRATEGIC, admin, service_account
from tests.cluster.control_plane import ControlPlane
from tests.cluster.guarded import (
    LABEL,
    NODES,
    READY,
    REGISTRATION,
    addresses,
    network,
    podroute_of,
)
from tests.cluster.node_ipam import Cluster
from tests.cluster.nodes import node_body
from tests.cluster.rights import Right, account

pytestmark = pytest.mark.cluster

OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "uid": "b"}
TAINT = {"key": "a", "effect": "NoExecute"}
METADATA: Sequence[Mapping[str, object]] = [
    LABEL,
    {"metadata": {"annotations": {"a": "b"}}},
    {"metadata": {"finalizers": ["example.com/a"]}},
    {"metadata": {"ownerReferences": [OWNER]}},
]
NOT_IN_SPEC: Sequence[Mapping[str, object]] = [
    *METADATA,
    {"spec": {"taints": [TAINT]}},
    {"spec": {"unschedulable": True}},
    {"spec": {"providerID": "aws:///eu/i-victim"}},
]
NOT_IN_STATUS: Sequence[Mapping[str, object]] = [
    *METADATA[:2],
    addresses("10.240.0.31"),
    {"status": {"conditions": [{"type": "Ready", "status": "False"}]}},
    {"status": {"conditions": [{"type": "Ready", "$patch": "delete"}]}},
    {"status": {"conditions": [{"type": "Mine", "status": "True"}]}},
    {"status": {"conditions": [network("False", "RouteCreated"), {**READY, "status": "False"}]}},
    {"status": {"capacity": {"cpu": "1"}}},
    {"status": {"allocatable": {"cpu": "1"}}},
    {"status": {"images": [{"names": ["a"], "sizeBytes": 1}]}},
    {"status": {"nodeInfo": {"kubeletVersion": "v1.0.0"}}},
    {"status": {"daemonEndpoints": {"kubeletEndpoint": {"Port": 1}}}},
    {"status": {"volumesInUse": ["a"]}},
    {"status": {"volumesAttached": [{"name": "a", "devicePath": "b"}]}},
    {"status": {"phase": "Running"}},
    {"status": {"runtimeHandlers": [{"name": "a"}]}},
    {"status": {"features": {"supplementalGroupsPolicy": False}}},
]


def test_podroute_changes_nothing_else_of_a_node(guarded: ControlPlane, cluster: Cluster) -> None:
    podroute = podroute_of(guarded)
    worker: Mapping[str, object] = {**REGISTRATION, "spec": {}}
    assert admin(guarded).refusal("POST", NODES, worker) == ""
    before = cluster.plane.api.get(f"{NODES}/worker")

    for body in NOT_IN_SPEC:
        words = podroute.refusal("PATCH", f"{NODES}/worker", body, kind=STRATEGIC)
        assert "podroute writes podCIDRs and nothing else" in words, body
    for body in NOT_IN_STATUS:
        words = podroute.refusal("PATCH", f"{NODES}/worker/status", body, kind=STRATEGIC)
        assert "podroute-writes-one-condition-only" in words, body

    assert cluster.plane.api.get(f"{NODES}/worker") == before


def test_podroute_has_no_other_rights(guarded: ControlPlane, cluster: Cluster) -> None:
    cluster.register([node_body("worker")])
    podroute = podroute_of(guarded)
    leases = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
    rows = [
        ("DELETE", f"{NODES}/worker"),
        ("POST", NODES),
        ("PUT", f"{NODES}/worker"),
        ("PUT", f"{NODES}/worker/status"),
        ("GET", "/api/v1/secrets"),
        ("GET", "/api/v1/namespaces/kube-system/secrets"),
        ("GET", "/api/v1/pods"),
        ("GET", "/api/v1/namespaces/kube-system/configmaps"),
        ("GET", leases),
        ("GET", f"{leases}/kube-controller-manager"),
        ("PUT", f"{leases}/kube-controller-manager"),
        ("DELETE", f"{leases}/podroute-controller"),
        ("PATCH", "/apis/rbac.authorization.k8s.io/v1/clusterroles/podroute-controller"),
    ]
    for method, path in rows:
        status, words = podroute.ask(method, path, b"{}")
        assert (status, "orbidden" in words) == (403, True), (method, path)
    for path in (NODES, f"{NODES}/worker"):
        assert podroute.ask("GET", path)[0] == 200


def test_an_operator_annotates_the_lease_of_the_controller_and_no_other(
    guarded: ControlPlane,
) -> None:
    guarded.kubectl("create", "serviceaccount", "jane", "--namespace=default")
    guarded.kubectl(
        "create",
        "rolebinding",
        "jane",
        "--namespace=kube-system",
        "--role=podroute-operator",
        "--serviceaccount=default:jane",
    )
    jane = service_account(guarded, "jane", "default")
    leases = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"
    for name in ("podroute-controller", "kube-scheduler"):
        body = {"metadata": {"name": name}, "spec": {}}
        assert admin(guarded).refusal("POST", leases, body) == ""
    said = {"metadata": {"annotations": {"podroute.io/halted": None}}}
    given = Right("patch", "leases", "coordination.k8s.io", "kube-system", "podroute-controller")
    guarded.until_in_force(account("jane", "default"), given)

    assert jane.refusal("PATCH", f"{leases}/podroute-controller", said) == ""
    assert "orbidden" in jane.refusal("PATCH", f"{leases}/kube-scheduler", said)
    assert jane.ask("DELETE", f"{leases}/podroute-controller")[0] == 403
