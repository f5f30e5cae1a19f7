"""What an operator sees and changes: a full pool, other pools, the controller's rights."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
import yaml

from tests.cluster.api import ApiError
from tests.cluster.control_plane import ControlPlane, KubectlError
from tests.cluster.ipam_cases import change, one_pool, start_with_pools
from tests.cluster.kubeconfig import with_token, write_kubeconfig
from tests.cluster.node_ipam import (
    ALONE,
    ANYWHERE,
    IN_TURN,
    UNHURRIED,
    WITHIN,
    Cluster,
    log_line,
    unready,
    until,
    until_said,
    until_true,
)
from tests.cluster.nodes import node_body
from tests.cluster.pod_cidrs import Family, assert_sound
from tests.cluster.process import Process
from tests.cluster.rights import account, rights_of

pytestmark = pytest.mark.cluster

DEPLOY = Path(__file__).parents[2] / "deploy"
QUARTERS = (Family("10.200.0.0/24", 26),)


def test_a_full_pool(cluster: Cluster) -> None:
    cluster.controller(
        *ALONE, "--cluster-cidr=10.200.0.0/24", "--node-cidr-mask-size=26", "--quarantine=1s"
    )
    cluster.join(f"worker-{number}" for number in range(4))
    before = cluster.served(4)
    cluster.join(["waiting"])

    event = until(lambda: next(iter(cluster.events("CIDRNotAvailable")), None))
    assert event.regarding.name == "waiting"
    assert "4 blocks of /26, 4 in use" in event.note
    assert "room for 0 Nodes" in event.note

    cluster.remove("worker-2")
    nodes = cluster.served(4)
    assert_sound(nodes, before=before, families=QUARTERS)
    assert nodes["waiting"].pod_cidrs == before["worker-2"].pod_cidrs


POLICY = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: change-freeze}
spec:
  matchConstraints:
    resourceRules:
      - {apiGroups: [""], apiVersions: [v1], operations: [UPDATE], resources: [nodes]}
  validations:
    - {expression: "object.spec.?podCIDR == oldObject.spec.?podCIDR", message: "change freeze"}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: change-freeze}
spec: {policyName: change-freeze, validationActions: [Deny]}
"""


def test_a_node_that_a_policy_held_up_is_served_when_the_policy_is_gone(cluster: Cluster) -> None:
    cluster.plane.kubectl("apply", "-f", "-", stdin=POLICY)
    try:
        until_true(lambda: is_frozen(cluster))
        controller = cluster.controller(*ALONE)
        cluster.join(["a"])
        until_said(controller, "change freeze")
    finally:
        cluster.plane.kubectl("delete", "-f", "-", stdin=POLICY)
    nodes = cluster.served(2)
    assert len({one.pod_cidrs for one in nodes.values()}) == 2


def is_frozen(cluster: Cluster) -> bool:
    """Policies take effect a while after they are made."""
    if "probe" not in cluster.nodes():
        cluster.join(["probe"])
    try:
        cluster.plane.kubectl(
            "patch",
            "node",
            "probe",
            "--patch",
            '{"spec":{"podCIDR":"10.200.255.0/24"}}',
            "--dry-run=server",
        )
    except KubectlError as error:
        return "change freeze" in str(error)
    return False


def test_who_may_not_read_the_lease_is_not_ready(cluster: Cluster) -> None:
    nobody = cluster.plane.kubeconfig("nobody")
    candidate = cluster.controller(*IN_TURN, ANYWHERE, kubeconfig=nobody)
    leader = cluster.controller(*IN_TURN, ANYWHERE)
    until_said(leader, "leading")
    follower = cluster.controller(*IN_TURN, ANYWHERE)

    until_said(candidate, "no election")
    until_said(follower, "following")
    assert "the API server has told nothing yet" in unready(candidate)
    until_true(lambda: not unready(leader))
    assert not unready(follower)


def test_pools_come_and_go_while_it_runs(cluster: Cluster) -> None:
    small, large = one_pool("small", "10.200.0.0/24", 25), one_pool("large", "10.201.0.0/16", 25)
    controller = start_with_pools(cluster, small)
    cluster.join(["first", "second"])
    cluster.served(2)
    cluster.join(["third"])

    change(cluster, controller, small, large)
    nodes = cluster.served(3)
    assert pools(nodes["third"].pod_cidrs) == ["10.201"]

    change(cluster, controller, {**small, "draining": True}, large)
    cluster.remove("first")
    until_said(controller, '"event": "freed"')
    cluster.join(["fourth"])
    assert pools(cluster.served(3)["fourth"].pod_cidrs) == ["10.201"]

    change(cluster, controller, large, said="second would lose their blocks")
    cluster.join(["fifth"])
    nodes = cluster.served(4)
    assert_sound(nodes, families=[Family("10.200.0.0/15", 25)])
    assert pools(nodes["second"].pod_cidrs) == ["10.200"]


def pools(pod_cidrs: Sequence[str]) -> Sequence[str]:
    return [".".join(cidr.split(".")[:2]) for cidr in pod_cidrs]


def test_its_own_rights_are_enough_and_no_more(cluster: Cluster, plane: ControlPlane) -> None:
    kubeconfig = deployed(plane, cluster.directory)
    one_block = "--cluster-cidr=10.200.0.0/24"
    controller = cluster.controller(*UNHURRIED, one_block, kubeconfig=kubeconfig)
    cluster.join(["first"])
    assert_sound(cluster.served(1))
    cluster.join(["second"])
    until_true(lambda: bool(cluster.events("CIDRNotAvailable")))
    assert controller.stop(within=WITHIN) == 0
    assert log_line(controller, '"event": "released"')
    assert '"warning"' not in controller.log.read_text().replace(no_block(controller), "")
    with pytest.raises(KubectlError, match="orbidden"):
        plane.kubectl(f"--kubeconfig={kubeconfig}", "delete", "node", "first")


def no_block(controller: Process) -> str:
    lines = controller.log.read_text().splitlines()
    return next(line for line in lines if '"no block"' in line)


def deployed(plane: ControlPlane, directory: Path) -> Path:
    """The kubeconfig of the ServiceAccount that the manifest makes."""
    until_true(lambda: bool(plane.api.get("/api/v1/namespaces/kube-system")))
    plane.kubectl("apply", f"--filename={DEPLOY / 'rbac.yaml'}")
    for role in yaml.safe_load_all((DEPLOY / "rbac.yaml").read_text()):
        if role["metadata"]["name"] == "podroute-controller" and "rules" in role:
            rights = rights_of(role["rules"], role["metadata"].get("namespace", ""))
            plane.until_in_force(account("podroute-controller", "kube-system"), *rights)
    token = plane.kubectl("create", "token", "podroute-controller", "--namespace=kube-system")
    return write_kubeconfig(directory / "podroute", plane.api, with_token(token.strip()))


def test_admission_policies_leave_podcidrs_to_the_controller(
    cluster: Cluster, plane: ControlPlane
) -> None:
    kubeconfig = deployed(plane, cluster.directory)
    plane.kubectl("apply", f"--filename={DEPLOY / 'admission-policies.yaml'}")
    try:
        until_true(lambda: denied(cluster, "intruder", "podCIDRs are assigned by podroute"))
        cluster.register_as_kubelet(node_body("worker"), "worker")
        body = {"spec": {"podCIDR": "10.200.0.0/24", "podCIDRs": ["10.200.0.0/24"]}}
        with (
            cluster.as_kubelet("worker").connect() as connection,
            pytest.raises(ApiError, match="podCIDRs are assigned by podroute"),
        ):
            connection.patch("/api/v1/nodes/worker", msgspec.json.encode(body))
        cluster.controller(*IN_TURN, kubeconfig=kubeconfig)
        assert_sound(cluster.served(1))
        heartbeat(cluster, "worker")
        refused = "podroute writes podCIDRs and nothing else"  # by a policy of its own
        until_true(lambda: refused in label_as_podroute(plane, "worker"))
        assert_sound(cluster.served(1))
    finally:
        plane.kubectl("delete", f"--filename={DEPLOY / 'admission-policies.yaml'}")


def label_as_podroute(plane: ControlPlane, name: str) -> str:
    """What the API server says; kubectl would ask for the Node first, which podroute may not."""
    headers = {
        "Content-Type": "application/merge-patch+json",
        "Impersonate-User": "system:serviceaccount:kube-system:podroute-controller",
    }
    body = msgspec.json.encode({"metadata": {"labels": {"a": "b"}}})
    with plane.api.connect() as connection:
        connection.channel.request("PATCH", f"/api/v1/nodes/{name}?dryRun=All", body, headers)
        return connection.channel.getresponse().read().decode()


def denied(cluster: Cluster, name: str, words: str) -> bool:
    """Whether a kubelet's podCIDR is refused; if not, its Node is gone again."""
    try:
        cluster.register_as_kubelet(node_body(name, pod_cidrs=["10.200.0.0/24"]), name)
    except ApiError as error:
        return words in str(error)
    cluster.remove(name)
    return False


def heartbeat(cluster: Cluster, name: str) -> None:
    """What a kubelet writes every few seconds, or minutes."""
    condition = {"type": "Ready", "status": "True", "reason": "KubeletReady"}
    with cluster.as_kubelet(name).connect() as connection:
        for path, body in (
            (f"/api/v1/nodes/{name}/status", {"status": {"conditions": [condition]}}),
            (f"/api/v1/nodes/{name}", {"metadata": {"labels": {"kubernetes.io/os": "linux"}}}),
        ):
            connection.patch(path, msgspec.json.encode(body))
