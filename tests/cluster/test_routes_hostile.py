"""Nodes that lie, with their kubelet's own credential, before one controller that runs all along.

Each must move nobody's traffic and stop nobody's work. The numbers are those of the list of hostile
Nodes. Those whose claim is refused are removed again; the others stay.
"""

import json
from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Thread

import pytest

from tests.cluster.api import Api, ApiError
from tests.cluster.control_plane import ControlPlane
from tests.cluster.ipam_cases import let_go
from tests.cluster.node_ipam import empty_cluster, until, until_true
from tests.cluster.node_network import (
    Traffic,
    Worker,
    in_order,
    longest_gap,
    node_network,
    pod_address,
)
from tests.cluster.nodes import NodeBody, node_body
from tests.cluster.process import Process
from tests.cluster.routes import Condition, Routed, ip, router

pytestmark = pytest.mark.cluster

HOSTILE = "hostile"
VICTIMS = {"victim-0": "10.240.0.20", "victim-1": "10.240.0.21"}
BLOCKS = {"victim-0": "10.192.0.0/24", "victim-1": "10.192.1.0/24"}
RULES = ("--cluster-cidr=10.192.0.0/11", "--service-cluster-ip-range=10.223.0.0/16")
VIP = "10.240.0.250"  # of the router
FLOOD = 500
UNREADABLE = "a Node cannot be read"
FEW = 5  # datagrams


@dataclass
class Siege:
    """A cluster with two victims; whoever else is to have a route is noted in ``welcome``."""

    routed: Routed
    controller: Process
    source: Worker
    before: Mapping[str, Condition]
    welcome: dict[str, str] = field(default_factory=dict[str, str])

    def come(self, body: NodeBody, name: str) -> None:
        """Registers as its kubelet does."""
        self.routed.cluster.register_as_kubelet(body, name)

    def serve_newcomer(self) -> str:
        """A Node joins after all that has happened, and is served; its block."""
        number = len(self.welcome)
        name, internal_ip = f"newcomer-{number}", f"10.240.100.{number}"
        self.come(node_body(name, internal_ips=[internal_ip]), name)
        self.routed.until_available(name)
        return self.note(name, internal_ip)

    def note(self, name: str, internal_ip: str) -> str:
        """Notes that the route of this Node is right; its block."""
        (block,) = until(lambda: self.routed.cluster.nodes()[name].pod_cidrs or None)
        self.welcome[block] = internal_ip
        return block

    def refuse(self, name: str, cause: str) -> None:
        """Once its condition says why."""
        condition = self.routed.until_condition(name, "True")
        assert condition.reason == "NoRouteCreated"
        assert cause in condition.message

    @contextmanager
    def unmoved(self, *, besides: Collection[str] = ()) -> Generator[None]:
        """Whatever happens in the block: nobody else's route, condition or traffic changes.

        Then ``HOSTILE`` is removed.
        """
        self.routed.router.forget()
        served = set(self.welcome)
        traffic = Traffic(self.source.pods[0], pod_address(BLOCKS["victim-1"]))
        try:
            until_true(lambda: traffic.last() == "victim-1")
            yield
            self.serve_newcomer()
            self.routed.router.until(self.welcome)
        finally:
            replies = traffic.end()
            with suppress(ApiError):
                self.routed.cluster.remove(HOSTILE)
        assert in_order(replies) == ["victim-1"]
        assert longest_gap(replies) <= FEW
        touched = {change.destination for change in self.routed.router.record()}
        assert touched <= {*(self.welcome.keys() - served), *besides}
        conditions = self.routed.conditions()
        assert {name: conditions[name] for name in VICTIMS} == self.before
        log = self.controller.log.read_text()
        assert '"level": "error"' not in log
        assert "Traceback" not in log


@pytest.fixture(scope="module")
def siege(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    """The victims are served, and there is a machine that would like to answer for them."""
    directory = tmp_path_factory.mktemp("siege")
    with ExitStack() as stack:
        network = stack.enter_context(node_network())
        ip(f"address add {VIP}/32 dev nodes")
        cluster = stack.enter_context(empty_cluster(plane, directory))
        routed = Routed(cluster, stack.enter_context(router(directory)))
        stack.callback(cluster.end)
        workers = [network.worker(name, VICTIMS[name], BLOCKS[name]) for name in VICTIMS]
        network.worker("thief", "10.240.66.1", *BLOCKS.values())
        controller = routed.controller(*RULES)
        for name, internal_ip in VICTIMS.items():
            cluster.register_as_kubelet(node_body(name, internal_ips=[internal_ip]), name)
            routed.until_available(name)
        welcome = {BLOCKS[name]: internal_ip for name, internal_ip in VICTIMS.items()}
        routed.router.until(welcome)
        yield Siege(routed, controller, workers[0], routed.conditions(), welcome)


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
    "h15 IPv6 where there is none": ("fd00:10:200::/64", "shows no IPv6 InternalIP"),
}


@pytest.mark.parametrize(("block", "cause"), BAD_BLOCKS.values(), ids=[*BAD_BLOCKS])
def test_a_block_that_is_not_its_own(siege: Siege, block: str, cause: str) -> None:
    body = node_body(HOSTILE, internal_ips=["10.240.66.1"], pod_cidrs=[block])
    with siege.unmoved():
        siege.come(body, HOSTILE)
        siege.refuse(HOSTILE, cause)


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
def test_an_internal_ip_that_is_not_its_own(siege: Siege, addresses: list[str], cause: str) -> None:
    with siege.unmoved():
        siege.come(node_body(HOSTILE, internal_ips=addresses), HOSTILE)
        siege.refuse(HOSTILE, cause)


BAD_WORDS = {
    "h25 words for a shell": "10.240.66.1; reboot $(reboot) `reboot`",
    "h25 lines and colours": "10.240.66.1\r\n\u001b[31mred",
    "h25 a megabyte": "x" * 1_000_000,
}


@pytest.mark.parametrize("text", BAD_WORDS.values(), ids=[*BAD_WORDS])
def test_an_internal_ip_that_is_none(siege: Siege, text: str) -> None:
    so_far = siege.controller.log.read_text().count(UNREADABLE)
    with siege.unmoved():
        siege.come(node_body(HOSTILE, internal_ips=[text]), HOSTILE)
        until_true(lambda: siege.controller.log.read_text().count(UNREADABLE) > so_far)
    log = siege.controller.log.read_text()
    assert "\u001b" not in log
    assert "x" * 3_000 not in log


def test_h26_two_internal_ips_are_one_route(siege: Siege) -> None:
    with siege.unmoved():
        both = node_body("two", internal_ips=["10.240.66.26", "10.240.66.27"])
        siege.come({**both, "spec": {"podCIDR": "10.219.26.0/24"}}, "two")
        siege.routed.until_available("two")
        siege.note("two", "10.240.66.26")


def test_h28_the_provider_id_of_a_victim(siege: Siege) -> None:
    spec = {"providerID": "linux:///victim-1", "podCIDR": "10.219.28.0/24"}
    with siege.unmoved():
        body = node_body("impostor", internal_ips=["10.240.66.28"])
        siege.come({**body, "spec": spec}, "impostor")
        siege.routed.until_available("impostor")
        siege.note("impostor", "10.240.66.28")


def test_h29_flips_its_address_and_readiness_without_end(siege: Siege) -> None:
    over, block = Event(), "10.219.29.0/24"
    with siege.unmoved():
        body = node_body("flips", internal_ips=["10.240.66.29"], pod_cidrs=[block])
        siege.come(body, "flips")
        thread = Thread(target=flip, args=(siege.routed.cluster.as_kubelet("flips"), over))
        thread.start()
        try:
            for _ in range(8):
                siege.serve_newcomer()
        finally:
            over.set()
            thread.join()
        siege.routed.show("flips", "10.240.66.29")
        siege.note("flips", "10.240.66.29")
        siege.routed.router.until(siege.welcome)


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


def test_h30_never_goes(siege: Siege) -> None:
    with siege.unmoved():
        body = node_body("stays", internal_ips=["10.240.66.30"], pod_cidrs=["10.219.30.0/24"])
        metadata = {"name": "stays", "finalizers": ["example.com/kept"]}
        siege.routed.cluster.register([{**body, "metadata": metadata}])
        siege.routed.until_available("stays")
        siege.routed.cluster.remove("stays")
        block = siege.note("stays", "10.240.66.30")
        siege.serve_newcomer()
        assert block in siege.routed.router.routes()
    let_go(siege.routed.cluster.plane, "stays")
    del siege.welcome[block]
    siege.routed.router.until(siege.welcome)


NAMES = {
    "h31 true": "true",
    "h31 null": "null",
    "h31 253 characters": f"{'.'.join(['x' * 62] * 4)}yy",
    "h31 a victim's up to a dot": "victim-1.example.com",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=[*NAMES])
def test_an_odd_name(siege: Siege, name: str) -> None:
    number = 110 + [*NAMES.values()].index(name)
    block, internal_ip = f"10.219.{number}.0/24", f"10.240.66.{number}"
    with siege.unmoved():
        body = node_body(name, internal_ips=[internal_ip], pod_cidrs=[block])
        siege.routed.cluster.register([{**body, "metadata": {"name": name}}])
        siege.routed.until_available(name)
        siege.note(name, internal_ip)
        siege.routed.until_told("RouteCreated", name, block)


def test_h31_names_that_are_equal_when_cut(siege: Siege) -> None:
    first, second = (f"{'z' * 63}.{end}" for end in ("one", "two"))
    blocks = ["10.219.131.0/24", "10.219.132.0/24"]
    with siege.unmoved():
        for name, block in zip((first, second), blocks, strict=True):
            hop = f"10.240.66.{block.split('.')[2]}"
            body = node_body(name, internal_ips=[hop], pod_cidrs=[block])
            siege.routed.cluster.register([{**body, "metadata": {"name": name}}])
            siege.routed.until_available(name)
            siege.note(name, hop)


def test_h32_hundreds_of_them(siege: Siege) -> None:
    """Whoever has a bootstrap token can be as many Nodes as it likes."""
    with siege.unmoved():
        siege.routed.cluster.register(
            node_body(
                f"flood-{number}",
                internal_ips=[VICTIMS["victim-1"]],
                pod_cidrs=[BLOCKS["victim-1"]] if number % 2 else [],
            )
            for number in range(FLOOD)
        )
        siege.serve_newcomer()
