"""podroute apply: carries out a plan that was shown, and proves it by reading back."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Final, NoReturn, TypeAlias, TypeVar

from cyclopts import Parameter

from podroute.cli import event_loop
from podroute.cli.again import flag, fresh_words, lasting, lasts, saved_words
from podroute.cli.carrying import carry_out, report
from podroute.cli.failure import Exit, Failure
from podroute.cli.options import (
    ANY_ADDRESSES,
    ANY_LEASE,
    ANY_ROUTER,
    ANY_SOURCE,
    AddressPlan,
    LeaseName,
    NodeSource,
    Router,
)
from podroute.cli.plan import planning_rules, print_plan
from podroute.cli.reading import (
    Look,
    Settled,
    list_nodes,
    look,
    open_router,
    read_roster,
    settled,
)
from podroute.cli.saved import SavedPlan, read_plan
from podroute.cli.show import StepRecord, records, step_line
from podroute.cli.text import warn
from podroute.providers.interface import RouteProvider
from podroute.routing.guardrails import Verdict
from podroute.routing.steps import Blocked

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
    "The word for what is held back, of podroute plan, or of podroute status for the controller."
    lease: LeaseName = ANY_LEASE


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
    """Carry out a saved plan, or a fresh one after a yes; or tell a controller a word.

    With --confirm and without a plan and a --provider, the word reaches the running controller.

    Parameters
    ----------
    planfile
        What podroute plan --out has written, with its source of Nodes, address plan and router;
        Nodes of standard input are given again. Without it a fresh plan is made.
    """
    if planfile is None and consent.confirm and not router.is_given:
        return _tell_controller(source, consent)
    if planfile is None:
        return event_loop.run(_apply_fresh(consent, source, addresses, router))
    saved = read_plan(planfile)
    if consent.adopt and not saved.adopt:
        words = f"--adopt is not in {planfile}: make it by podroute plan --adopt --out"
        raise Failure(Exit.USAGE, words)
    given = lasting(source)
    now = _source_now(saved, planfile, given)
    unlike = [*_unlike(given, now.source), *_unlike(addresses, saved.addresses)]
    unlike += _unlike(router, saved.router)
    if unlike:
        words = f"{planfile} was made without this {', '.join(map(flag, unlike))}"
        ways = "flag, PODROUTE_… variable or line of --config"
        raise Failure(Exit.USAGE, f"{words}: leave out the {ways}, or make a new plan")
    read_now = Settled(source) if saved.source.filename == "-" else now
    return event_loop.run(_apply_saved(saved, planfile, read_now, consent))


def _tell_controller(source: NodeSource, consent: Consent) -> int:
    from podroute.cli.leader import confirm  # noqa: PLC0415 -- not where it is not used

    leader = event_loop.run(confirm(source, consent.lease, consent.confirm))
    words = f"it lets pass what it holds back under the name {consent.confirm}"
    sys.stdout.write(f"{leader} is told: {words}; see podroute status --controller ADDRESS.\n")
    return Exit.OK


def _source_now(saved: SavedPlan, planfile: Path, given: NodeSource) -> Settled:
    """Where to look again: only what could not be read twice is taken from ``given``.

    Raises:
        Failure: it is not to be had any more, or not given.
    """
    if not saved.source.filename:
        return _cluster_of(saved, planfile)
    if saved.source.filename != "-":
        return Settled(saved.source)
    if not given.filename:
        words = f"{planfile} was made from standard input: give the Nodes as they are now"
        way = f"kubectl get nodes -o yaml | podroute apply {planfile} -f -"
        raise Failure(Exit.USAGE, f"{words}, e.g. {way}")
    return Settled(replace(saved.source, filename=given.filename))


def _cluster_of(saved: SavedPlan, planfile: Path) -> Settled:
    try:
        place = settled(saved.source)
    except Failure as failure:
        words = f"the cluster of {planfile} is not to be found: {failure}"
        raise Failure(failure.status, f"{words}; bring that back, or make a new plan") from None
    if place.server != saved.server:
        _refuse([f"it was made for {saved.server}, and that is {place.server} now"])
    return Settled(saved.source, place.login)


SettingsT = TypeVar("SettingsT", NodeSource, AddressPlan, Router)
Setting: TypeAlias = str | int | tuple[str, ...] | None


def _unlike(given: SettingsT, saved: SettingsT) -> Iterator[str]:
    """The names of the settings that were given, and that the plan was not made with."""
    for field in fields(given):
        name, value = field.name, getattr(given, field.name)
        if value != field.default and _meant(name, value) != _meant(name, getattr(saved, name)):
            yield name


def _meant(name: str, value: Setting) -> object:
    """The same for a list with commas and for a repeated flag, in any order.

    The commas of a router are its own.
    """
    if name == "router" and isinstance(value, tuple):
        return frozenset(Router(router=value).chosen())
    return tuple(sorted(",".join(value).split(","))) if isinstance(value, tuple) else value


async def _apply_saved(saved: SavedPlan, planfile: Path, place: Settled, consent: Consent) -> int:
    if len(saved.router.chosen()) > 1:
        from podroute.cli import apply_several  # noqa: PLC0415 -- few have several

        return await apply_several.apply_saved(saved, planfile, place, consent)
    rules = planning_rules(saved.addresses)
    async with open_router(saved.router) as provider:
        listed = await list_nodes(place.source, place.login)
        read_roster(listed)
        seen = await look(listed, provider, rules, adopt=saved.adopt)
        refuse_stale(seen, saved.steps, saved.held)
        verdict = _judged(seen, consent.confirm)
        again = saved_words(planfile, saved.source)
        if consent.dry_run:
            print_plan(seen, replace(seen.proposal, verdict=verdict), "text", again)
            return Exit.OK
        if verdict.allowed:  # then it is stale
            again = fresh_words(place.source, saved.addresses, saved.router, adopt=saved.adopt)
        return await _carry_out(seen, verdict, provider, again)


async def _apply_fresh(
    consent: Consent, source: NodeSource, addresses: AddressPlan, router: Router
) -> int:
    if len(router.chosen()) > 1:
        from podroute.cli import apply_several  # noqa: PLC0415 -- as above

        return await apply_several.apply_fresh(consent, source, addresses, router)
    rules = planning_rules(addresses)
    switches = {"adopt": consent.adopt, "auto_approve": consent.auto_approve}
    again = fresh_words(source, addresses, router, **switches)
    once = not lasts(source)
    async with open_router(router) as provider:
        listed = await list_nodes(source)
        read_roster(listed)
        seen = await look(listed, provider, rules, adopt=consent.adopt)
        verdict = _judged(seen, consent.confirm)
        shown = replace(seen.proposal, verdict=verdict)
        print_plan(seen, shown, "text", again if consent.dry_run else ())
        if consent.dry_run:
            return Exit.OK
        if verdict.allowed and not consent.auto_approve:
            ask()
            listed = listed if once else await list_nodes(source)
            steps, held = records(seen.proposal.steps), records(seen.proposal.verdict.held)
            seen = await look(listed, provider, rules, adopt=consent.adopt)
            refuse_stale(seen, steps, held)
            verdict = seen.verdict(consent.confirm)
        return await _carry_out(seen, verdict, provider, again)


def _judged(seen: Look, confirmed: str) -> Verdict:
    verdict = seen.verdict(confirmed)
    if confirmed and verdict.held:
        warn(f"--confirm {confirmed} is the word for other changes than those held back now")
    return verdict


def refuse_stale(seen: Look, steps: Sequence[StepRecord], held: Sequence[StepRecord]) -> None:
    """Goes on where a second look leads to the same steps, and to the same held back.

    Raises:
        Failure: the plan is stale.
    """
    now, held_now = records(seen.proposal.steps), records(seen.proposal.verdict.held)
    if now == list(steps) and held_now == list(held):
        return
    before, after = Counter(steps), Counter(now)
    differences = [f"no longer: {step_line(one)}" for one in (before - after).elements()]
    differences += [f"now: {step_line(one)}" for one in (after - before).elements()]
    if not differences and now != list(steps):
        differences = ["its steps are in another order"]
    elif not differences and Counter(held) == Counter(held_now):
        differences = ["what is held back is in another order"]
    elif not differences:
        differences = ["other steps are held back"]
    _refuse(differences)


def _refuse(differences: Sequence[str]) -> NoReturn:
    more = f" and {len(differences) - SOME} more" if len(differences) > SOME else ""
    words = f"{'; '.join(differences[:SOME])}{more}"
    message = f"the plan is stale, nothing was changed: {words}; look at a new podroute plan"
    raise Failure(Exit.REFUSED, message)


def ask() -> None:
    """Goes on after a yes.

    Raises:
        Failure: it was another word, or there is nobody to ask.
    """
    sys.stdout.flush()
    if not sys.stdin.isatty():
        words = "there is nobody to ask, nothing was changed: give --auto-approve, or a saved plan"
        raise Failure(Exit.USAGE, words)
    sys.stderr.write("\nApply these changes? Only 'yes' is accepted to approve: ")
    sys.stderr.flush()
    if sys.stdin.readline().strip() != "yes":
        raise Failure(Exit.REFUSED, "not approved, nothing was changed")


async def _carry_out(
    seen: Look, verdict: Verdict, provider: RouteProvider, again: Sequence[str]
) -> int:
    blocked = [step for step in seen.proposal.steps if isinstance(step, Blocked)]
    return report(verdict, await carry_out(verdict.allowed, provider), blocked, again)
