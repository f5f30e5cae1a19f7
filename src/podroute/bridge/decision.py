"""What is to be done about a machine whose Node claims so much? Pure: the whole of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from podroute.bridge.claims import refused
from podroute.bridge.desired import AgentSettings, Wish, called_back, desire
from podroute.bridge.plan import Plan, plan_host
from podroute.bridge.renamed import by_its_name, taken
from podroute.bridge.seen import Host, Interface
from podroute.claims.rules import ClaimRules
from podroute.model.cidr import Address, Cidr


@dataclass(frozen=True, slots=True)
class NodeClaim:
    """What a Node shows; gateways before, and those of them that no Pod needed any more."""

    pod_cidrs: tuple[Cidr, ...]
    internal_ips: tuple[Address, ...] = ()
    former: Sequence[Interface] = ()
    released: Sequence[Interface] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """``host`` is as the plan takes it; without ``wish`` the podCIDRs cannot be this worker's."""

    plan: Plan
    host: Host
    wish: Wish | None = None


def decide(claim: NodeClaim, host: Host, settings: AgentSettings, rules: ClaimRules) -> Decision:
    """The same for an agent and for whoever asks what it would do."""
    host = by_its_name(host, settings.bridge)
    obstacle = taken(host, settings.bridge)
    asked = claim.pod_cidrs, host, settings.bridge, rules
    faults = tuple(refused(*asked)) if obstacle is None else (obstacle,)
    if faults:
        return Decision(Plan(blocked=faults), host)
    late = called_back(claim.released, claim.pod_cidrs, host.cni.in_use)
    former = (*claim.former, *late)
    wish = desire(claim.pod_cidrs, host, settings, claim.internal_ips, former)
    return Decision(plan_host(wish, host), host, wish)
