"""What is a fact of the ledger called, in the log and in the timeline?

Many of one sort that come at once are one entry, so that a flood hides nothing else.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, assert_never

from podroute.claims.judge import ADDRESS_PLAN
from podroute.observe.board import Kind, Subject
from podroute.observe.route_metrics import Operation
from podroute.routing.facts import Disproven, Filling, Proven, Stopped, Strayed
from podroute.routing.quota import QUOTA
from podroute.routing.steps import (
    ENOUGH,
    UNWANTED,
    Adopt,
    Change,
    Create,
    Delete,
    Replace,
    destination_of,
    node_of,
)

FEW: Final = 10  # of one sort are told one by one
AUDITED: Final[tuple[Kind, ...]] = ("deleted", "replaced")  # in the log one by one all the same
NAMED: Final = 3  # of more than these, so many are named
LOST: Final = "the API server is not followed"
FOUND: Final = "the API server is followed again"


@dataclass(frozen=True, slots=True)
class Notice:
    """``title`` is for the log; ``count``: of how many it tells; ``seconds``: the longest of them.

    ``trouble``: somebody should know; ``by``: who stands in the way.
    """

    kind: Kind
    title: str
    subject: Subject
    node: str
    words: str
    seconds: float | None = None
    by: str = ""
    trouble: bool = True
    count: int = 1

    @property
    def entry(self) -> str:
        """For the timeline, which has no titles: of a Node the kind says too little."""
        said = (self.title, self.words) if self.kind == "node" else (self.words,)
        return ": ".join(filter(None, said))


def proven(fact: Proven) -> Notice:
    """A change that a read has shown."""
    change, node = fact.change, node_of(fact.change) or ""
    kind, words = _done(change)
    subject = str(destination_of(change))
    title = f"route {kind}"
    return Notice(kind, title, subject, node, words, fact.seconds, trouble=False)


def disproven(fact: Disproven) -> Notice:
    """A change that has failed."""
    step = fact.failed.step
    title = f"{operation_of(step)} failed"
    subject = str(destination_of(step))
    return Notice("failed", title, subject, node_of(step) or "", fact.failed.reason)


def stopped(fact: Stopped) -> Notice:
    """A wish that is not carried out."""
    step, kind = fact.step, _stop(fact)
    subject = str(step.destination)
    return Notice(kind, "blocked", subject, step.node, step.reason, by=step.holder)


def strayed(fact: Strayed) -> Notice:
    """A route that somebody else has touched."""
    state = fact.state
    words = f"{state.state}: {state.reason}"
    return Notice("drift", "drift", str(state.destination), state.node, words)


def filling(fact: Filling) -> Notice:
    """A router that has little room left."""
    quota = fact.quota
    words = f"the router has {quota.used} of the {quota.limit} routes that it takes"
    return Notice("quota", "quota", "", "", words)


def gathered(notices: Iterable[Notice], apart: Container[Kind] = ()) -> Iterator[Notice]:
    """The same, but of many of one sort their number, and the first; of ``apart`` each."""
    sorts: dict[tuple[Kind, str], list[Notice]] = {}
    for one in notices:
        sorts.setdefault((one.kind, one.title), []).append(one)
    for alike in sorts.values():
        if len(alike) <= FEW or alike[0].kind in apart:
            yield from alike
        else:
            yield _together(alike)


def _together(alike: Sequence[Notice]) -> Notice:
    named = "; ".join(f"{one.subject or one.node} {one.words}" for one in alike[:NAMED])
    words = f"{len(alike):,} at once, the first of them: {named}"
    seconds = max((one.seconds for one in alike if one.seconds is not None), default=None)
    return replace(
        alike[0], subject="", node="", words=words, seconds=seconds, by="", count=len(alike)
    )


def operation_of(change: Change) -> Operation:
    """What is asked of the router."""
    match change:
        case Create():
            return "create"
        case Replace():
            return "replace"
        case Delete():
            return "delete"
        case Adopt():
            return "adopt"
        case _:
            assert_never(change)


def _stop(fact: Stopped) -> Kind:
    if fact.holder:
        return "duplicate"
    rules: dict[str, Kind] = {QUOTA: "quota", ADDRESS_PLAN: "refused"}
    return rules.get(fact.step.holder, "foreign")


def _done(change: Change) -> tuple[Kind, str]:
    match change:
        case Create(route=route):
            return "created", f"via {route.next_hop}"
        case Replace(route=route, installed=installed):
            return "replaced", f"via {route.next_hop}, was {installed.handle}"
        case Adopt(route=route):
            return "adopted", f"via {route.next_hop}"
        case Delete(installed=installed, node=node):
            why = ENOUGH if node else UNWANTED
            return "deleted", f"{why}: {installed.handle}"
        case _:
            assert_never(change)
