"""One look at this machine as a worker, for verbs that change nothing."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from podroute.agent.nodes import Known, NodesUnreadable
from podroute.agent.worker import Worker, WorkerUnreadable
from podroute.bridge.decision import NodeClaim, decide
from podroute.bridge.desired import Wish
from podroute.bridge.diagnosis import diagnose
from podroute.bridge.path import Journey, Owner
from podroute.bridge.seen import Host
from podroute.cli.agent_run import Run
from podroute.cli.agent_running import first_word, source_of
from podroute.cli.failure import Exit, Failure
from podroute.host.netlink import Netlink, NetlinkFailed
from podroute.model.check import Check
from podroute.model.cidr import Address, Cidr


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen, and what follows from it."""

    host: Host
    wish: Wish | None  # None: the podCIDRs cannot be this worker's
    checks: tuple[Check, ...]
    known: Known
    served: Sequence[Cidr]  # podCIDRs that are reached here when the agent has done its work


async def look(run: Run) -> Look:
    """Reads the machine whole.

    Raises:
        Failure: the machine, the Nodes or the API server cannot be read.
    """
    known = await _known(run)
    try:
        with closing(Netlink()) as netlink:
            host = Worker(netlink, run.folders).read(thorough=True)
    except (NetlinkFailed, WorkerUnreadable) as error:
        raise Failure(Exit.UNREACHED, str(error)) from None
    claim = NodeClaim(known.pod_cidrs, known.internal_ips)
    decision = decide(claim, host, run.duties.settings, run.duties.rules)
    plan, wish = decision.plan, decision.wish
    checks = diagnose(plan, wish, decision.host)
    return Look(decision.host, wish, checks, known, plan.served)


def journey_to(target: Address, run: Run, known: Known) -> Journey:
    """Whose ``target`` is, and what the kernel does with packets to it.

    Raises:
        Failure: the kernel cannot be asked.
    """
    try:
        with closing(Netlink()) as netlink:
            way = Worker(netlink, run.folders).way_to(target)
    except NetlinkFailed as error:
        raise Failure(Exit.UNREACHED, str(error)) from None
    owners = (
        Owner(node.name, node.internal_ips)
        for node in known.others.nodes
        if any(target in cidr for cidr in node.pod_cidrs)
    )
    return Journey(target, next(owners, None), way)


async def _known(run: Run) -> Known:
    try:
        async with source_of(run) as source:
            known = await first_word(source)
    except NodesUnreadable as error:
        raise Failure(Exit.DIFFERENT, str(error)) from None
    if known.missing:
        raise Failure(Exit.DIFFERENT, f"{known.missing}: there is nothing to compare with")
    return known
