"""A control plane with the policies and the rights of ``deploy/``, and a Node for it."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.cluster.callers import Caller, kubelet, service_account
from tests.cluster.control_plane import ControlPlane
from tests.cluster.node_ipam import until_true
from tests.cluster.nodes import node_body

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
NODES: Final = "/api/v1/nodes"
LEASES: Final = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
LABEL: Final = {"metadata": {"labels": {"a": "b"}}}
_TRY: Final = "?dryRun=All"


def edited(policy: str) -> str:
    """As the file asks for."""
    for name, addresses in (
        ("nodeCIDRs", "['10.240.0.0/24', 'fd00:240::/64']"),
        ("notNodes", "['10.240.0.1', '10.240.0.2', 'fd00:240::1']"),
    ):
        line = rf'(- name: {name} # EDIT.*\n      expression: )".*"'
        policy, count = re.subn(line, rf'\1"{addresses}"', policy)
        assert count == 1
    return policy


def guard(plane: ControlPlane) -> None:
    """Returns when all of them are in force."""
    for namespace in ("kube-system", "kube-node-lease"):
        _until_there(plane, namespace)
    strictly = ("apply", "--server-side", "--validate=strict", "--filename=-")
    for name in ("rbac.yaml", "admission-policies.yaml"):
        plane.kubectl(*strictly, stdin=(DEPLOY / name).read_text())
    plane.kubectl(*strictly, stdin=edited((DEPLOY / "node-networks.yaml").read_text()))
    plane.create_nodes([node_body("probe")])
    probe, owned, podroute = f"{NODES}/probe", kubelet(plane, "probe"), podroute_of(plane)
    _until_denied(owned, probe, pod_cidrs("10.200.0.0/24"))
    _until_denied(owned, f"{probe}/status", addresses("203.0.113.7"))
    _until_denied(podroute, probe, LABEL)
    _until_denied(podroute, f"{probe}/status", LABEL)


def _until_there(plane: ControlPlane, namespace: str) -> None:
    until_true(lambda: bool(plane.api.get(f"/api/v1/namespaces/{namespace}")))


def _until_denied(caller: Caller, path: str, body: Mapping[str, object]) -> None:
    until_true(lambda: "ValidatingAdmissionPolicy" in caller.refusal("PATCH", path + _TRY, body))


def podroute_of(plane: ControlPlane) -> Caller:
    return service_account(plane, "podroute-controller", "kube-system")


def pod_cidrs(*cidrs: str) -> Mapping[str, object]:
    return {"spec": {"podCIDR": cidrs[0], "podCIDRs": list(cidrs)}}


def addresses(*internal: str) -> Mapping[str, object]:
    listed = [{"type": "InternalIP", "address": one} for one in internal]
    return {"status": {"addresses": listed}}


CONDITIONS = [
    {"type": kind, "status": "False", "reason": f"KubeletHasNo{kind}", "message": "kubelet is fine"}
    for kind in ("MemoryPressure", "DiskPressure", "PIDPressure")
]
READY = {"type": "Ready", "status": "True", "reason": "KubeletReady"}
IMAGES = [
    {
        "names": [f"registry.example/team-{n}/app@sha256:{n:064}", f"registry.example/app-{n}:1.0"],
        "sizeBytes": 100_000_000 + n,
    }
    for n in range(50)  # so many a kubelet reports
]
STATUS: Mapping[str, object] = {
    "capacity": {"cpu": "4", "memory": "16Gi", "pods": "110"},
    "allocatable": {"cpu": "3800m", "memory": "15Gi", "pods": "110"},
    "addresses": [
        {"type": "InternalIP", "address": "10.240.0.30"},
        {"type": "Hostname", "address": "worker"},
    ],
    "conditions": [*CONDITIONS, READY],
    "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
    "nodeInfo": {
        "machineID": "m",
        "systemUUID": "s",
        "bootID": "b",
        "kernelVersion": "6.1",
        "osImage": "Debian",
        "containerRuntimeVersion": "containerd://2.4.2",
        "kubeletVersion": "v1.36.3",
        "kubeProxyVersion": "",
        "operatingSystem": "linux",
        "architecture": "amd64",
    },
    "images": IMAGES,
    "runtimeHandlers": [{"name": "runc", "features": {"userNamespaces": True}}],
    "features": {"supplementalGroupsPolicy": True},
    "volumesInUse": ["kubernetes.io/csi/disk^1"],
}
REGISTRATION: Mapping[str, object] = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {
        "name": "worker",
        "labels": {"kubernetes.io/hostname": "worker", "kubernetes.io/os": "linux"},
        "annotations": {"volumes.kubernetes.io/controller-managed-attach-detach": "true"},
    },
    "spec": {
        "providerID": "example://worker",
        "taints": [
            {
                "key": "node.cloudprovider.kubernetes.io/uninitialized",
                "value": "true",
                "effect": "NoSchedule",
            }
        ],
    },
    "status": STATUS,
}
LEASE: Mapping[str, object] = {
    "apiVersion": "coordination.k8s.io/v1",
    "kind": "Lease",
    "metadata": {"name": "worker", "namespace": "kube-node-lease"},
    "spec": {"holderIdentity": "worker", "leaseDurationSeconds": 40},
}


def network(status: str, reason: str) -> Mapping[str, object]:
    return {"type": "NetworkUnavailable", "status": status, "reason": reason, "message": "why"}
