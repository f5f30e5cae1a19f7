"""Two victims with Pods, a running controller, and what hostile Nodes must not move."""

from collections.abc import Collection, Generator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.cluster.api import ApiError
from tests.cluster.control_plane import ControlPlane
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

HOSTILE: Final = "hostile"
VICTIMS: Final = {"victim-0": "10.240.0.20", "victim-1": "10.240.0.21"}
BLOCKS: Final = {"victim-0": "10.192.0.0/24", "victim-1": "10.192.1.0/24"}
RULES: Final = ("--cluster-cidr=10.192.0.0/11", "--service-cluster-ip-range=10.223.0.0/16")
VIP: Final = "10.240.0.250"  # of the router
FEW: Final = 5  # datagrams


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


@contextmanager
def siege(plane: ControlPlane, directory: Path) -> Generator[Siege]:
    """The victims are served, and there is a machine that would like to answer for them."""
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
