"""What keeps a VPC network from carrying Pods' packets, beside its routes? Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from podroute.model.check import Check, Problem
from podroute.model.route import Route
from podroute.providers.gcp.firewall import kept_out
from podroute.providers.gcp.inventory import Inventory, Machine
from podroute.providers.gcp.settings import GcpOptions
from podroute.providers.gcp.wire import Firewall, Peering
from podroute.providers.interface import Question

_RUNNING: Final = "RUNNING"
_ASLEEP: Final = "SUSPEND"  # with an end of either kind
_BOTH: Final = "IPV4_IPV6"


def checks(
    question: Question,
    options: GcpOptions,
    inventory: Inventory | str,
    firewalls: Sequence[Firewall] | str,
    peerings: Sequence[Peering] | str,
) -> tuple[Check, ...]:
    """The last three may be why they are not known."""
    return (
        *_of_instances(question, options, inventory),
        _firewall(question, options, firewalls),
        _peered(question, options, peerings),
    )


def _of_instances(
    question: Question, options: GcpOptions, inventory: Inventory | str
) -> Iterator[Check]:
    present = "gcp-instance", "every next hop is a running instance of the network"
    forwards = "gcp-can-ip-forward", "instances may send and receive what is not their own"
    if isinstance(inventory, str):
        yield Check(*present, skipped=inventory)
        yield Check(*forwards, skipped=inventory)
        return
    found = [(wish, inventory.by_address.get(wish.next_hop)) for wish in question.wishes]
    unfit = (_unfit(wish, one, options) for wish, one in found)
    yield Check(*present, tuple(one for one in unfit if one is not None))
    machines = dict.fromkeys(one for _, one in found if one is not None and not one.forwards)
    yield Check(*forwards, tuple(_deaf(one, options) for one in machines))


def _unfit(wish: Route, machine: Machine | None, options: GcpOptions) -> Problem | None:
    """Why nobody is at the next hop."""
    if machine is None:
        cause = f"no instance in network {options.network} has {wish.next_hop}"
        fix = f"gcloud compute instances list --project {options.project}"
    elif machine.status != _RUNNING:
        cause = f"instance {machine.name} is {machine.status}"
        verb = "resume" if machine.status.startswith(_ASLEEP) else "start"
        fix = f"gcloud compute instances {verb} {_where(machine, options)}"
    else:
        return None
    return Problem(wish.node, cause, fix)


def _where(machine: Machine, options: GcpOptions) -> str:
    return f"{machine.name} --zone {machine.zone} --project {options.project}"


def _deaf(machine: Machine, options: GcpOptions) -> Problem:
    where = _where(machine, options)
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
    return Check(*kind, tuple(kept_out(question.pools, firewalls, options)))


def _peered(question: Question, options: GcpOptions, peerings: Sequence[Peering] | str) -> Check:
    kind = "gcp-peering", "peered networks know the way to Pods"
    if isinstance(peerings, str):
        return Check(*kind, skipped=peerings)
    six = any(pool.version == 6 for pool in question.pools)  # noqa: PLR2004
    active = [one for one in peerings if one.state == "ACTIVE"]
    return Check(*kind, tuple(found for one in active for found in _unseen(one, options, six=six)))


def _unseen(peering: Peering, options: GcpOptions, *, six: bool) -> Iterator[Problem]:
    """Why machines of the other network cannot answer Pods."""
    other = peering.network.rpartition("/")[2]
    subject = f"{peering.name} to network {other}"
    if options.instance_tags:
        cause = "routes for instances with tags are passed on to no other network"
        yield Problem(subject, cause, "leave out --provider-option tags=, or masquerade Pods there")
        return
    update = (
        f"gcloud compute networks peerings update {peering.name} --network {options.network} "
        f"--project {options.project}"
    )
    if not peering.export_custom_routes:
        fix = f"{update} --export-custom-routes, and there the same with --import-custom-routes"
        yield Problem(subject, "it passes on none of our routes", fix)
    if six and peering.stack_type != _BOTH:
        fix = f"{update} --stack-type {_BOTH}, and there the same"
        yield Problem(subject, "it passes on no IPv6 routes", fix)
