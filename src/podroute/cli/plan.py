"""podroute plan: what would change at the router, and why?"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Final, Literal

from cyclopts import Parameter

from podroute.claims.rules import ClaimRules
from podroute.cli import event_loop
from podroute.cli.again import fresh_words, saved_words
from podroute.cli.failure import Exit, Failure
from podroute.cli.options import (
    ANY_ADDRESSES,
    ANY_ROUTER,
    ANY_SOURCE,
    NO_RANGE,
    AddressPlan,
    NodeSource,
    Router,
    claim_rules,
)
from podroute.cli.reading import Look, list_nodes, look, open_router, read_roster, settled
from podroute.cli.saved import SavedPlan, write_plan
from podroute.cli.show import (
    about_nodes,
    held_lines,
    plan_lines,
    print_document,
    quota_document,
    quota_line,
    records,
    summary,
)
from podroute.cli.text import count, wants_colour, warn
from podroute.providers.interface import RouteProvider
from podroute.routing.proposal import Proposal
from podroute.routing.sequence import chains
from podroute.routing.steps import Blocked, Change

CHANGES: Final = 2  # with --detailed-exitcode, as Terraform has it


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
    return event_loop.run(_plan(view, source, addresses, router))


async def _plan(view: PlanView, source: NodeSource, addresses: AddressPlan, router: Router) -> int:
    if view.show_commands and view.output == "json":
        raise Failure(Exit.USAGE, "--show-commands prints commands: give it without -o json")
    if len(router.chosen()) > 1:
        from podroute.cli.plan_several import plan_several  # noqa: PLC0415 -- few have several

        return await plan_several(view, source, addresses, router)
    rules = planning_rules(addresses)
    async with open_router(router) as provider:
        place = settled(source)
        listed = await list_nodes(source, place.login)
        read_roster(listed)
        seen = await look(listed, provider, rules, adopt=view.adopt)
        commands = (
            commands_of(seen.proposal.verdict.allowed, provider) if view.show_commands else ()
        )
    again = fresh_words(place.source, addresses, router, adopt=view.adopt)
    if view.out is not None:
        steps, held = records(seen.proposal.steps), records(seen.proposal.verdict.held)
        saved = SavedPlan(place.source, addresses, router, view.adopt, place.server, steps, held)
        write_plan(saved, view.out)
        again = saved_words(view.out, place.source)
    if view.show_commands:
        print_commands(commands, seen.proposal, again)
    else:
        print_plan(seen, seen.proposal, view.output, again)
    changes = seen.proposal.verdict.allowed or seen.proposal.verdict.held
    return CHANGES if view.detailed_exitcode and changes else Exit.OK


def commands_of(changes: Sequence[Change], provider: RouteProvider) -> Sequence[str]:
    """One line for each destination: it ends where ``apply`` would end."""
    parts = chains(changes)
    lines = iter(provider.commands(tuple(chain.from_iterable(parts))))
    return [" && ".join(islice(lines, len(part))) for part in parts]


def print_commands(commands: Sequence[str], proposal: Proposal, again: Sequence[str]) -> None:
    """Nothing but commands on standard output; what is not among them is said beside it."""
    sys.stdout.writelines(f"{line}\n" for line in commands)
    blocked = sum(isinstance(step, Blocked) for step in proposal.steps)
    if blocked:
        warn(f"not among these: {count(blocked, 'blocked step')}; podroute plan shows them")
    for line in held_lines(proposal.verdict, again):
        warn(line)


def planning_rules(addresses: AddressPlan) -> ClaimRules:
    """The rules; without a cluster CIDR no podCIDR could be told from a hostile one.

    Raises:
        Failure: no cluster CIDR is given, or a range cannot be read.
    """
    if not addresses.cluster_cidr:
        raise Failure(Exit.USAGE, NO_RANGE)
    return claim_rules(addresses)


def print_plan(seen: Look, proposal: Proposal, output: str, again: Sequence[str] = ()) -> None:
    """The plan on standard output; ``again`` as for ``held_lines``."""
    if output == "text":
        lines = plan_lines(proposal, again, colour=wants_colour(sys.stdout))
        sys.stdout.writelines(f"{line}\n" for line in lines)
        if seen.table.quota:
            sys.stdout.write(f"{quota_line(proposal, seen.table.quota)}\n")
        return
    document = {
        "kind": "RouteProposal",
        "origin": seen.listed.origin,
        **proposal_document(seen, proposal),
        **about_nodes(seen.roster, proposal.judgement.waiting),
    }
    print_document(document, output)


def proposal_document(seen: Look, proposal: Proposal) -> Mapping[str, object]:
    """What would change at one router, for programs."""
    steps = records(proposal.steps)
    return {
        "steps": steps,
        "held": records(proposal.verdict.held),
        "heldReason": proposal.verdict.reason,
        "confirmation": proposal.verdict.confirmation,
        "summary": summary(proposal, steps),
        "quota": quota_document(proposal, seen.table.quota),
    }
