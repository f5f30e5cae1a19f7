"""podroute plan: what would change at the router, and why?"""

import asyncio
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from cyclopts import Parameter

from podroute.claims.rules import ClaimRules
from podroute.cli.failure import Exit, Failure
from podroute.cli.options import (
    ANY_ADDRESSES,
    ANY_ROUTER,
    ANY_SOURCE,
    AddressPlan,
    NodeSource,
    Router,
    claim_rules,
)
from podroute.cli.reading import list_nodes, open_router, read_roster
from podroute.cli.saved import API_VERSION, SavedPlan, write_plan
from podroute.cli.show import plan_lines, records
from podroute.cli.text import wants_colour
from podroute.kube.nodes import NodeList
from podroute.model.node import Roster
from podroute.routing.proposal import Proposal, propose


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class PlanView:
    """How the plan is shown and kept."""

    output: Annotated[Literal["text", "json"], Parameter(name=("--output", "-o"))] = "text"
    "text, or json for programs."
    out: Path | None = None
    "Keep the plan in this file, for podroute apply FILE."
    show_commands: Annotated[bool, Parameter(negative=())] = False
    "Print the lines that a person would type for the same, ready to run, and nothing else."
    adopt: Annotated[bool, Parameter(negative=())] = False
    "Take over foreign routes that lead where they should."
    detailed_exitcode: Annotated[bool, Parameter(negative=())] = False
    "Exit with 0 where there is nothing to do, with 2 where there is."


ANY_VIEW: Final = PlanView()


def plan(
    *,
    view: PlanView = ANY_VIEW,
    source: NodeSource = ANY_SOURCE,
    addresses: AddressPlan = ANY_ADDRESSES,
    router: Router = ANY_ROUTER,
) -> int:
    """Show what would change at the router, and why; nothing is touched."""
    return asyncio.run(_plan(view, source, addresses, router))


async def _plan(view: PlanView, source: NodeSource, addresses: AddressPlan, router: Router) -> int:
    rules = planning_rules(addresses)
    async with open_router(router) as provider:
        listed = await list_nodes(source)
        roster = read_roster(listed)
        proposal = propose(roster, await provider.read(), rules, adopt=view.adopt)
        if view.show_commands:
            lines = provider.commands(proposal.verdict.allowed)
            sys.stdout.writelines(f"{line}\n" for line in lines)
    if view.out is not None:
        kept = SavedPlan(
            _lasting(source),
            addresses,
            router,
            view.adopt,
            list(listed.objects),
            records(proposal.steps),
        )
        write_plan(kept, view.out)
    if not view.show_commands:
        print_plan(proposal, listed, roster, view.output)
    return _status(proposal, detailed=view.detailed_exitcode)


def _status(proposal: Proposal, *, detailed: bool) -> int:
    changes = bool(proposal.verdict.allowed or proposal.verdict.held)
    return (
        Exit.USAGE if detailed and changes else Exit.OK
    )  # 2 is also Terraform's "there are changes"


def planning_rules(addresses: AddressPlan) -> ClaimRules:
    """The rules; without a cluster CIDR no podCIDR could be told from a hostile one.

    Raises:
        Failure: no cluster CIDR is given, or a range cannot be read.
    """
    if not addresses.cluster_cidr:
        words = "give --cluster-cidr, the Pods' range of the cluster, e.g. 10.200.0.0/16"
        raise Failure(Exit.USAGE, words)
    return claim_rules(addresses)


def _lasting(source: NodeSource) -> NodeSource:
    """The same source from any working directory."""
    if source.filename in {"", "-"}:
        return source
    return replace(source, filename=str(Path(source.filename).resolve()))


def print_plan(proposal: Proposal, listed: NodeList, roster: Roster, output: str) -> None:
    """The plan on standard output."""
    if output == "text":
        lines = plan_lines(proposal, colour=wants_colour(sys.stdout))
        sys.stdout.writelines(f"{line}\n" for line in lines)
        return
    document = {
        "apiVersion": API_VERSION,
        "kind": "RoutePlan",
        "origin": listed.origin,
        "steps": records(proposal.steps),
        "held": records(proposal.verdict.held),
        "heldReason": proposal.verdict.reason,
        "confirmation": proposal.verdict.confirmation,
        "unreadable": [{"name": one.name, "reason": one.reason} for one in roster.unreadable],
    }
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(document)).decode() + "\n")
