"""podroute apply: carries out a plan that was shown, and proves it by reading back."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Parameter

from podroute.cli.failure import Exit, Failure
from podroute.cli.options import (
    ANY_ADDRESSES,
    ANY_ROUTER,
    ANY_SOURCE,
    AddressPlan,
    NodeSource,
    Router,
)
from podroute.cli.plan import planning_rules, print_plan
from podroute.cli.progress import Progress
from podroute.cli.reading import list_nodes, open_router, read_roster
from podroute.cli.saved import SavedPlan, read_plan
from podroute.cli.show import StepRecord, held_lines, records, step_record
from podroute.cli.text import escape, warn
from podroute.kube.nodes import NodeList, to_roster
from podroute.providers.interface import RouteProvider
from podroute.routing.outcome import Failed, Outcome, confirm
from podroute.routing.proposal import Proposal, propose
from podroute.routing.steps import Change

BATCH: Final = 500  # changes between two signs of life


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Consent:
    """What may be done without asking, and what may be done at all."""

    auto_approve: Annotated[bool, Parameter(negative=())] = False
    "Do not ask."
    dry_run: Annotated[bool, Parameter(negative=())] = False
    "Show the plan and stop."
    adopt: Annotated[bool, Parameter(negative=())] = False
    "Take over foreign routes that lead where they should."
    confirm: str = ""
    "The word that podroute plan gives for what is held back."


ANY_CONSENT: Final = Consent()


@dataclass(frozen=True, slots=True)
class Errand:
    """Everything needed to look again."""

    source: NodeSource
    addresses: AddressPlan
    adopt: bool
    confirmed: str
    nodes: NodeList | None  # None: they can be read again


def apply(
    planfile: Annotated[Path | None, Parameter(allow_leading_hyphen=False)] = None,
    /,
    *,
    consent: Consent = ANY_CONSENT,
    source: NodeSource = ANY_SOURCE,
    addresses: AddressPlan = ANY_ADDRESSES,
    router: Router = ANY_ROUTER,
) -> int:
    """Carry out a saved plan, or a fresh one after a yes.

    Parameters
    ----------
    planfile
        What podroute plan --out has written; without it a fresh plan is made.
    """
    if planfile is None:
        return asyncio.run(_apply_fresh(consent, source, addresses, router))
    return asyncio.run(_apply_saved(read_plan(planfile), consent))


async def _apply_saved(saved: SavedPlan, consent: Consent) -> int:
    nodes = None
    if saved.source.filename == "-":
        nodes = NodeList(tuple(saved.nodes), (), "the saved plan")
    errand = Errand(saved.source, saved.addresses, saved.adopt, consent.confirm, nodes)
    async with open_router(saved.router) as provider:
        proposal = await _unchanged(errand, provider, saved.steps)
        if consent.dry_run:
            return Exit.OK
        return await _carry_out(proposal, provider)


async def _apply_fresh(
    consent: Consent, source: NodeSource, addresses: AddressPlan, router: Router
) -> int:
    async with open_router(router) as provider:
        listed = await list_nodes(source)
        nodes = listed if source.filename == "-" else None
        errand = Errand(source, addresses, consent.adopt, consent.confirm, nodes)
        rules = planning_rules(addresses)
        roster = read_roster(listed)
        table = await provider.read()
        proposal = propose(roster, table, rules, adopt=consent.adopt, confirmed=consent.confirm)
        print_plan(proposal, listed, roster, "text")
        if consent.dry_run:
            return Exit.OK
        if proposal.verdict.allowed:
            if not consent.auto_approve:
                _ask()
            proposal = await _unchanged(errand, provider, records(proposal.steps))
        return await _carry_out(proposal, provider)


async def _unchanged(
    errand: Errand, provider: RouteProvider, expected: Sequence[StepRecord]
) -> Proposal:
    """A second look that must lead to the same steps.

    Raises:
        Failure: the plan is stale.
    """
    listed = errand.nodes or await list_nodes(errand.source)
    proposal = propose(
        to_roster(listed),
        await provider.read(),
        planning_rules(errand.addresses),
        adopt=errand.adopt,
        confirmed=errand.confirmed,
    )
    differences = set(records(proposal.steps)) ^ set(expected)
    if differences:
        first = min(differences, key=lambda one: (one.destination, one.action))
        words = f"{first.action} {first.destination}"
        raise Failure(
            Exit.REFUSED,
            f"the plan is stale: {len(differences)} steps differ by now, first: {words}; "
            "nothing was changed, plan again",
        )
    return proposal


def _ask() -> None:
    if not sys.stdin.isatty():
        words = "there is nobody to ask: give --auto-approve, or a saved plan"
        raise Failure(Exit.USAGE, words)
    sys.stderr.write("\nApply these changes? Only 'yes' is accepted to approve: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != "yes":
        raise Failure(Exit.REFUSED, "not approved, nothing was changed")


async def _carry_out(proposal: Proposal, provider: RouteProvider) -> int:
    changes = proposal.verdict.allowed
    outcomes: list[Outcome] = []
    with Progress(len(changes)) as progress:
        for start in range(0, len(changes), BATCH):
            outcomes += await provider.apply(changes[start : start + BATCH])
            progress.reach(len(outcomes))
    outcomes = list(confirm(outcomes, await provider.read())) if outcomes else outcomes
    return _report(proposal, changes, outcomes)


def _report(proposal: Proposal, changes: Sequence[Change], outcomes: Sequence[Outcome]) -> int:
    failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    for outcome in failed:
        record = step_record(outcome.step)
        warn(f"{record.action} {record.destination} failed: {outcome.reason}")
    done = len(changes) - len(failed)
    sys.stdout.write(f"Applied: {done} of {len(changes)} changes, read back.\n")
    for line in held_lines(proposal.verdict):
        sys.stderr.write(f"{escape(line)}\n")
    if failed:
        return Exit.PARTLY
    return Exit.REFUSED if proposal.verdict.held else Exit.OK
