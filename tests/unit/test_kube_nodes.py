"""parse_node and seed_line: one row for each thing that a Node object can say."""

import msgspec
import pytest

from podroute.kube.nodes import NodeObject, parse_node, seed_line
from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.node import Node, Unreadable


def node_object(
    *ips: str, cidr: str | None = None, cidrs: list[str] | None = None, **metadata: str
) -> NodeObject:
    addresses = [{"type": "Hostname", "address": "w"}]
    addresses += [{"type": "InternalIP", "address": ip} for ip in ips]
    addresses += [{"type": "ExternalIP", "address": "192.0.2.1"}]
    return msgspec.convert(
        {
            "metadata": {"name": "w", **metadata},
            "spec": {"podCIDR": cidr, "podCIDRs": cidrs},
            "status": {"addresses": addresses},
        },
        NodeObject,
    )


@pytest.mark.parametrize(
    ("item", "ips", "cidrs"),
    [
        pytest.param(
            node_object("10.240.0.30", cidr="10.200.0.0/24", cidrs=["10.200.0.0/24"]),
            "10.240.0.30",
            "10.200.0.0/24",
            id="the usual",
        ),
        pytest.param(
            node_object("10.240.0.30", cidr="10.200.0.0/24"),
            "10.240.0.30",
            "10.200.0.0/24",
            id="podCIDR without podCIDRs",
        ),
        pytest.param(
            node_object("10.240.0.30", cidrs=["10.200.0.0/24"]),
            "10.240.0.30",
            "10.200.0.0/24",
            id="podCIDRs without podCIDR",
        ),
        pytest.param(
            node_object(
                "10.240.0.30",
                "fd00::30",
                cidr="10.200.0.0/24",
                cidrs=["10.200.0.0/24", "fd00::/64"],
            ),
            "10.240.0.30 fd00::30",
            "10.200.0.0/24 fd00::/64",
            id="both families",
        ),
        pytest.param(
            node_object("10.240.0.31", "10.240.0.30"),
            "10.240.0.31 10.240.0.30",
            "",
            id="no podCIDR",
        ),
        pytest.param(node_object(cidr="10.200.0.0/24"), "", "10.200.0.0/24", id="no InternalIP"),
        pytest.param(
            node_object(cidr="FD00:0::/64", cidrs=["fd00::/64"]),
            "",
            "fd00::/64",
            id="podCIDR and podCIDRs spell one network",
        ),
        pytest.param(node_object(cidr="", cidrs=[]), "", "", id="empty texts"),
    ],
)
def test_a_node_is_read(item: NodeObject, ips: str, cidrs: str) -> None:
    node = parse_node(item)

    assert isinstance(node, Node)
    assert node.internal_ips == tuple(map(parse_address, ips.split()))
    assert node.pod_cidrs == tuple(map(parse_cidr, cidrs.split()))


def test_uid_age_and_end_are_read() -> None:
    node = parse_node(
        node_object(
            uid="1-2",
            creationTimestamp="2026-01-01T00:00:00Z",
            deletionTimestamp="2026-01-02T00:00:00Z",
        )
    )

    assert isinstance(node, Node)
    assert (node.uid, node.created, node.deleting) == ("1-2", "2026-01-01T00:00:00Z", True)


@pytest.mark.parametrize(
    ("item", "reason", "meant"),
    [
        (
            node_object("10.240.0.30", cidr="10.200.1.1/24"),
            "spec.podCIDR: '10.200.1.1/24' has host bits set: the network is 10.200.1.0/24",
            "10.200.1.0/24",
        ),
        (
            node_object("10.240.0.30", cidrs=["10.200.0.0/24", "fd00::1/64"]),
            "spec.podCIDRs[1]: 'fd00::1/64' has host bits set: the network is fd00::/64",
            "10.200.0.0/24 fd00::/64",
        ),
        (
            node_object("10.240.0.30", cidr="010.200.9.0/24"),
            "spec.podCIDR: '010.200.9.0/24' has leading zeros: the network is 10.200.9.0/24",
            "10.200.9.0/24",
        ),
        (
            node_object("10.240.0.30", cidr="x"),
            "spec.podCIDR: 'x' has no mask: write it as",
            None,
        ),
        (
            node_object("10.240.0.30", cidrs=["10.200.0.0/24", "x/64"]),
            "spec.podCIDRs[1]: 'x/64' is not a CIDR",
            None,
        ),
        (
            node_object("10.240.0.30", cidr="10.200.0.0/24", cidrs=["10.200.1.0/24"]),
            "spec.podCIDR '10.200.0.0/24' is not spec.podCIDRs[0] '10.200.1.0/24'",
            "10.200.1.0/24",
        ),
        (
            node_object("10.240.0.30", cidrs=["10.200.0.0/24", "10.200.1.0/24"]),
            "spec.podCIDRs has two of one family: 10.200.0.0/24, 10.200.1.0/24",
            "10.200.0.0/24 10.200.1.0/24",
        ),
        (
            node_object("10.0.0.1; reboot", cidr="10.200.0.0/24"),
            "status.addresses[1]: '10.0.0.1; reboot' is not an IP address",
            "10.200.0.0/24",
        ),
        (node_object("10.240.0.30", name=""), "metadata.name is empty", ""),
    ],
)
def test_what_cannot_be_read_is_named_with_its_reason(
    item: NodeObject, reason: str, meant: str | None
) -> None:
    node = parse_node(item)

    assert isinstance(node, Unreadable)
    assert node.reason.startswith(reason)
    assert node.pod_cidrs == (None if meant is None else tuple(map(parse_cidr, meant.split())))


@pytest.mark.parametrize(
    ("item", "line"),
    [
        (node_object("10.240.0.30", cidr="10.200.0.0/24"), "10.240.0.30 10.200.0.0/24 \n"),
        (node_object("10.240.0.30", "fd00::30"), "10.240.0.30 fd00::30  \n"),
        (node_object(cidr="10.200.1.1/24"), " 10.200.1.1/24 \n"),
        (node_object("$(id)", cidrs=["10.200.0.0/24"]), "$(id)  \n"),
        (msgspec.convert({"metadata": {"name": "bare"}}, NodeObject), "  \n"),
    ],
)
def test_the_seeds_line_has_the_texts_as_they_are(item: NodeObject, line: str) -> None:
    assert seed_line(item) == line


@pytest.mark.parametrize("text", ["worker-7.example", "fe80::1%eth0", "", "010.0.0.1"])
def test_addresses_do_not_matter_to_who_does_not_ask_for_them(text: str) -> None:
    """A Node gets its podCIDR whatever its kubelet says where it is."""
    item = node_object("10.240.0.30", text, cidr="10.200.0.0/24")

    assert isinstance(parse_node(item), Unreadable)
    blind = parse_node(item, addresses=False)
    assert isinstance(blind, Node)
    assert (blind.internal_ips, list(map(str, blind.pod_cidrs))) == ((), ["10.200.0.0/24"])
