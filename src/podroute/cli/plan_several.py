"""podroute plan for several routers: what would change at each."""

import sys
from collections.abc import Mapping, Sequence
from typing import assert_never

from podroute.cli.again import fresh_words, saved_words
from podroute.cli.failure import Exit
from podroute.cli.options import AddressPlan, NodeSource, Router
from podroute.cli.plan import (
    CHANGES,
    PlanView,
    commands_of,
    planning_rules,
    print_commands,
    print_plan,
    proposal_document,
)
from podroute.cli.reading import list_nodes, read_roster, settled, some_routers
from podroute.cli.saved import RouterSteps, SavedPlan, write_plan
from podroute.cli.several import (
    Each,
    Seen,
    Silent,
    heading,
    look_at_each,
    need_all,
    opened,
    reached,
)
from podroute.cli.show import about_nodes, print_document, records


async def plan_several(
    view: PlanView, source: NodeSource, addresses: AddressPlan, router: Router
) -> int:
    """Each by itself; one that is not reached does not keep the others from being shown.

    Raises:
        Failure: one is not reached, when the others are shown; or a setting does not fit.
    """
    rules = planning_rules(addresses)
    async with opened(some_routers(router)) as routers:
        place = settled(source)
        listed = await list_nodes(source, place.login)
        read_roster(listed)
        each = await look_at_each(routers, listed, rules, adopt=view.adopt)
        again = fresh_words(place.source, addresses, router, adopt=view.adopt)
        if view.out is not None:
            need_all(each)
            steps = [steps_of(one) for one in reached(each)]
            saved = SavedPlan(
                place.source, addresses, router, view.adopt, place.server, [], [], routers=steps
            )
            write_plan(saved, view.out)
            again = saved_words(view.out, place.source)
        _show(each, view, again)
    need_all(each)
    verdicts = [one.look.proposal.verdict for one in reached(each)]
    changes = any(one.allowed or one.held for one in verdicts)
    return CHANGES if view.detailed_exitcode and changes else Exit.OK


def steps_of(one: Seen) -> RouterSteps:
    """What would be saved of it."""
    proposal = one.look.proposal
    return RouterSteps(one.router.name, records(proposal.steps), records(proposal.verdict.held))


def _show(each: Each, view: PlanView, again: Sequence[str]) -> None:
    if view.output == "json":
        _print_document(each)
        return
    for one in reached(each):
        proposal = one.look.proposal
        if view.show_commands:
            sys.stdout.write(f"# router {one.router.name}\n")
            print_commands(commands_of(proposal.verdict.allowed, one.provider), proposal, again)
        else:
            sys.stdout.write(f"{heading(one.router)}\n")
            print_plan(one.look, proposal, "text", again)
            sys.stdout.write("\n")


def _print_document(each: Each) -> None:
    first = next(reached(each), None)
    content: dict[str, object] = {"kind": "RouteProposals", "routers": list(map(_facts, each))}
    if first is not None:
        look = first.look
        waiting = look.proposal.judgement.waiting
        content |= {"origin": look.listed.origin, **about_nodes(look.roster, waiting)}
    print_document(content, "json")


def _facts(one: Seen | Silent) -> Mapping[str, object]:
    names = {"name": one.router.name, "provider": one.router.provider}
    match one:
        case Seen(look=look):
            return {**names, "unreached": None, **proposal_document(look, look.proposal)}
        case Silent(reason=reason):
            return {**names, "unreached": reason}
        case _:
            assert_never(one)
