"""The manifests of ``deploy/``: a real API server takes them, and their controller works."""

import re
import shutil
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final, TypeAlias

import msgspec
import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.cluster.control_plane import ControlPlane, KubectlError
from tests.cluster.guarded import DEPLOY
from tests.cluster.kubeconfig import with_token, write_kubeconfig
from tests.cluster.node_ipam import Cluster, log_line, until_true
from tests.cluster.nodes import node_body
from tests.cluster.pages import page
from tests.cluster.pod_cidrs import assert_sound
from tests.filled_registry import documented, filled_registry

pytestmark = pytest.mark.cluster

Items: TypeAlias = Mapping[str, Mapping[str, object]]
STRICTLY: Final = ("--server-side", "--validate=strict", "--filename=-")
GIVEN: Final = ("--allocate-node-cidrs", "--logging-format=json")  # by every test
HOST_NETWORK: Final = (
    'host namespaces (hostNetwork=true), hostPort (container "controller" uses hostPort 10357), '
    'probe or lifecycle host (container "controller" uses probe or lifecycle host "127.0.0.1")'
)
CONFIG: Final = "/etc/podroute/podroute.yaml"
RESTRICTED: Final = """
apiVersion: v1
kind: Namespace
metadata: {name: restricted, labels: {pod-security.kubernetes.io/enforce: restricted}}
"""  # from the start: admission may know a namespace and not yet its new label


class Get(msgspec.Struct):
    """A request."""

    host: str
    port: str
    path: str


class Probe(msgspec.Struct):
    """Of a container; only by HTTP."""

    http_get: Get = msgspec.field(name="httpGet")


class Port(msgspec.Struct, rename="camel"):
    """By name."""

    name: str
    container_port: int


class Container(msgspec.Struct, rename="camel"):
    """What is looked at here."""

    args: Sequence[str]
    ports: Sequence[Port]
    liveness_probe: Probe
    readiness_probe: Probe
    startup_probe: Probe


def documents(text: str) -> Items:
    found = [one for one in yaml.safe_load_all(text) if one]
    return {f"{one['kind']}/{one['metadata']['name']}": one for one in found}


def rendered(plane: ControlPlane, directory: Path, *uncommented: str) -> str:
    """The kustomization, with these lines of it in force."""
    shutil.copytree(DEPLOY, directory / "deploy")
    file = directory / "deploy" / "kustomization.yaml"
    text = file.read_text()
    for line in uncommented:
        assert f"# {line}\n" in text
        text = text.replace(f"# {line}\n", f"{line}\n")
    file.write_text(text)
    return plane.kubectl("kustomize", str(file.parent))


def pod_of(manifest: str) -> Mapping[str, object]:
    """The one that the Deployment makes, in a namespace of its own."""
    found = yaml.safe_load(manifest)["spec"]["template"]["spec"]
    spec = {**found, "serviceAccountName": "default"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "one", "namespace": "restricted"},
        "spec": spec,
    }


def deployment(text: str) -> str:
    return msgspec.json.encode(documents(text)["Deployment/podroute-controller"]).decode()


def container(text: str) -> Container:
    pod = yaml.safe_load(deployment(text))["spec"]["template"]["spec"]
    return msgspec.convert(pod["containers"][0], Container)


def conditions(plane: ControlPlane) -> Mapping[str, str]:
    """Why the network of each Node is there or not."""
    nodes = msgspec.json.decode(plane.api.get("/api/v1/nodes"))["items"]
    return {
        node["metadata"]["name"]: condition["reason"]
        for node in nodes
        for condition in node["status"].get("conditions", ())
        if condition["type"] == "NetworkUnavailable"
    }


@pytest.fixture(scope="module")
def restricted(plane: ControlPlane) -> ControlPlane:
    """With a namespace in which Pods may do next to nothing."""
    until_true(lambda: bool(plane.api.get("/api/v1/namespaces/kube-system")))
    plane.kubectl("create", "--filename=-", stdin=RESTRICTED)
    plane.kubectl("create", "serviceaccount", "default", "--namespace=restricted")
    return plane


def violations(plane: ControlPlane, manifest: str) -> str:
    """What a restricted namespace has against the Deployment's Pod."""
    pod = msgspec.json.encode(pod_of(manifest)).decode()
    with pytest.raises(KubectlError) as caught:
        plane.kubectl("create", "--dry-run=server", "--filename=-", stdin=pod)
    return str(caught.value).partition('violates PodSecurity "restricted:latest": ')[2].strip()


def test_the_kustomization_is_taken_as_it_stands(plane: ControlPlane, tmp_path: Path) -> None:
    until_true(lambda: bool(plane.api.get("/api/v1/namespaces/kube-system")))
    text = rendered(plane, tmp_path)
    plane.kubectl("apply", *STRICTLY, stdin=text)
    taken = documents(text)
    assert {name.partition("/")[0] for name in taken} == {
        "ClusterRole",
        "ClusterRoleBinding",
        "ConfigMap",
        "Deployment",
        "PodDisruptionBudget",
        "Role",
        "RoleBinding",
        "ServiceAccount",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
    }
    for name in taken:
        plane.kubectl("get", "--namespace=kube-system", name)
    plane.kubectl("delete", "--filename=-", stdin=text)


def test_every_policy_is_free_of_type_errors(guarded: ControlPlane) -> None:
    """The API server looks at the expressions by itself, a moment after it has taken them."""
    path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"

    def policies() -> Sequence[Mapping[str, Mapping[str, object]]]:
        found = msgspec.json.decode(guarded.api.get(path))["items"]
        return [one for one in found if one["metadata"]["name"].startswith("podroute-")]

    guarded.start_controller_manager(["--controllers=validatingadmissionpolicy-status-controller"])
    until_true(lambda: all("typeChecking" in one["status"] for one in policies()))
    assert [one["status"]["typeChecking"] for one in policies()] == [{}] * 4


def test_the_pod_does_without_all_rights_but_the_hosts_network(
    restricted: ControlPlane, tmp_path: Path
) -> None:
    manifest = deployment(rendered(restricted, tmp_path))
    assert violations(restricted, manifest) == HOST_NETWORK


def test_on_a_router_it_is_root_with_one_capability(
    restricted: ControlPlane, tmp_path: Path
) -> None:
    manifest = deployment(rendered(restricted, tmp_path, "components:", "  - on-router"))
    words = violations(restricted, manifest)
    assert words.startswith(f"{HOST_NETWORK}, ")
    more = words.removeprefix(f"{HOST_NETWORK}, ")
    faults = {one.strip() for one in re.findall(r"(?:^|\), )([a-zA-Z ]+)", more)}
    assert faults == {"unrestricted capabilities", "runAsNonRoot", "runAsUser"}
    assert 'must not include "NET_ADMIN"' in more
    assert '{"name":"PODROUTE_PROVIDER","value":"linux"}' in manifest


AGENT: Final = ("- agent-rbac.yaml", "- agent.yaml")
IMAGE: Final = "registry.example/podroute"


def daemon_set(text: str) -> str:
    return msgspec.json.encode(documents(text)["DaemonSet/podroute-agent"]).decode()


def test_the_agents_files_join_the_kustomization(restricted: ControlPlane, tmp_path: Path) -> None:
    image = f'- {{name: podroute, newName: {IMAGE}, digest: "sha256:…"}}'
    text = rendered(restricted, tmp_path, *AGENT, "images:", f"  {image}")
    restricted.kubectl("apply", *STRICTLY, stdin=text)
    for name in ("ClusterRole", "ClusterRoleBinding", "DaemonSet", "ServiceAccount"):
        restricted.kubectl("get", "--namespace=kube-system", f"{name}/podroute-agent")
    assert {IMAGE} == {
        one.partition("@")[0]
        for one in re.findall(r'"image":"([^"]+)', deployment(text) + daemon_set(text))
    }
    for name in ("ClusterRole", "ClusterRoleBinding", "DaemonSet", "ServiceAccount"):
        restricted.kubectl("delete", "--namespace=kube-system", f"{name}/podroute-agent")


def test_the_agent_is_root_with_one_capability_and_four_folders(
    restricted: ControlPlane, tmp_path: Path
) -> None:
    words = violations(restricted, daemon_set(rendered(restricted, tmp_path, *AGENT)))
    faults = {one.strip() for one in re.findall(r"(?:^|\), )([a-zA-Z ]+)", words)}
    assert faults == {
        "host namespaces",
        "restricted volume types",
        "unrestricted capabilities",
        "runAsNonRoot",
        "runAsUser",
    }
    assert 'must not include "NET_ADMIN"' in words
    assert "allowPrivilegeEscalation" not in words


def test_probes_ask_where_it_serves(plane: ControlPlane, tmp_path: Path) -> None:
    one = container(rendered(plane, tmp_path))
    ports = {port.name: port.container_port for port in one.ports}
    probes = [one.startup_probe, one.liveness_probe, one.readiness_probe]
    for probe in probes:
        where = f"{probe.http_get.host}:{ports[probe.http_get.port]}"
        assert f"--metrics-bind-address={where}" in one.args
    assert [probe.http_get.path for probe in probes] == ["/livez", "/livez", "/readyz"]


def test_the_controller_of_the_manifest_works(
    cluster: Cluster, guarded: ControlPlane, tmp_path: Path
) -> None:
    """With the flags, the configuration and the rights that it has there, and a router."""
    text = rendered(guarded, tmp_path)
    data = msgspec.convert(
        documents(text)["ConfigMap/podroute-controller"]["data"], Mapping[str, str]
    )
    config = tmp_path / "podroute.yaml"
    config.write_text(data["podroute.yaml"])
    one = container(text)
    assert set(one.args) >= {"controller", *GIVEN}
    flags = [flag.replace(CONFIG, str(config)) for flag in one.args[1:] if flag not in GIVEN]
    free = [re.sub(r"(bind-address=.*):\d+", r"\1:0", flag) for flag in flags]
    token = guarded.kubectl("create", "token", "podroute-controller", "--namespace=kube-system")
    kubeconfig = write_kubeconfig(tmp_path / "podroute", guarded.api, with_token(token.strip()))

    controller = cluster.controller(*free, "--provider=memory", kubeconfig=kubeconfig)
    cluster.register(
        node_body(name, internal_ips=[address])
        for name, address in (("first", "10.240.0.30"), ("second", "10.240.0.31"))
    )

    assert_sound(cluster.served(2))
    until_true(lambda: conditions(guarded) == {"first": "RouteCreated", "second": "RouteCreated"})
    assert log_line(controller, '"event": "route created"')
    assert "not written" not in controller.log.read_text()
    for probe in (one.startup_probe, one.liveness_probe, one.readiness_probe):
        assert page(controller, probe.http_get.path) == (True, "ok")
    _, metrics = page(controller, "/metrics")
    served = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in text_string_to_metric_families(metrics)
        if not family.name.endswith("_created")
    }
    assert served == {one.name for one in documented(filled_registry())}
    assert 'rest_client_requests_total{code="200",host="127.0.0.1:' in metrics
    assert f'podroute_build_info{{version="{version("podroute")}"}} 1.0' in metrics
