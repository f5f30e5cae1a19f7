"""A plan as lines for people and as records for files: the same words in both."""

import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, TypeAlias, assert_never

import msgspec

from podroute.claims.keep import Kept
from podroute.cli.text import LONGEST_NAME, escape, paint
from podroute.model.node import NodeName, Roster
from podroute.model.route import Quota
from podroute.observe import documents
from podroute.routing.compare import InSync
from podroute.routing.guardrails import Verdict
from podroute.routing.proposal import Proposal
from podroute.routing.quota import gaps, quota_after
from podroute.routing.steps import ENOUGH, UNWANTED, Adopt, Blocked, Create, Delete, Replace, Step

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


def print_document(document: Mapping[str, object], output: str) -> None:
    """``document`` with its version, as ``yaml`` or ``json``."""
    versioned = {"apiVersion": documents.API_VERSION, **document}
    if output == "yaml":
        sys.stdout.write(msgspec.yaml.encode(versioned).decode())
    else:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(versioned)).decode() + "\n")


def leaving_nodes(roster: Roster) -> Sequence[str]:
    """The names of those that are being deleted; they keep their routes until they are gone."""
    return [one.name for one in roster.everybody() if one.deleting]


def about_nodes(roster: Roster, waiting: Sequence[NodeName]) -> Mapping[str, object]:
    """For a document: whoever cannot be read, waits for a podCIDR, or is on the way out."""
    unreadable = [(one.name, one.reason) for one in roster.unreadable]
    return documents.about_nodes(unreadable, waiting, leaving_nodes(roster))


class StepRecord(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """One step; two steps are the same when their records are."""

    action: Action
    destination: str
    next_hop: str = ""
    node: str = ""
    was: str = ""  # the installed route that is changed, in the provider's words
    holder: str = ""  # who or what is in the way
    reason: str = ""


def step_record(step: Step) -> StepRecord:
    """The step in texts."""
    match step:
        case Create(route=route):
            return StepRecord("create", str(route.destination), str(route.next_hop), route.node)
        case Replace(installed=installed, route=route):
            hop, was, reason = str(route.next_hop), installed.handle, installed.deviation
            destination = str(route.destination)
            return StepRecord("replace", destination, hop, route.node, was, reason=reason)
        case Adopt(installed=installed, route=route):
            hop, was = str(route.next_hop), installed.handle
            return StepRecord("adopt", str(route.destination), hop, route.node, was)
        case Delete() | Blocked():
            return _unwished(step)
        case _:
            assert_never(step)


def _unwished(step: Delete | Blocked) -> StepRecord:
    match step:
        case Delete(installed=installed, node=node):
            hop, was = str(installed.next_hop or ""), installed.handle
            destination, reason = str(installed.destination), ENOUGH if node else UNWANTED
            return StepRecord("delete", destination, hop, node or "", was, reason=reason)
        case Blocked(destination=destination, next_hop=hop, node=node):
            holder, reason, via = step.holder, step.reason, str(hop or "")
            return StepRecord("blocked", str(destination), via, node, "", holder, reason)
        case _:
            assert_never(step)


def records(steps: Sequence[Step]) -> list[StepRecord]:
    """All steps in texts."""
    return [step_record(step) for step in steps]


def plan_lines(proposal: Proposal, again: Sequence[str], *, colour: bool) -> Iterator[str]:
    """The steps, what is held back, and the summary; ``again`` as for ``held_lines``."""
    shown = records(proposal.steps)
    for record in shown:
        yield f"  {step_line(record, colour=colour)}"
    if shown:
        yield ""
    for line in held_lines(proposal.verdict, again):
        yield from (line, "")
    yield summary(proposal, shown)


def quota_line(proposal: Proposal, quota: Quota) -> str:
    """How many routes there are, and will be, of how many."""
    after = quota_after(proposal.steps, quota)
    if quota.apart is None:
        kinds = [("", quota.used, after.used)]
    else:
        kinds = [(f"IPv{one} ", quota.used_by(one), after.used_by(one)) for one in (4, 6)]
    words = [f"{kind}{now} of {quota.limit}, then {then}" for kind, now, then in kinds]
    without = gaps(proposal.steps, quota)
    gap = f" It is full: where a route is replaced ({without}) the old one goes first, and for a "
    gap += "moment there is none; raise the quota to avoid that."
    return f"Quota: {'; '.join(words)}.{gap if without else ''}"


def quota_document(proposal: Proposal, quota: Quota | None) -> Mapping[str, object] | None:
    """The same for programs."""
    if quota is None:
        return None
    after = quota_after(proposal.steps, quota)
    return {
        "limit": quota.limit,
        "used": quota.used,
        "usedAfter": after.used,
        "gaps": gaps(proposal.steps, quota),
        "byVersion": quota.apart
        and [
            {"version": one, "used": quota.used_by(one), "usedAfter": after.used_by(one)}
            for one in (4, 6)
        ],
    }


def step_line(record: StepRecord, *, colour: bool = False) -> str:
    """What a person reads of one step."""
    sign = SIGNS[record.action]
    words = record.destination
    if record.next_hop:
        words += f" via {record.next_hop}"
    if record.node:
        words += f"  {escape(record.node, LONGEST_NAME)}"
    if record.action == "replace" or (record.action == "delete" and record.node):
        words += f"  (was: {escape(record.was)})"
    return f"{paint(sign, COLOURS[record.action]) if colour else sign} {words}{_because(record)}"


def _because(record: StepRecord) -> str:
    match record.action:
        case "blocked" if record.holder in record.reason:
            return f"  Blocked: {escape(record.reason)}"
        case "blocked":
            return f"  Blocked by {escape(record.holder)}: {escape(record.reason)}"
        case "adopt":
            return f"  adopt: {escape(record.was)}"
        case _:
            return f"  {escape(record.reason)}" if record.reason else ""


def held_lines(verdict: Verdict, again: Sequence[str]) -> Iterator[str]:
    """Why something waits for a person, and how to let it pass.

    ``again`` are the words behind ``podroute apply`` that lead to the same plan; empty where the
    way is shown later.
    """
    if verdict.held:
        followers = any(isinstance(one, Adopt) for one in verdict.held)
        which = "each - and ~ with the = behind it" if followers else "each - and ~"
        yield f"Held back ({len(verdict.held)}, {which}): {escape(verdict.reason)}."
    if verdict.held and again:
        words = ["podroute", "apply", *again, "--confirm", verdict.confirmation]
        yield f"If that is right: {escape(shlex.join(words))}"


def summary(proposal: Proposal, shown: Sequence[StepRecord]) -> str:
    """One line with the numbers; ``shown`` are the proposal's steps."""
    actions = [record.action for record in shown]
    adopted = actions.count("adopt")
    words = [
        f"{actions.count('create')} to add",
        f"{actions.count('replace')} to change",
        f"{actions.count('delete')} to remove",
    ]
    words += [f"{adopted} to adopt"] if adopted else []
    words += [f"{actions.count('blocked')} blocked"] if "blocked" in actions else []
    same = sum(isinstance(finding, InSync | Kept) for finding in proposal.findings)
    return f"Plan: {', '.join(words)}; {same} unchanged."
