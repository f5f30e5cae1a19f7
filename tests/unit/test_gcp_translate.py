import msgspec
import pytest

from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.route import InstalledRoute
from podroute.providers.gcp.inventory import Inventory, inventory_of
from podroute.providers.gcp.names import path_of, route_name
from podroute.providers.gcp.settings import GcpOptions
from podroute.providers.gcp.translate import (
    gateways,
    insert_body,
    installed_route,
    is_in_network,
    is_static,
    same_route,
    subnets,
    wished_resource,
)
from podroute.providers.gcp.wire import Instance, NetworkInterface, RouteResource
from tests.builders import route

OPTIONS = GcpOptions("kubernetes", "p")
ROOT = "https://www.googleapis.com/compute/v1"
NETWORK = f"{ROOT}/projects/p/global/networks/kubernetes"
MARK = "podroute cluster=kubernetes"


def machine(name: str, address: str, *, network: str = NETWORK, six: str = "") -> Instance:
    link = f"{ROOT}/projects/p/zones/z/instances/{name}"
    return Instance(name, link, (NetworkInterface(network, address, six),))


INVENTORY = inventory_of(
    [
        machine("worker-0", "10.240.0.30", six="fd00:10:240::30"),
        machine("worker-1", "10.240.0.31"),
        machine("elsewhere", "10.240.0.32", network=f"{ROOT}/projects/p/global/networks/other"),
    ],
    OPTIONS,
)


def resource(**fields: object) -> RouteResource:
    usual = RouteResource("r", NETWORK, "10.200.0.0/24")
    return msgspec.structs.replace(usual, **fields)


@pytest.mark.parametrize(
    ("cidr", "name"),
    [
        ("10.200.0.0/24", "kubernetes-route-10-200-0-0-24"),
        ("fd00:10:200::/64", "kubernetes-route-fd00-10-200---64"),
        ("::/0", "kubernetes-route----0"),
        (
            "1111:2222:3333:4444:5555:6666:7777:8888/128",
            "kubernetes-route-1111-2222-3333-4444-5555-6666-7777-8888-128",
        ),
    ],
)
def test_the_name_is_that_of_the_seed(cidr: str, name: str) -> None:
    assert route_name(parse_cidr(cidr), OPTIONS) == name
    assert len(name) <= 63


def test_a_unique_name_depends_on_cluster_and_cidr_alone() -> None:
    names = {
        route_name(parse_cidr(cidr), GcpOptions("n", names="cluster", cluster=cluster))
        for cluster in ("foo", "foo-bar")
        for cidr in ("10.200.0.0/24", "10.200.1.0/24", "fd00:10:200::/64")
    }
    assert len(names) == 6
    assert all(name.startswith("podroute-") and len(name) == 25 for name in names)


ROWS: list[tuple[dict[str, object], tuple[object, ...]]] = [
    ({"next_hop_ip": "10.240.0.30"}, ("10.240.0.30", "foreign", "unicast", "", False)),
    (
        {"next_hop_ip": "10.240.0.30", "description": MARK},
        ("10.240.0.30", "ours", "unicast", "", False),
    ),
    (
        {"next_hop_ip": "10.240.0.30", "description": f"{MARK}-2"},
        ("10.240.0.30", "foreign", "unicast", "", False),
    ),
    (
        {"next_hop_ip": "10.240.0.30", "description": MARK, "priority": 999},
        ("10.240.0.30", "ours", "unicast", "priority 999, not 1000", False),
    ),
    (
        {"next_hop_ip": "10.240.0.30", "description": MARK, "tags": ("a", "b")},
        ("10.240.0.30", "ours", "unicast", "tags a,b, not no tags", True),
    ),
    (
        {"next_hop_ip": "10.240.0.30", "tags": ("a", "b")},
        ("10.240.0.30", "foreign", "unicast", "for instances with tag a or b only", True),
    ),
    (
        {"next_hop_instance": f"{ROOT}/projects/p/zones/z/instances/worker-0"},
        ("10.240.0.30", "foreign", "unicast", "", False),
    ),
    (
        {
            "next_hop_instance": f"{ROOT}/projects/p/zones/z/instances/worker-0",
            "description": MARK,
        },
        ("10.240.0.30", "ours", "unicast", "next hop by instance", False),
    ),
    (
        {
            "next_hop_instance": f"{ROOT}/projects/p/zones/y/instances/worker-0",
            "description": MARK,
        },
        (None, "ours", "blackhole", "instance worker-0 is not in the network", False),
    ),
    (
        {
            "dest_range": "fd00:10:200::/64",
            "next_hop_instance": f"{ROOT}/projects/p/zones/z/instances/worker-1",
        },
        (None, "foreign", "blackhole", "", False),
    ),
    (
        {"next_hop_gateway": "x/default-internet-gateway", "description": MARK},
        (None, "ours", "link", "gateway default-internet-gateway, not a Node", False),
    ),
    ({"next_hop_interconnect_attachment": "a/b"}, (None, "foreign", "link", "", False)),
    ({}, (None, "foreign", "link", "", False)),
]


@pytest.mark.parametrize(("fields", "expected"), ROWS)
def test_a_route_is_seen_as_it_is(fields: dict[str, object], expected: tuple[object, ...]) -> None:
    found = installed_route(resource(**fields), OPTIONS, INVENTORY)

    assert found is not None
    hop = None if found.next_hop is None else str(found.next_hop)
    assert (hop, found.ownership, found.kind, found.deviation, found.partial) == expected
    assert found.preference == fields.get("priority", 1000)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"next_hop_ip": "10.240.0.30"}, "route r via 10.240.0.30 priority 1000"),
        ({"next_hop_ip": "10.240.0.30", "tags": ("a",)}, "via 10.240.0.30 priority 1000 tags a"),
        ({"next_hop_vpn_tunnel": "x/office"}, "route r via VPN tunnel office priority 1000"),
        ({"next_hop_ilb": "x/lb"}, "route r via load balancer lb priority 1000"),
        ({"next_hop_network": NETWORK}, "route r via subnet of network kubernetes priority"),
        ({"next_hop_peering": "other"}, "route r via peering other priority 1000"),
        ({"next_hop_hub": "x/star"}, "route r via hub star priority 1000"),
        ({"next_hop_interconnect_attachment": "x/i"}, "route r via interconnect i priority 1000"),
        ({}, "route r via something else priority 1000"),
    ],
)
def test_its_handle_says_where_it_leads(fields: dict[str, object], words: str) -> None:
    found = installed_route(resource(**fields), OPTIONS, INVENTORY)
    assert found is not None
    assert words in found.handle


@pytest.mark.parametrize(
    "fields", [{"dest_range": ""}, {"dest_range": "x/1"}, {"next_hop_ip": "10.240.0.300"}]
)
def test_what_cannot_be_read_is_nobodys(fields: dict[str, object]) -> None:
    assert installed_route(resource(**fields), OPTIONS, INVENTORY) is None


@pytest.mark.parametrize(
    ("tags", "wished", "partial"),
    [
        ((), "", False),
        ((), "a", False),
        (("a",), "", True),
        (("a",), "a", False),
        (("b",), "a", True),
        (("a", "b"), "a", False),
        (("a",), "a,b", True),
    ],
)
def test_a_route_for_some_instances_is_partial(
    tags: tuple[str, ...], wished: str, *, partial: bool
) -> None:
    options = GcpOptions("kubernetes", "p", tags=wished)
    found = installed_route(resource(tags=tags, next_hop_ip="10.240.0.3"), options, Inventory())
    assert isinstance(found, InstalledRoute)
    assert found.partial == partial


def test_a_wish_becomes_the_body_of_a_request() -> None:
    wished = wished_resource(route("10.200.0.0/24", "10.240.0.30"), OPTIONS, Inventory())
    assert insert_body(wished) == {
        "name": "kubernetes-route-10-200-0-0-24",
        "network": "https://compute.googleapis.com/compute/v1/projects/p/global/networks/kubernetes",
        "destRange": "10.200.0.0/24",
        "description": MARK,
        "priority": 1000,
        "nextHopIp": "10.240.0.30",
    }


def test_a_wish_by_instance_with_tags() -> None:
    options = GcpOptions("kubernetes", "p", next_hop="instance", tags="b,a")
    wished = wished_resource(route("10.200.0.0/24", "10.240.0.30"), options, INVENTORY)
    body = insert_body(wished)
    assert path_of(str(body["nextHopInstance"])) == "projects/p/zones/z/instances/worker-0"
    assert body["tags"] == ["a", "b"]
    assert "nextHopIp" not in body


def test_a_node_with_a_full_name_is_its_instance() -> None:
    options = GcpOptions("kubernetes", "p", next_hop="instance")
    wish = route("10.200.0.0/24", "10.240.0.30", "Worker-0.c.p.internal")
    assert wished_resource(wish, options, INVENTORY).next_hop_instance.endswith("/worker-0")


def test_a_route_of_another_form_is_told() -> None:
    options = GcpOptions("kubernetes", "p", next_hop="instance", tags="a")
    mine = resource(next_hop_ip="10.240.0.30", description=MARK)
    found = installed_route(mine, options, INVENTORY)
    assert found is not None
    assert found.deviation == "no tags, not tags a, next hop by address"


@pytest.mark.parametrize(
    ("hop", "words"),
    [
        ("10.240.0.32", "no instance in network kubernetes has 10.240.0.32"),
        ("10.240.0.31", "10.240.0.31 is that of instance worker-1, not of worker-0"),
    ],
)
def test_no_instance_is_named_that_is_not_the_nodes(hop: str, words: str) -> None:
    options = GcpOptions("kubernetes", "p", next_hop="instance")
    with pytest.raises(ValueError, match=words):
        wished_resource(route("10.200.0.0/24", hop), options, INVENTORY)


def test_a_route_is_compared_in_what_we_write() -> None:
    wished = wished_resource(route("fd00:10:200::/64", "fd00:10:240::30"), OPTIONS, Inventory())
    fields = {"name": "r", "dest_range": "fd00:10:200:0::/64", "description": MARK}
    assert same_route(resource(**fields, next_hop_ip="fd00:10:240:0::30"), wished)
    for other in (
        {"next_hop_ip": "fd00:10:240::31"},
        {"next_hop_ip": "x"},
        {"next_hop_ip": "fd00:10:240::30", "priority": 1},
        {"next_hop_ip": "fd00:10:240::30", "tags": ("a",)},
        {"next_hop_ip": "fd00:10:240::30", "description": ""},
        {"next_hop_ip": "fd00:10:240::30", "network": f"{NETWORK}-2"},
        {"next_hop_ip": "fd00:10:240::30", "dest_range": "fd00:10:201::/64"},
    ):
        assert not same_route(resource(**{**fields, **other}), wished)


def test_a_network_is_known_by_its_path() -> None:
    assert is_in_network(resource(), OPTIONS)
    assert not is_in_network(resource(network=f"{NETWORK}-2"), OPTIONS)
    assert not is_in_network(resource(network=""), OPTIONS)


def test_subnets_are_where_next_hops_can_be() -> None:
    found = [
        resource(dest_range="10.240.1.0/24", next_hop_network=NETWORK),
        resource(dest_range="fd00:10:240::/64", next_hop_network=NETWORK),
        resource(dest_range="10.240.0.0/24", next_hop_network=NETWORK),
        resource(dest_range="", next_hop_network=NETWORK),
        resource(next_hop_ip="10.240.0.30"),
    ]
    networks = subnets(found)
    assert networks is not None
    assert list(map(str, networks)) == ["10.240.0.0/24", "10.240.1.0/24", "fd00:10:240::/64"]
    assert gateways(networks) == {parse_address("10.240.0.1"), parse_address("10.240.1.1")}
    assert subnets(found[-1:]) is None


@pytest.mark.parametrize(
    ("fields", "static"),
    [
        ({"next_hop_ip": "10.240.0.30"}, True),
        ({"next_hop_gateway": "g"}, True),
        ({"next_hop_network": "n"}, False),
        ({"next_hop_peering": "p"}, False),
        ({"next_hop_hub": "h"}, False),
    ],
)
def test_what_counts_against_the_quota(fields: dict[str, object], *, static: bool) -> None:
    assert is_static(resource(**fields)) == static
