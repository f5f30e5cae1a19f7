"""Nodes that lie, with their kubelet's own credential, before one controller that runs all along.

Each must move nobody's traffic and stop nobody's work. The numbers are those of the list of hostile
Nodes. Those whose claim is refused are removed again; the others stay.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import count
from threading import Event, Thread

import pytest

from tests.cluster.api import Api
from tests.cluster.control_plane import ControlPlane
from tests.cluster.ipam_cases import let_go
from tests.cluster.node_ipam import until_true
from tests.cluster.nodes import node_body
from tests.cluster.siege import BLOCKS, HOSTILE, VICTIMS, VIP, Siege, siege

pytestmark = pytest.mark.cluster

FLOOD = 500
UNREADABLE = "a Node cannot be read"


@pytest.fixture(scope="module")
def besieged(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    """One for all of them."""
    with siege(plane, tmp_path_factory.mktemp("siege")) as begun:
        yield begun


BAD_BLOCKS = {
    "h1 the whole pool": ("10.192.0.0/11", "overlaps the reserved range 10.223.0.0/16"),
    "h2 everything": ("0.0.0.0/0", "special purposes"),
    "h3 everything in IPv6": ("::/0", "shows no IPv6 InternalIP"),
    "h4 a victim's block": ("10.192.1.0/24", "overlaps 10.192.1.0/24 of victim-1"),
    "h5 half of a victim's block": ("10.192.1.128/25", "is not one /24 block"),
    "h6 two victims' blocks": ("10.192.0.0/23", "is not one /24 block"),
    "h7 the Services' range": ("10.223.1.0/24", "overlaps the reserved range 10.223.0.0/16"),
    "h8 the Nodes' network": ("10.240.0.0/24", "where the router and the Nodes are"),
    "h9 a Node's address": ("10.240.0.21/32", "where the router and the Nodes are"),
    "h10 the gateway": ("10.240.0.1/32", "where the router and the Nodes are"),
    "h11 the metadata server": ("169.254.169.254/32", "special purposes"),
    "h12 the loopback": ("127.0.0.0/8", "special purposes"),
    "h13 multicast": ("224.0.0.0/4", "special purposes"),
    "h14 outside the pool": ("192.168.5.0/24", "outside the cluster CIDR"),
    "h15 IPv6 where there is none": ("fd00:10:200::/64", "IPv6 is not routed here"),
}


@pytest.mark.parametrize(("block", "cause"), BAD_BLOCKS.values(), ids=[*BAD_BLOCKS])
def test_a_block_that_is_not_its_own(besieged: Siege, block: str, cause: str) -> None:
    body = node_body(HOSTILE, internal_ips=["10.240.66.1"], pod_cidrs=[block])
    with besieged.unmoved():
        besieged.come(body, HOSTILE)
        besieged.refuse(HOSTILE, cause)


BAD_ADDRESSES: Mapping[str, tuple[list[str], str]] = {
    "h19 the gateway's": (["10.240.0.1"], "the router's own address"),
    "h20 another of the router's": ([VIP], "the router's own address"),
    "h21 a victim's": (["10.240.0.21"], "10.240.0.21 is the InternalIP of victim-1"),
    "h22 the API server's Service": (["10.32.0.1"], "outside the node CIDRs"),
    "h23 the loopback's": (["127.0.0.1"], "special purposes"),
    "h23 a link-local one": (["169.254.1.1"], "special purposes"),
    "h23 a multicast one": (["224.0.0.5"], "special purposes"),
    "h23 none at all": (["0.0.0.0"], "special purposes"),  # noqa: S104 -- as it says
    "h24 outside the Nodes' networks": (["10.99.0.1"], "outside the node CIDRs"),
    "h27 none": ([], "no IPv4 InternalIP"),
}


@pytest.mark.parametrize(("addresses", "cause"), BAD_ADDRESSES.values(), ids=[*BAD_ADDRESSES])
def test_an_internal_ip_that_is_not_its_own(
    besieged: Siege, addresses: list[str], cause: str
) -> None:
    with besieged.unmoved():
        besieged.come(node_body(HOSTILE, internal_ips=addresses), HOSTILE)
        besieged.refuse(HOSTILE, cause)


BAD_WORDS = {
    "h25 words for a shell": "10.240.66.1; reboot $(reboot) `reboot`",
    "h25 lines and colours": "10.240.66.1\r\n\u001b[31mred",
    "h25 a megabyte": "x" * 1_000_000,
}


@pytest.mark.parametrize("text", BAD_WORDS.values(), ids=[*BAD_WORDS])
def test_an_internal_ip_that_is_none(besieged: Siege, text: str) -> None:
    so_far = besieged.controller.log.read_text().count(UNREADABLE)
    with besieged.unmoved():
        besieged.come(node_body(HOSTILE, internal_ips=[text]), HOSTILE)
        until_true(lambda: besieged.controller.log.read_text().count(UNREADABLE) > so_far)
    log = besieged.controller.log.read_text()
    assert "\u001b" not in log
    assert "x" * 3_000 not in log


def test_h26_two_internal_ips_are_one_route(besieged: Siege) -> None:
    with besieged.unmoved():
        both = node_body("two", internal_ips=["10.240.66.26", "10.240.66.27"])
        besieged.come({**both, "spec": {"podCIDR": "10.219.26.0/24"}}, "two")
        besieged.routed.until_available("two")
        besieged.note("two", "10.240.66.26")


def test_h28_the_provider_id_of_a_victim(besieged: Siege) -> None:
    spec = {"providerID": "linux:///victim-1", "podCIDR": "10.219.28.0/24"}
    with besieged.unmoved():
        body = node_body("impostor", internal_ips=["10.240.66.28"])
        besieged.come({**body, "spec": spec}, "impostor")
        besieged.routed.until_available("impostor")
        besieged.note("impostor", "10.240.66.28")


def test_h29_flips_its_address_and_readiness_without_end(besieged: Siege) -> None:
    over, block = Event(), "10.219.29.0/24"
    with besieged.unmoved():
        body = node_body("flips", internal_ips=["10.240.66.29"], pod_cidrs=[block])
        besieged.come(body, "flips")
        thread = Thread(target=flip, args=(besieged.routed.cluster.as_kubelet("flips"), over))
        thread.start()
        try:
            for _ in range(8):
                besieged.serve_newcomer()
        finally:
            over.set()
            thread.join()
        besieged.routed.show("flips", "10.240.66.29")
        besieged.note("flips", "10.240.66.29")
        besieged.routed.router.until(besieged.welcome)


def flip(kubelet: Api, over: Event) -> None:
    """Another address and readiness, ten times each second; now and then those of a victim."""
    victim = {"type": "InternalIP", "address": VICTIMS["victim-1"]}
    with kubelet.connect() as connection:
        for turn in count():
            ready = {"type": "Ready", "status": "True" if turn % 2 else "False"}
            address = {"type": "InternalIP", "address": f"10.240.66.{29 + turn % 3}"}
            addresses = [address, victim] if turn % 5 else [victim]
            status = {"conditions": [ready], "addresses": addresses}
            body = json.dumps({"status": status}).encode()
            connection.patch("/api/v1/nodes/flips/status", body)
            if over.wait(0.1):
                return


def test_h30_never_goes(besieged: Siege) -> None:
    with besieged.unmoved():
        body = node_body("stays", internal_ips=["10.240.66.30"], pod_cidrs=["10.219.30.0/24"])
        metadata = {"name": "stays", "finalizers": ["example.com/kept"]}
        besieged.routed.cluster.register([{**body, "metadata": metadata}])
        besieged.routed.until_available("stays")
        besieged.routed.cluster.remove("stays")
        block = besieged.note("stays", "10.240.66.30")
        besieged.serve_newcomer()
        assert block in besieged.routed.router.routes()
    let_go(besieged.routed.cluster.plane, "stays")
    del besieged.welcome[block]
    besieged.routed.router.until(besieged.welcome)


NAMES = {
    "h31 true": "true",
    "h31 null": "null",
    "h31 253 characters": f"{'.'.join(['x' * 62] * 4)}yy",
    "h31 a victim's up to a dot": "victim-1.example.com",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=[*NAMES])
def test_an_odd_name(besieged: Siege, name: str) -> None:
    number = 110 + [*NAMES.values()].index(name)
    block, internal_ip = f"10.219.{number}.0/24", f"10.240.66.{number}"
    with besieged.unmoved():
        body = node_body(name, internal_ips=[internal_ip], pod_cidrs=[block])
        besieged.routed.cluster.register([{**body, "metadata": {"name": name}}])
        besieged.routed.until_available(name)
        besieged.note(name, internal_ip)
        besieged.routed.until_told("RouteCreated", name, block)


def test_h31_names_that_are_equal_when_cut(besieged: Siege) -> None:
    first, second = (f"{'z' * 63}.{end}" for end in ("one", "two"))
    blocks = ["10.219.131.0/24", "10.219.132.0/24"]
    with besieged.unmoved():
        for name, block in zip((first, second), blocks, strict=True):
            hop = f"10.240.66.{block.split('.')[2]}"
            body = node_body(name, internal_ips=[hop], pod_cidrs=[block])
            besieged.routed.cluster.register([{**body, "metadata": {"name": name}}])
            besieged.routed.until_available(name)
            besieged.note(name, hop)


def test_h32_hundreds_of_them(besieged: Siege) -> None:
    """Whoever has a bootstrap token can be as many Nodes as it likes."""
    with besieged.unmoved():
        besieged.routed.cluster.register(
            node_body(
                f"flood-{number}",
                internal_ips=[VICTIMS["victim-1"]],
                pod_cidrs=[BLOCKS["victim-1"]] if number % 2 else [],
            )
            for number in range(FLOOD)
        )
        besieged.serve_newcomer()
