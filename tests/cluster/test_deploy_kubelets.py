"""The admission policies of ``deploy/``: what they deny kubelets, and that normal work goes on."""

from collections.abc import Mapping, Sequence

import pytest

from tests.cluster.callers import STRATEGIC, Caller, admin, kubelet
from tests.cluster.control_plane import ControlPlane
from tests.cluster.guarded import (
    LEASE,
    LEASES,
    NODES,
    READY,
    REGISTRATION,
    STATUS,
    addresses,
    network,
    pod_cidrs,
    podroute_of,
)
from tests.cluster.node_ipam import Cluster
from tests.cluster.nodes import node_body

pytestmark = pytest.mark.cluster

POD_CIDRS = "podCIDRs are assigned by podroute, not by a kubelet"
NETWORKS = "a kubelet may add InternalIPs of the Nodes' networks only"
GATEWAY = "a kubelet may not add the InternalIP of a gateway or a router"
VALIDATION = "Invalid value"


HOSTILE_POD_CIDRS: Sequence[tuple[str, Sequence[str], str]] = [
    ("h1-pool", ["10.200.0.0/16"], POD_CIDRS),
    ("h2-everything", ["0.0.0.0/0"], POD_CIDRS),
    ("h3-everything-6", ["::/0"], POD_CIDRS),
    ("h4-victims", ["10.200.7.0/24"], POD_CIDRS),
    ("h5-half", ["10.200.7.0/25"], POD_CIDRS),
    ("h6-supernet", ["10.200.6.0/23"], POD_CIDRS),
    ("h7-services", ["10.32.0.0/24"], POD_CIDRS),
    ("h8-nodes", ["10.240.0.0/24"], POD_CIDRS),
    ("h9-node", ["10.240.0.30/32"], POD_CIDRS),
    ("h10-gateway", ["10.240.0.1/32"], POD_CIDRS),
    ("h11-metadata", ["169.254.169.254/32"], POD_CIDRS),
    ("h12-loopback", ["127.0.0.0/8"], POD_CIDRS),
    ("h13-multicast", ["224.0.0.0/4"], POD_CIDRS),
    ("h14-outside", ["192.168.0.0/24"], POD_CIDRS),
    ("h15-other-family", ["fd00:200::/64"], POD_CIDRS),
    ("dual", ["10.200.7.0/24", "fd00:200::/64"], POD_CIDRS),
    ("h16-twice", ["10.200.7.0/24", "10.200.7.0/24"], VALIDATION),
    ("h17-host-bits", ["10.200.5.7/24"], VALIDATION),
    ("h17-zeros", ["010.200.0.0/24"], VALIDATION),
    ("h18-mapped", ["::ffff:10.200.0.0/120"], VALIDATION),
]


@pytest.mark.parametrize(
    ("name", "cidrs", "words"), HOSTILE_POD_CIDRS, ids=[row[0] for row in HOSTILE_POD_CIDRS]
)
def test_a_kubelet_gets_no_podcidr_by_asking(
    name: str, cidrs: Sequence[str], words: str, guarded: ControlPlane, cluster: Cluster
) -> None:
    owned = kubelet(guarded, name)
    assert words in owned.refusal("POST", NODES, node_body(name, pod_cidrs=cidrs))

    assert owned.refusal("POST", NODES, node_body(name)) == ""
    assert words in owned.refusal("PATCH", f"{NODES}/{name}", pod_cidrs(*cidrs))
    assert cluster.nodes()[name].pod_cidrs == ()


HOSTILE_ADDRESSES: Sequence[tuple[str, Sequence[str], str]] = [
    ("h19-gateway", ["10.240.0.1"], GATEWAY),
    ("h19-gateway-6", ["fd00:240::1"], GATEWAY),
    ("h19-gateway-6-at-length", ["fd00:240:0:0:0:0:0:1"], GATEWAY),
    ("h20-router", ["10.240.0.2"], GATEWAY),
    ("h22-api-server", ["10.32.0.1"], NETWORKS),
    ("h23-loopback", ["127.0.0.1"], NETWORKS),
    ("h23-loopback-6", ["::1"], NETWORKS),
    ("h23-link-local", ["169.254.169.254"], NETWORKS),
    ("h23-link-local-6", ["fe80::1"], NETWORKS),
    ("h23-multicast", ["224.0.0.1"], NETWORKS),
    ("h23-nowhere", ["0.0.0.0"], NETWORKS),  # noqa: S104 -- nobody binds it
    ("h24-outside", ["10.241.0.5"], NETWORKS),
    ("h18-mapped", ["::ffff:10.240.0.30"], NETWORKS),
    ("h17-zeros", ["010.240.0.30"], NETWORKS),
    ("h25-shell", ["10.240.0.30; reboot"], NETWORKS),
    ("h25-substitution", ["$(id)"], NETWORKS),
    ("h25-page", ["<script>alert(1)</script>"], NETWORKS),
    ("h25-lines", ["10.240.0.30\r\n10.240.0.31"], NETWORKS),
    ("h25-terminal", ["\x1b[2J10.240.0.30"], NETWORKS),
    ("h25-long", ["1" * 1_000_000], NETWORKS),
    ("h26-one-good-one-bad", ["10.240.0.30", "10.241.0.5"], NETWORKS),
    ("empty", [""], NETWORKS),
]


@pytest.mark.parametrize(
    ("name", "internal", "words"), HOSTILE_ADDRESSES, ids=[row[0] for row in HOSTILE_ADDRESSES]
)
def test_a_kubelet_adds_no_address_outside_the_nodes_networks(
    name: str, internal: Sequence[str], words: str, guarded: ControlPlane, cluster: Cluster
) -> None:
    owned = kubelet(guarded, name)
    assert words in owned.refusal("POST", NODES, node_body(name, internal_ips=internal))

    cluster.register_as_kubelet(node_body(name, internal_ips=["10.240.0.40"]), name)
    hostile = addresses("10.240.0.40", *internal)
    assert words in owned.refusal("PATCH", f"{NODES}/{name}/status", hostile)
    assert words in owned.refusal("PATCH", f"{NODES}/{name}/status", addresses(*internal))


def test_what_policies_cannot_see_is_left_to_the_controller(
    guarded: ControlPlane, cluster: Cluster
) -> None:
    """H21, H26 to H31: other Nodes are not seen, and the rest is any kubelet's right."""
    rows: Sequence[tuple[str, Mapping[str, object]]] = [
        ("h21-anothers-address", addresses("10.240.0.9")),
        ("h26-two", addresses("10.240.0.30", "10.240.0.31")),
        ("h27-no-address", addresses()),
    ]
    for name, body in rows:
        cluster.register_as_kubelet(node_body(name, internal_ips=["10.240.0.40"]), name)
        owned = kubelet(guarded, name)
        assert owned.refusal("PATCH", f"{NODES}/{name}/status", body) == "", name
    name = "true"
    owned = kubelet(guarded, name)
    cluster.register_as_kubelet(node_body(name, internal_ips=["10.240.0.40"]), name)
    victims = {"spec": {"providerID": "aws:///eu/i-victim"}}
    assert owned.refusal("PATCH", f"{NODES}/{name}", victims) == ""


def heartbeats(owned: Caller) -> None:
    """All that a kubelet writes after its registration."""
    node = f"{NODES}/worker"
    ready = {"status": {"conditions": [{**READY, "message": "kubelet is posting ready status"}]}}
    rows: Sequence[tuple[str, Mapping[str, object]]] = [
        (f"{node}/status", ready),
        (f"{node}/status", {"status": STATUS}),
        (node, {"metadata": {"labels": {"kubernetes.io/arch": "amd64"}}}),
        (f"{LEASES}/worker", {"spec": {"leaseDurationSeconds": 40}}),
    ]
    for path, body in rows:
        assert owned.refusal("PATCH", path, body, kind=STRATEGIC) == "", path
    for path in (node, f"{node}/status", f"{LEASES}/worker"):
        status, present = owned.ask("GET", path.removesuffix("/status"))
        assert status == 200
        assert owned.ask("PUT", path, present.encode())[0] == 200, path


def test_normal_work_goes_on(guarded: ControlPlane, cluster: Cluster) -> None:
    """A Node's life: registration, cloud, podCIDR, route, heartbeats in between and after."""
    owned, cloud, podroute = kubelet(guarded, "worker"), admin(guarded), podroute_of(guarded)
    node = f"{NODES}/worker"

    assert owned.refusal("POST", NODES, REGISTRATION) == ""
    assert owned.refusal("POST", LEASES, LEASE) == ""
    heartbeats(owned)
    for address in ("203.0.113.7", "10.241.0.5"):  # the second is in no network of Nodes
        given = [{"type": "InternalIP", "address": address}]
        assert cloud.refusal("PATCH", f"{node}/status", {"status": {"addresses": given}}) == ""
        ready = {"status": {"conditions": [READY]}}
        assert owned.refusal("PATCH", f"{node}/status", ready, kind=STRATEGIC) == ""
    assert cloud.refusal("PATCH", node, {"spec": {"taints": None}}) == ""
    heartbeats(owned)

    uid = cluster.nodes()["worker"].uid
    patch = {"metadata": {"uid": uid}, **pod_cidrs("10.200.0.0/24", "fd00:200::/64")}
    assert podroute.refusal("PATCH", node, patch, kind=STRATEGIC) == ""
    heartbeats(owned)
    for status, reason in (("True", "NoRouteCreated"), ("False", "RouteCreated")):
        body = {"status": {"conditions": [network(status, reason)]}}
        assert podroute.refusal("PATCH", f"{node}/status", body, kind=STRATEGIC) == ""
        heartbeats(owned)
    assert cluster.nodes()["worker"].pod_cidrs == ("10.200.0.0/24", "fd00:200::/64")


def test_others_than_kubelets_may_register_a_node_with_a_podcidr(guarded: ControlPlane) -> None:
    body = node_body("imported", internal_ips=["203.0.113.7"], pod_cidrs=["10.200.9.0/24"])
    assert admin(guarded).refusal("POST", NODES, body) == ""
    ready = {"status": {"conditions": [READY]}}
    owned = kubelet(guarded, "imported")
    assert owned.refusal("PATCH", f"{NODES}/imported/status", ready, kind=STRATEGIC) == ""
