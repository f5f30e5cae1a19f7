"""podroute apply: carries out a plan that was shown, and proves it by reading back."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Final, TypeVar

from cyclopts import Parameter

from podroute.cli.carrying import carry_out, report
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
from podroute.cli.reading import Look, list_nodes, look, open_router, read_roster
from podroute.cli.saved import SavedPlan, read_plan
from podroute.cli.show import StepRecord, records, step_line
from podroute.cli.text import warn
from podroute.providers.interface import RouteProvider
from podroute.routing.guardrails import Verdict

SOME: Final = 3  # differences that are shown of many


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
        What podroute plan --out has written, with its Nodes, address plan and router; without it
        a fresh plan is made.
    """
    if planfile is None:
        return asyncio.run(_apply_fresh(consent, source, addresses, router))
    saved = read_plan(planfile)
    if consent.adopt and not saved.adopt:
        words = f"--adopt is not in {planfile}: make it by podroute plan --adopt --out"
        raise Failure(Exit.USAGE, words)
    flags = [*_unlike(source, saved.source), *_unlike(addresses, saved.addresses)]
    for flag in [*flags, *_unlike(router, saved.router)]:
        warn(f"--{flag.replace('_', '-')} is not used: {planfile} has its own")
    return asyncio.run(_apply_saved(saved, consent))


SettingsT = TypeVar("SettingsT", NodeSource, AddressPlan, Router)


def _unlike(given: SettingsT, saved: SettingsT) -> Iterator[str]:
    """The names of the settings that were given, and that the plan was not made with."""
    for field in fields(given):
        value = getattr(given, field.name)
        if value not in (field.default, getattr(saved, field.name)):
            yield field.name


async def _apply_saved(saved: SavedPlan, consent: Consent) -> int:
    rules = planning_rules(saved.addresses)
    async with open_router(saved.router) as provider:
        once = saved.source.filename == "-"
        listed = saved.nodes.listed() if once else await list_nodes(saved.source)
        read_roster(listed)
        seen = await look(listed, provider, rules, adopt=saved.adopt)
        _refuse_stale(seen, saved.steps, saved.held)
        verdict = _judged(seen, consent.confirm)
        if consent.dry_run:
            print_plan(seen, replace(seen.proposal, verdict=verdict), "text")
            return Exit.OK
        return await _carry_out(verdict, provider)


async def _apply_fresh(
    consent: Consent, source: NodeSource, addresses: AddressPlan, router: Router
) -> int:
    rules = planning_rules(addresses)
    async with open_router(router) as provider:
        listed = await list_nodes(source)
        read_roster(listed)
        seen = await look(listed, provider, rules, adopt=consent.adopt)
        verdict = _judged(seen, consent.confirm)
        print_plan(seen, replace(seen.proposal, verdict=verdict), "text")
        if consent.dry_run:
            return Exit.OK
        if verdict.allowed and not consent.auto_approve:
            _ask()
            listed = listed if source.filename == "-" else await list_nodes(source)
            again = await look(listed, provider, rules, adopt=consent.adopt)
            steps, held = records(seen.proposal.steps), records(seen.proposal.verdict.held)
            _refuse_stale(again, steps, held)
            verdict = again.verdict(consent.confirm)
        return await _carry_out(verdict, provider)


def _judged(seen: Look, confirmed: str) -> Verdict:
    verdict = seen.verdict(confirmed)
    if confirmed and verdict.held:
        warn(f"--confirm {confirmed} is the word for other changes than those held back now")
    return verdict


def _refuse_stale(seen: Look, steps: Sequence[StepRecord], held: Sequence[StepRecord]) -> None:
    """Goes on where a second look leads to the same steps, and to the same held back.

    Raises:
        Failure: the plan is stale.
    """
    now = records(seen.proposal.steps)
    if now == list(steps) and records(seen.proposal.verdict.held) == list(held):
        return
    before, after = set(steps), set(now)
    differences = [f"no longer: {step_line(one)}" for one in steps if one not in after]
    differences += [f"now: {step_line(one)}" for one in now if one not in before]
    if not differences:
        differences = ["other steps are held back"]
    more = f" and {len(differences) - SOME} more" if len(differences) > SOME else ""
    words = f"{'; '.join(differences[:SOME])}{more}"
    message = f"the plan is stale, nothing was changed: {words}; look at a new podroute plan"
    raise Failure(Exit.REFUSED, message)


def _ask() -> None:
    sys.stdout.flush()
    if not sys.stdin.isatty():
        words = "there is nobody to ask, nothing was changed: give --auto-approve, or a saved plan"
        raise Failure(Exit.USAGE, words)
    sys.stderr.write("\nApply these changes? Only 'yes' is accepted to approve: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != "yes":
        raise Failure(Exit.REFUSED, "not approved, nothing was changed")


async def _carry_out(verdict: Verdict, provider: RouteProvider) -> int:
    return report(verdict, await carry_out(verdict.allowed, provider))
