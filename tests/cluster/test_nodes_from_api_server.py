"""Nodes from a real API server: who we are, many pages, and kubectl's own output."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import yaml

from podroute.kube import client
from podroute.kube.client import ApiUnreachable, KubeconfigError
from podroute.kube.documents import read_documents
from podroute.kube.kubeconfig import find_login
from podroute.kube.login import ClusterAccess
from podroute.kube.nodes import NodeList, seed_line, to_roster
from tests.cluster.control_plane import ControlPlane
from tests.cluster.nodes import NodeBody, node_bodies, node_body
from tests.cluster.ports import LOOPBACK
from tests.cluster.rights import Right
from tests.cluster.tokens import signed_again
from tests.listing import list_nodes
from tests.unit.command import process

pytestmark = pytest.mark.cluster

SEED: Final = (
    '--output=jsonpath={range .items[*]}{.status.addresses[?(@.type=="InternalIP")].address}'
    ' {.spec.podCIDR} {"\\n"}{end}'
)
MAY_LIST_NODES: Final = '[{apiGroups: [""], resources: [nodes], verbs: [list]}]'
COUNT: Final = 1204


def odd_nodes() -> Iterator[NodeBody]:
    """What a cluster holds besides the usual."""
    yield node_body("several", internal_ips=["10.241.1.1", "10.241.1.2", "fd00:10:240::1"])
    yield node_body(
        "dual", internal_ips=["10.241.1.3"], pod_cidrs=["10.201.0.0/24", "fd00:10:200::/64"]
    )
    yield node_body("true")
    yield node_body("free-text", internal_ips=["10.0.0.1; reboot\u001b[31m", "a: 'b\"\n- c", "~"])


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """With 1,200 usual Nodes and four odd ones; the tests only read them."""
    one = ControlPlane.start(tmp_path_factory.mktemp("control-plane"))
    try:
        one.create_nodes([*node_bodies(COUNT - 4, cluster_cidr="10.192.0.0/11"), *odd_nodes()])
        yield one
    finally:
        one.stop()


def with_user(plane: ControlPlane, file: Path, user: object) -> ClusterAccess:
    """The admin's kubeconfig with another user."""
    content = json.loads(plane.kubeconfig().read_text())
    content["users"] = [{"name": "test", "user": user}]
    file.write_text(json.dumps(content))
    return ClusterAccess(str(file))


def token(kubeconfig: Path) -> str:
    (user,) = json.loads(kubeconfig.read_text())["users"]
    return str(user["user"]["token"])


def lines(listed: NodeList) -> str:
    return "".join(map(seed_line, listed.objects))


async def test_many_pages_are_one_list_in_kubectls_order(plane: ControlPlane) -> None:
    listed = await list_nodes(ClusterAccess(str(plane.kubeconfig())))

    assert len(listed.objects) == COUNT
    assert lines(listed) == plane.kubectl("get", "nodes", SEED)
    roster = to_roster(listed)
    assert [node.name for node in roster.unreadable] == ["free-text"]
    assert all(node.uid and node.created for node in roster.nodes)


@pytest.mark.parametrize("output", ["yaml", "json"])
async def test_what_kubectl_prints_is_read_as_what_the_api_server_gives(
    plane: ControlPlane, output: str, tmp_path: Path
) -> None:
    file = tmp_path / "nodes"
    file.write_text(plane.kubectl("get", "nodes", f"--output={output}"), newline="")

    listed = await list_nodes(ClusterAccess(str(plane.kubeconfig())))

    keys = {"kubernetes.io/hostname"}
    assert read_documents(str(file), label_keys=keys).objects == listed.objects


async def test_a_selector_is_the_api_servers(plane: ControlPlane) -> None:
    access = ClusterAccess(str(plane.kubeconfig()))

    listed = await list_nodes(access, selector="kubernetes.io/hostname in (dual, several)")

    assert [item.metadata.name for item in listed.objects] == ["dual", "several"]
    with pytest.raises(ApiUnreachable, match=r"refused \(HTTP 400\): found"):
        await list_nodes(access, selector="((")


async def test_a_client_certificate_is_enough_and_the_missing_right_is_named(
    plane: ControlPlane, tmp_path: Path
) -> None:
    certificate, key = plane.client_certificate("jane")
    user = {"client-certificate": str(certificate), "client-key": str(key)}

    with pytest.raises(ApiUnreachable) as caught:
        await list_nodes(with_user(plane, tmp_path / "config", user))

    words = str(caught.value)
    assert 'User "jane" cannot list resource "nodes"' in words
    for command in words.partition("an admin can allow it by: ")[2].split(" && "):
        plane.kubectl(*command.split()[1:])
    plane.until_in_force("jane", Right("list", "nodes"))
    listed = await list_nodes(with_user(plane, tmp_path / "config", user))
    assert len(listed.objects) == COUNT


async def test_a_service_account_needs_no_more_than_to_list_nodes(plane: ControlPlane) -> None:
    config = plane.service_account_kubeconfig("lister", MAY_LIST_NODES)

    assert len((await list_nodes(ClusterAccess(str(config)))).objects) == COUNT


async def test_a_token_that_is_not_accepted_asks_for_a_login(
    plane: ControlPlane, tmp_path: Path
) -> None:
    good = token(plane.service_account_kubeconfig("gone", MAY_LIST_NODES))
    spoilt = f"{good[:-8]}AAAAAAAA"
    access = with_user(plane, tmp_path / "config", {"token": spoilt})

    with pytest.raises(ApiUnreachable, match=r"\(401: Unauthorized\): log in again") as caught:
        await list_nodes(access)
    assert spoilt not in str(caught.value)


async def test_an_expired_token_asks_for_a_login(plane: ControlPlane, tmp_path: Path) -> None:
    good = token(plane.service_account_kubeconfig("expired", MAY_LIST_NODES))
    key = plane.directory / "pki" / "service-accounts.key"
    past = {"iat": 1_700_000_000, "nbf": 1_700_000_000, "exp": 1_700_003_600}
    same = with_user(plane, tmp_path / "same", {"token": signed_again(good, {}, key)})
    expired = with_user(plane, tmp_path / "old", {"token": signed_again(good, past, key)})

    assert (await list_nodes(same)).objects
    with pytest.raises(ApiUnreachable, match=r"\(401: Unauthorized\): log in again"):
        await list_nodes(expired)
    ended = process("table", "--kubeconfig", expired.kubeconfig)
    assert (ended.status, ended.out) == (3, "")
    assert "(401: Unauthorized): log in again" in ended.err


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
@pytest.mark.parametrize("kind", ["token", "certificate"])
async def test_a_credential_plugin_logs_in(
    plane: ControlPlane, version: str, kind: str, tmp_path: Path
) -> None:
    if kind == "token":
        config = plane.service_account_kubeconfig(f"plugin-{version}", MAY_LIST_NODES)
        status = {"token": token(config)}
    else:
        certificate, key = plane.client_certificate("root", ["system:masters"])
        status = {
            "clientCertificateData": certificate.read_text(),
            "clientKeyData": key.read_text(),
        }
    api_version = f"client.authentication.k8s.io/{version}"
    answer = {"apiVersion": api_version, "kind": "ExecCredential", "status": status}
    (tmp_path / "answer").write_text(json.dumps(answer))
    plugin = {
        "apiVersion": api_version,
        "command": "cat",
        "args": [str(tmp_path / "answer")],
        "interactiveMode": "Never",
    }

    listed = await list_nodes(with_user(plane, tmp_path / "config", {"exec": plugin}))

    assert len(listed.objects) == COUNT


async def test_a_pod_uses_its_own_account(plane: ControlPlane, tmp_path: Path) -> None:
    config = plane.service_account_kubeconfig("pod", MAY_LIST_NODES)
    (cluster,) = json.loads(config.read_text())["clusters"]
    (tmp_path / "token").write_text(token(config))
    authority = Path(cluster["cluster"]["certificate-authority"])
    (tmp_path / "ca.crt").symlink_to(authority)
    environment = {
        "HOME": str(tmp_path),
        "KUBERNETES_SERVICE_HOST": LOOPBACK,
        "KUBERNETES_SERVICE_PORT": plane.api_url.rpartition(":")[2],
    }

    listed = await client.list_nodes(find_login(ClusterAccess(), environment, tmp_path))

    assert len(listed.objects) == COUNT
    assert listed.origin == "the Pod's own account"


async def test_another_context_is_another_cluster(plane: ControlPlane, tmp_path: Path) -> None:
    content = json.loads(plane.kubeconfig().read_text())
    content["contexts"].append({"name": "nobody", "context": {"cluster": "test"}})
    (tmp_path / "config").write_text(yaml.safe_dump(content))
    config = str(tmp_path / "config")

    assert len((await list_nodes(ClusterAccess(config, "test"))).objects) == COUNT
    with pytest.raises(ApiUnreachable, match=r'"system:anonymous" cannot list|\(401'):
        await list_nodes(ClusterAccess(config, "nobody"))
    with pytest.raises(KubeconfigError, match=r"no context 'other' \(known: nobody, test\)"):
        await list_nodes(ClusterAccess(config, "other"))


async def test_an_api_server_that_ends_is_not_reached(
    control_plane: ControlPlane,
) -> None:
    access = ClusterAccess(str(control_plane.kubeconfig()))
    assert (await list_nodes(access)).objects == ()

    control_plane.stop_api_server()

    with pytest.raises(ApiUnreachable, match="connection refused: is the API server running"):
        await list_nodes(access)


async def test_five_thousand_nodes_are_read_as_kubectl_prints_them(
    control_plane: ControlPlane,
) -> None:
    control_plane.create_nodes([*node_bodies(5000, cluster_cidr="10.192.0.0/11"), *odd_nodes()])

    listed = await list_nodes(ClusterAccess(str(control_plane.kubeconfig())))

    assert lines(listed) == control_plane.kubectl("get", "nodes", SEED)
