"""podroute apply for several routers: at each its own changes, whatever becomes of the others'."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

from podroute.cli.again import fresh_words, lasts, saved_words
from podroute.cli.apply import Consent, ask, refuse_stale
from podroute.cli.carrying import report, sent_and_read
from podroute.cli.failure import Exit, Failure
from podroute.cli.interrupt import ended_in_order
from podroute.cli.options import AddressPlan, NodeSource, Router
from podroute.cli.plan import planning_rules, print_plan
from podroute.cli.plan_several import steps_of
from podroute.cli.progress import Progress
from podroute.cli.reading import Settled, list_nodes, read_roster, some_routers
from podroute.cli.saved import RouterSteps, SavedPlan
from podroute.cli.several import Each, Seen, Silent, heading, look_at_each, opened, reached, warn_of
from podroute.cli.text import escape, warn
from podroute.cli.together import together, waiting_for
from podroute.providers.interface import ProviderUnreachable
from podroute.routing.guardrails import Verdict
from podroute.routing.outcome import Outcome
from podroute.routing.steps import Blocked

UNSHOWN = "it was not reached when the plan was made"


@dataclass(frozen=True, slots=True)
class Judged:
    """What may be done at a router."""

    seen: Seen
    verdict: Verdict


Result: TypeAlias = Sequence[Outcome] | Failure


async def apply_fresh(
    consent: Consent, source: NodeSource, addresses: AddressPlan, router: Router
) -> int:
    """A plan of all of them that is shown first."""
    rules = planning_rules(addresses)
    switches = {"adopt": consent.adopt, "auto_approve": consent.auto_approve}
    again = fresh_words(source, addresses, router, **switches)
    once = not lasts(source)
    async with opened(some_routers(router)) as routers:
        listed = await list_nodes(source)
        read_roster(listed)
        each = await look_at_each(routers, listed, rules, adopt=consent.adopt)
        judged = _judged(each, consent.confirm)
        _warn_of_word(judged, consent.confirm)
        _print(judged, again if consent.dry_run else ())
        if consent.dry_run:
            return _ended(each, [Exit.OK for _ in judged])
        if not consent.auto_approve and any(one.verdict.allowed for one in judged):
            ask()
            listed = listed if once else await list_nodes(source)
            shown = {one.router.name: steps_of(one) for one in reached(each)}
            each = await look_at_each(routers, listed, rules, adopt=consent.adopt)
            each = _unchanged(each, shown)
            judged = _judged(each, consent.confirm)
        return _ended(each, await _carry_out(judged, again))


async def apply_saved(saved: SavedPlan, planfile: Path, place: Settled, consent: Consent) -> int:
    """A plan of all of them that was shown before."""
    rules = planning_rules(saved.addresses)
    async with opened(some_routers(saved.router)) as routers:
        listed = await list_nodes(place.source, place.login)
        read_roster(listed)
        each = await look_at_each(routers, listed, rules, adopt=saved.adopt)
        each = _unchanged(each, {one.name: one for one in saved.steps_by_router()})
        judged = _judged(each, consent.confirm)
        _warn_of_word(judged, consent.confirm)
        again = saved_words(planfile, saved.source)
        if consent.dry_run:
            _print(judged, again)
            return _ended(each, [Exit.OK for _ in judged])
        if any(one.verdict.allowed for one in judged):  # then it is stale
            again = fresh_words(place.source, saved.addresses, saved.router, adopt=saved.adopt)
        return _ended(each, await _carry_out(judged, again))


def _unchanged(each: Each, shown: Mapping[str, RouterSteps]) -> Each:
    """Goes on where each leads to the same steps; what was not shown is left alone.

    Raises:
        Failure: the plan is stale.
    """
    found: list[Seen | Silent] = []
    for one in each:
        known = shown.get(one.router.name)
        if isinstance(one, Seen) and known is None:
            found.append(Silent(one.router, UNSHOWN))
            continue
        if isinstance(one, Seen) and known is not None:
            try:
                refuse_stale(one.look, known.steps, known.held)
            except Failure as failure:
                raise Failure(failure.status, f"router {known.name}: {failure}") from None
        found.append(one)
    return found


def _judged(each: Each, confirmed: str) -> Sequence[Judged]:
    return [Judged(one, one.verdict(confirmed)) for one in reached(each)]


def _warn_of_word(judged: Sequence[Judged], confirmed: str) -> None:
    held = [one for one in judged if one.verdict.held]
    fits = any(one.seen.look.proposal.verdict.held and not one.verdict.held for one in judged)
    if confirmed and held and not fits:
        warn(f"--confirm {confirmed} is the word for other changes than those held back now")


def _print(judged: Sequence[Judged], again: Sequence[str]) -> None:
    for one in judged:
        sys.stdout.write(f"{heading(one.seen.router)}\n")
        shown = replace(one.seen.look.proposal, verdict=one.verdict)
        print_plan(one.seen.look, shown, "text", again)
        sys.stdout.write("\n")


async def _carry_out(judged: Sequence[Judged], again: Sequence[str]) -> Sequence[int]:
    """The exit status of each; what has become of it is told once, of who hangs last."""
    names = {one.seen.router.name: one for one in judged}
    counts = dict[str, int]()
    statuses = dict[str, int]()

    def tell(done: Mapping[str, Result]) -> None:
        for name in (one for one in names if one in done and one not in statuses):
            statuses[name] = _told(names[name], done[name], again)

    with Progress(sum(map(_count, judged))) as progress, ended_in_order(progress):

        async def carried(name: str, one: Judged) -> Result:
            def behind_us(count: int) -> None:
                counts[name] = count
                progress.reach(sum(counts.values()))

            begun = partial(progress.begin, router=name)
            try:
                return await sent_and_read(one.verdict.allowed, one.seen.provider, behind_us, begun)
            except ProviderUnreachable as error:
                return Failure(Exit.UNREACHED, f"nothing was changed: {error}")
            except Failure as failure:
                return failure

        def slow(done: Mapping[str, Result], waited: Sequence[str]) -> None:
            with progress.aside():
                tell(done)
                warn(waiting_for(waited))

        work = {name: carried(name, one) for name, one in names.items()}
        results = await together(work, slow)
    tell(results)
    return list(statuses.values())


def _count(one: Judged) -> int:
    return len(one.verdict.allowed)


def _told(one: Judged, result: Result, again: Sequence[str]) -> int:
    name = one.seen.router.name
    sys.stdout.write(f"{heading(one.seen.router)}\n")
    sys.stdout.flush()
    if isinstance(result, Failure):
        warn(f"router {name}: {escape(str(result))}")
        return result.status
    blocked = [step for step in one.seen.look.proposal.steps if isinstance(step, Blocked)]
    return report(one.verdict, result, blocked, again, f"router {name}: ")


def _ended(each: Each, statuses: Sequence[int]) -> int:
    """One status for all: 3 where none was reached, 4 where one is not as it should be."""
    silent = [one for one in each if isinstance(one, Silent)]
    warn_of(silent)
    known = [*statuses, *(Exit.UNREACHED for _ in silent)]
    if all(one == Exit.UNREACHED for one in known):
        return Exit.UNREACHED
    if Exit.PARTLY in known or Exit.UNREACHED in known:
        return Exit.PARTLY
    return Exit.REFUSED if Exit.REFUSED in known else Exit.OK
