"""A plan as lines for people and as records for files: the same words in both."""

from collections.abc import Iterator, Sequence
from typing import Final, Literal, TypeAlias, assert_never

import msgspec

from podroute.cli.text import escape, paint
from podroute.model.node import NodeName
from podroute.routing.guardrails import Verdict
from podroute.routing.proposal import Proposal
from podroute.routing.steps import Adopt, Blocked, Create, Delete, Replace, Step

Action: TypeAlias = Literal["create", "replace", "delete", "adopt", "blocked"]

SIGNS: Final[dict[Action, str]] = {
    "create": "+",
    "replace": "~",
    "delete": "-",
    "adopt": "=",
    "blocked": "!",
}
COLOURS: Final[dict[Action, str]] = {
    "create": "32",
    "replace": "33",
    "delete": "31",
    "adopt": "36",
    "blocked": "35",
}


class StepRecord(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """One step; two steps are the same when their records are."""

    action: Action
    destination: str
    next_hop: str = ""
    node: str = ""
    was: str = ""  # the installed route that is changed
    reason: str = ""


def step_record(step: Step) -> StepRecord:
    """The step in texts."""
    match step:
        case Create(route=route):
            return StepRecord("create", str(route.destination), str(route.next_hop), route.node)
        case Replace(installed=installed, route=route):
            hop, was, reason = str(route.next_hop), installed.handle, installed.deviation
            return StepRecord("replace", str(route.destination), hop, route.node, was, reason)
        case Adopt(installed=installed, route=route):
            hop, was = str(route.next_hop), installed.handle
            return StepRecord("adopt", str(route.destination), hop, route.node, was)
        case Delete() | Blocked():
            return _unwished(step)
        case _:
            assert_never(step)


def _unwished(step: Delete | Blocked) -> StepRecord:
    match step:
        case Delete(installed=installed):
            hop = str(installed.next_hop or "")
            destination, was = str(installed.destination), installed.handle
            return StepRecord("delete", destination, hop, "", was, "no Node needs it")
        case Blocked(destination=destination, next_hop=hop, node=node, reason=reason):
            return StepRecord("blocked", str(destination), str(hop or ""), node, "", reason)
        case _:
            assert_never(step)


def plan_lines(proposal: Proposal, *, colour: bool) -> Iterator[str]:
    """The steps, what is held back, and the summary."""
    for step in proposal.steps:
        yield _line(step_record(step), colour=colour)
    if proposal.steps:
        yield ""
    yield from held_lines(proposal.verdict)
    yield summary(proposal)


def _line(record: StepRecord, *, colour: bool) -> str:
    sign = SIGNS[record.action]
    words = record.destination
    if record.next_hop:
        words += f" via {record.next_hop}"
    if record.node:
        words += f"   {escape(record.node)}"
    if record.was and record.action != "delete":
        words += f"   (is: {escape(record.was)})"
    if record.reason:
        words += f"   {escape(record.reason)}"
    return f"  {paint(sign, COLOURS[record.action]) if colour else sign} {words}"


def held_lines(verdict: Verdict) -> Iterator[str]:
    """Why something waits for a person, and how to let it pass."""
    if verdict.held:
        count = len(verdict.held)
        yield f"Held back: {count} of these, because {escape(verdict.reason)}."
        yield f"To let them pass: podroute apply --confirm {verdict.confirmation}"
        yield ""


def summary(proposal: Proposal) -> str:
    """One line with the numbers."""
    actions = [step_record(step).action for step in proposal.steps]
    same = len(proposal.judgement.believed) - sum(
        actions.count(one) for one in ("create", "replace", "adopt")
    )
    same -= _foreign_in_the_way(proposal)
    words = [
        f"{actions.count('create')} to add",
        f"{actions.count('replace')} to change",
        f"{actions.count('delete')} to remove",
    ]
    words += [f"{actions.count('adopt')} to adopt"] if "adopt" in actions else []
    words += [f"{actions.count('blocked')} blocked"] if "blocked" in actions else []
    return f"Plan: {', '.join(words)}; {same} unchanged."


def _foreign_in_the_way(proposal: Proposal) -> int:
    rejected = {(one.node, one.destination) for one in proposal.judgement.rejected}
    blocked = (step for step in proposal.steps if isinstance(step, Blocked))
    return sum((NodeName(one.node), one.destination) not in rejected for one in blocked)


def records(steps: Sequence[Step]) -> list[StepRecord]:
    """All steps in texts."""
    return [step_record(step) for step in steps]
