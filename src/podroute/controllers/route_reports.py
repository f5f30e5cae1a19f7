"""What the loop of one router tells people: log lines, metrics, Events, and the board."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, assert_never

from podroute.controllers.notices import (
    Notice,
    disproven,
    filling,
    operation_of,
    proven,
    stopped,
    strayed,
)
from podroute.controllers.recorder import Announcer
from podroute.controllers.showing import show, show_router
from podroute.controllers.telling import Telling
from podroute.model.node import NodeName
from podroute.model.route import RouteTable
from podroute.observe.board import Board, HeldBack, Kind
from podroute.observe.logs import Logger
from podroute.observe.route_metrics import Method, Result, RouteMetrics, Trigger
from podroute.providers.interface import ProviderUnreachable
from podroute.routing import facts as noticed
from podroute.routing.facts import Disproven, Fact, Filling, Look, Proven, Stopped, Strayed
from podroute.routing.guardrails import Verdict
from podroute.routing.ledger import RouteLedger
from podroute.routing.outcome import Done, Outcome
from podroute.routing.steps import node_of

FAILED: Final = "FailedToCreateRoute"  # Kubernetes' own reason
FOREIGN: Final = "ForeignRoute"
DUPLICATE: Final = "DuplicatePodCIDR"
REFUSED: Final = "PodCIDRRefused"
HELD: Final = "DeletesHeld"
QUOTA_NEAR: Final = "RouteQuotaNear"
REASONS: Final[dict[Kind, str]] = {
    "created": "RouteCreated",
    "replaced": "RouteReplaced",
    "adopted": "RouteAdopted",
    "deleted": "RouteDeleted",
    "foreign": FOREIGN,
    "duplicate": DUPLICATE,
    "refused": REFUSED,
    "quota": FAILED,
}


@dataclass(frozen=True, slots=True)
class Channels:
    """Where it is told; ``wall`` is Unix time in seconds."""

    log: Logger
    metrics: RouteMetrics
    recorder: Announcer
    board: Board
    wall: Callable[[], float]
    confirming: Callable[[str], str]  # what a person types to let pass what has this word


class RouteReports:
    """Each fact once to the log, to the metrics and the board, and as an Event."""

    def __init__(self, channels: Channels) -> None:
        self._log = channels.log
        self._telling = Telling(channels.log, channels.board, channels.wall)
        self._metrics = channels.metrics
        self._recorder = channels.recorder
        self._board = channels.board
        self._wall = channels.wall
        self._confirming = channels.confirming
        self._held = Verdict(())  # as told last
        self._unreached = self._deaf = self._unfinished = ""  # why, as told last

    def deaf(self, reason: str) -> None:
        """Changes at the router are only found by reading it."""
        if self._deaf != reason:
            self._deaf = reason
            self._tell_router("the router's own changes are not heard", reason)

    def heard(self) -> None:
        """The router has told of a change."""
        if self._deaf:
            self._deaf = ""
            self._tell_router("the router's own changes are heard again")

    def unfinished(self, why: str) -> None:
        """What was changed has something left to be done; "" where it has not."""
        if self._unfinished == why:
            return
        self._unfinished = why
        if why:
            self._tell_router("what was changed is not finished at the router", why)
        else:
            self._tell_router("what was changed is finished at the router")

    def looked(self, look: Look, ledger: RouteLedger, trigger: Trigger, waiting: int) -> None:
        """What a look has shown; ``waiting``: how many changes were to be sent before it."""
        show(look, ledger.observed, self._board)
        self.tell(look.facts)
        self._metrics.queued(ledger.ready, new=max(0, ledger.ready - waiting))
        self._metrics.synced(trigger, "changed" if ledger.ready else "noop")

    def read(self, table: RouteTable, facts: Iterable[Fact]) -> None:
        """The router's table is known."""
        if self._unreached:
            self._unreached = ""
            self._tell_router("the router answers again")
        self._metrics.requested("read", "ok")
        now = self._wall()
        self._metrics.synced_at(now)
        show_router(table, now, self._board)
        self.tell(facts)

    def applied(self, outcomes: Sequence[Outcome], facts: Iterable[Fact], seconds: float) -> None:
        """The router has answered."""
        self._metrics.requested("apply", "ok")
        for outcome in outcomes:
            self._metrics.operated(operation_of(outcome.step), _result(outcome), seconds)
            self._metrics.worked(seconds)
        self.tell(facts)

    def unreached(self, method: Method, error: ProviderUnreachable) -> None:
        """The router was not read, or not changed; what it has stays."""
        self._metrics.requested(method, "throttled" if error.after else "unreachable")
        self._metrics.synced("periodic", "error")
        self._board.stand(replace(self._board.standing, unreached=str(error)))
        if self._unreached != str(error):
            self._unreached = str(error)
            self._tell_router("the router is not reached, and keeps what it has", str(error))

    def throttled(self, seconds: float) -> None:
        """The router asks for less."""
        self._metrics.waited(seconds)
        self._log.info("the router asks for fewer requests", pause=round(seconds, 1))

    def tell(self, facts: Iterable[Fact]) -> None:
        """What the ledger has noticed."""
        self._telling.say(notice for fact in facts if (notice := self._noticed(fact)) is not None)

    def _noticed(self, fact: Fact) -> Notice | None:
        notice = None
        match fact:
            case Proven():
                notice = self._proven(fact)
            case Disproven():
                notice = self._failed(fact)
            case Stopped():
                notice = self._stopped(fact)
            case Strayed():
                notice = strayed(fact)
            case noticed.HeldBack(verdict=verdict):
                self._tell_held(verdict)
            case Filling():
                notice = self._filling(fact)
            case _:
                assert_never(fact)
        return notice

    def _proven(self, fact: Proven) -> Notice:
        notice, node = proven(fact), node_of(fact.change)
        self._metrics.converged(fact.seconds)
        reason, message = REASONS[notice.kind], f"{notice.subject}: {notice.words}"
        if node:
            self._recorder.record(node, fact.uid, "Normal", reason, message)
        else:
            self._recorder.announce("Normal", reason, message)
        return notice

    def _failed(self, fact: Disproven) -> Notice | None:
        step, notice = fact.failed.step, disproven(fact)
        node = node_of(step)
        self._metrics.retried()
        message = f"{operation_of(step)} of the route to {notice.subject}: {notice.words}"
        if node:
            self._recorder.record(node, fact.uid, "Warning", FAILED, message)
        else:
            self._recorder.announce("Warning", FAILED, message)
        return None if fact.again else notice

    def _stopped(self, fact: Stopped) -> Notice:
        step, notice = fact.step, stopped(fact)
        why = f"{step.reason}: {step.remedy}" if step.remedy else step.reason
        message = f"no route to {notice.subject}: {why}"
        self._recorder.record(step.node, fact.uid, "Warning", REASONS[notice.kind], message)
        if fact.holder and step.holder != step.node:
            holder = NodeName(step.holder)
            message = f"{step.node} claims what this Node has: {why}"
            self._recorder.record(holder, fact.holder, "Warning", DUPLICATE, message)
        return notice

    def _filling(self, fact: Filling) -> Notice:
        notice = filling(fact)
        self._recorder.announce("Warning", QUOTA_NEAR, f"{notice.words}: raise its quota")
        return notice

    def _tell_router(self, words: str, why: str = "") -> None:
        """What is not reached is told with its reason."""
        if why:
            self._log.warning(words, why=why)
        else:
            self._log.info(words)
        self._telling.happened("read", f"{words}: {why}" if why else words)

    def _tell_held(self, verdict: Verdict) -> None:
        held = None
        if verdict.held:
            word = verdict.confirmation
            held = HeldBack(len(verdict.held), verdict.reason, word, self._confirming(word))
        self._board.stand(replace(self._board.standing, held=held))
        if not _is_news(verdict, self._held):
            return
        self._held = verdict
        if held:
            words = f"{held.reason}; if that is right: {held.next}"
            self._log.error("held back", count=held.count, why=held.reason, next=held.next)
            self._telling.happened("held", words)
            self._recorder.announce("Warning", HELD, words)
        else:
            self._log.info("nothing is held back any more")


def _is_news(verdict: Verdict, told: Verdict) -> bool:
    """Another cause, or at least twice as many or half as many: not each Node that follows."""
    few, many = sorted((len(verdict.held), len(told.held)))
    return verdict.cause != told.cause or (few != many and 2 * few <= many)


def _result(outcome: Outcome) -> Result:
    if isinstance(outcome, Done):
        return "done"
    return "throttled" if outcome.retry == "slower" else "failed"
