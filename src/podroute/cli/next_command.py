"""What does a person type next? It works as it stands, with the flags that were given."""

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from podroute.cli.again import lasting, spelt
from podroute.cli.options import AddressPlan, LeaseName, NodeSource, Router
from podroute.observe.board import HeldBack, RouteRecord


@dataclass(frozen=True, slots=True)
class Given:
    """What the person has said; ``controller``: who was asked, "" where nobody was."""

    source: NodeSource
    addresses: AddressPlan
    router: Router
    controller: str

    def next_for(self, one: RouteRecord) -> str:
        """Of a route that is not as it should be; of one that drops traffic: who can say why."""
        own_look = bool(self.addresses.cluster_cidr) and not self.controller
        if one.state == "Pending" and own_look:
            return shlex.join(["podroute", "ipam", "show", *self._cluster(), *self._plan()])
        if one.state in {"Pending", "Blocked"} and one.node:
            return self.about(one.node)
        if own_look and self.router.is_given:
            verb = "check" if one.state == "Blackhole" else "plan"
            return shlex.join(["podroute", verb, *self._said()])
        return shlex.join(["podroute", "table", "-o", "wide", *self._said()])

    def about(self, node: str) -> str:
        """Shows what a Node says; for kubectl, which takes one kubeconfig as a flag.

        Several are given by the environment.
        """
        place = lasting(self.source)
        kubectl = ["kubectl", "describe", "node", node]
        if place.context:
            kubectl[1:1] = ["--context", place.context]
        if os.pathsep in place.kubeconfig:
            return f"KUBECONFIG={shlex.quote(place.kubeconfig)} {shlex.join(kubectl)}"
        if place.kubeconfig:
            kubectl[1:1] = ["--kubeconfig", place.kubeconfig]
        return shlex.join(kubectl)

    def confirming(self, held: HeldBack, lease: str) -> str:
        """Lets pass what the leader holds back, who is the one of this Lease, if there is one."""
        return self.giving(held.confirmation, lease) if lease else held.next

    def giving(self, word: str, lease: str) -> str:
        """Tells the leader of the Lease NAMESPACE/NAME."""
        namespace, _, name = lease.partition("/")
        flags = [*self._cluster(), *spelt(LeaseName(name, namespace))]
        return shlex.join(["podroute", "apply", *flags, "--confirm", word])

    def _said(self) -> Sequence[str]:
        if self.controller:
            return ["--controller", self.controller]
        return [*self._cluster(), *self._plan(), *spelt(self.router)]

    def _cluster(self) -> Sequence[str]:
        return list(spelt(lasting(self.source)))

    def _plan(self) -> Sequence[str]:
        return list(spelt(self.addresses))
