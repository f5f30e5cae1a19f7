"""What keeps a VPC network from carrying Pods' packets, beside its routes? Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from podroute.model.check import Check, Problem
from podroute.model.cidr import Cidr, contains, parse_meant_cidr
from podroute.model.route import Route
from podroute.providers.gcp.inventory import Inventory, Machine
from podroute.providers.gcp.settings import GcpOptions
from podroute.providers.gcp.wire import Firewall
from podroute.providers.interface import Question

_ALL: Final = "all"
_NEEDED: Final = ("tcp", "udp")


def checks(
    question: Question,
    options: GcpOptions,
    inventory: Inventory | str,
    firewalls: Sequence[Firewall] | str,
) -> tuple[Check, ...]:
    """``inventory`` and ``firewalls`` may be why they are not known."""
    return (*_of_instances(question, options, inventory), _firewall(question, options, firewalls))


def _of_instances(
    question: Question, options: GcpOptions, inventory: Inventory | str
) -> Iterator[Check]:
    present = "gcp-instance", "every next hop is an instance of the network"
    forwards = "gcp-can-ip-forward", "instances may send and receive what is not their own"
    if isinstance(inventory, str):
        yield Check(*present, skipped=inventory)
        yield Check(*forwards, skipped=inventory)
        return
    found = [(wish, inventory.by_address.get(wish.next_hop)) for wish in question.wishes]
    nowhere = tuple(_nowhere(wish, options) for wish, one in found if one is None)
    yield Check(*present, nowhere)
    machines = dict.fromkeys(one for _, one in found if one is not None and not one.forwards)
    yield Check(*forwards, tuple(_deaf(one, options) for one in machines))


def _nowhere(wish: Route, options: GcpOptions) -> Problem:
    cause = f"no instance in network {options.network} has {wish.next_hop}"
    return Problem(wish.node, cause, f"gcloud compute instances list --project {options.project}")


def _deaf(machine: Machine, options: GcpOptions) -> Problem:
    where = f"{machine.name} --zone {machine.zone} --project {options.project}"
    fix = (
        f"gcloud compute instances export {where}, write canIpForward: true, then gcloud compute "
        f"instances update-from-file {where}; new ones: create with --can-ip-forward"
    )
    return Problem(machine.name, "canIpForward is false", fix)


def _firewall(
    question: Question, options: GcpOptions, firewalls: Sequence[Firewall] | str
) -> Check:
    kind = "gcp-firewall", "firewall rules let in what Pods send"
    if isinstance(firewalls, str):
        return Check(*kind, skipped=firewalls)
    problems = tuple(
        Problem(str(pool), f"no rule of network {options.network} lets it in", _rule(pool, options))
        for pool in question.pools
        if not _is_open(pool, firewalls)
    )
    return Check(*kind, problems)


def _rule(pool: Cidr, options: GcpOptions) -> str:
    return (
        f"gcloud compute firewall-rules create {options.network}-pods --network {options.network} "
        f"--allow all --source-ranges {pool} --project {options.project}"
    )


def _is_open(pool: Cidr, firewalls: Sequence[Firewall]) -> bool:
    """Whether every port is open to it: by one rule, or by one for each protocol."""
    allowed = {
        protocol.protocol
        for rule in firewalls
        if rule.direction == "INGRESS" and not rule.disabled
        if any(contains(parse_meant_cidr(source), pool) for source in rule.source_ranges)
        for protocol in rule.allowed
        if not protocol.ports
    }
    return _ALL in allowed or allowed.issuperset(_NEEDED)
