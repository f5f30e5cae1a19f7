"""What the route loop tells people: log lines, metrics, Events, and the board."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, assert_never

from podroute.claims.judge import ADDRESS_PLAN
from podroute.controllers.recorder import Announcer
from podroute.controllers.showing import show, show_router
from podroute.kube.patch_answers import Applied, PatchAnswer
from podroute.model.node import Node, NodeName, Roster, Unreadable
from podroute.model.route import Quota, RouteTable
from podroute.observe.board import Board, Happening, HeldBack, Kind
from podroute.observe.logs import Logger
from podroute.observe.route_metrics import Method, Operation, Result, RouteMetrics, Trigger
from podroute.providers.interface import ProviderUnreachable
from podroute.routing import facts as noticed
from podroute.routing.conditions import ConditionWrite
from podroute.routing.facts import Disproven, Fact, Filling, Look, Proven, Stopped, Strayed
from podroute.routing.guardrails import Verdict
from podroute.routing.ledger import RouteLedger
from podroute.routing.outcome import Done, Outcome
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

FAILED: Final = "FailedToCreateRoute"  # Kubernetes' own reason
FOREIGN: Final = "ForeignRoute"
DUPLICATE: Final = "DuplicatePodCIDR"
REFUSED: Final = "PodCIDRRefused"
HELD: Final = "DeletesHeld"
QUOTA_NEAR: Final = "RouteQuotaNear"


@dataclass(frozen=True, slots=True)
class Channels:
    """Where it is told; ``wall`` is Unix time in seconds."""

    log: Logger
    metrics: RouteMetrics
    recorder: Announcer
    board: Board
    wall: Callable[[], float]


class RouteReports:
    """Each fact once to the log, to the metrics and the board, and as an Event."""

    def __init__(self, channels: Channels) -> None:
        self._log = channels.log
        self._metrics = channels.metrics
        self._recorder = channels.recorder
        self._board = channels.board
        self._wall = channels.wall
        self._unreadable: dict[str, str] = {}  # why, as told last
        self._unreached = ""  # why, as told last

    def listed(self, roster: Roster, *, rewound: bool) -> None:
        """All Nodes are known."""
        if rewound:
            self._log.warning("the cluster has gone back in time, as after a restored backup")
        self._log.info("listed for routes", nodes=len(roster.nodes) + len(roster.unreadable))
        for one in roster.unreadable:
            self.seen(one)

    def seen(self, node: Node | Unreadable) -> None:
        """One Node is known; why it cannot be read is told once."""
        if isinstance(node, Node):
            self._unreadable.pop(node.name, None)
        elif self._unreadable.get(node.name) != node.reason:
            self._unreadable[node.name] = node.reason
            self._log.warning("a Node cannot be read", node=node.name, why=node.reason)

    def lost(self, reason: str) -> None:
        """The API server is not followed for the moment; all routes stay."""
        self._log.warning("the API server is not followed", why=reason)

    def deaf(self, reason: str) -> None:
        """Changes at the router are only found by reading it."""
        self._log.warning("the router's own changes are not heard", why=reason)

    def looked(self, look: Look, ledger: RouteLedger, trigger: Trigger) -> None:
        """What a look has shown."""
        show(look, ledger.observed, self._board)
        self.tell(look.facts)
        self._metrics.queued(ledger.ready)
        self._metrics.synced(trigger, "changed" if ledger.ready else "noop")

    def read(self, table: RouteTable, facts: Iterable[Fact]) -> None:
        """The router's table is known."""
        if self._unreached:
            self._log.info("the router answers again")
            self._unreached = ""
        self._metrics.requested("read", "ok")
        now = self._wall()
        self._metrics.synced_at(now)
        show_router(table, now, self._board)
        self.tell(facts)

    def applied(self, outcomes: Sequence[Outcome], facts: Iterable[Fact], seconds: float) -> None:
        """The router has answered."""
        self._metrics.requested("apply", "ok")
        for outcome in outcomes:
            self._metrics.operated(_operation(outcome.step), _result(outcome), seconds)
            self._metrics.added()
            self._metrics.worked(seconds)
        self.tell(facts)

    def unreached(self, method: Method, error: ProviderUnreachable) -> None:
        """The router was not read, or not changed; what it has stays."""
        self._metrics.requested(method, "throttled" if error.after else "unreachable")
        self._metrics.synced("periodic", "error")
        if self._unreached != str(error):
            self._unreached = str(error)
            self._log.warning("the router is not reached, and keeps what it has", why=str(error))

    def throttled(self, seconds: float) -> None:
        """The router asks for less."""
        self._metrics.waited(seconds)
        self._log.info("the router asks for fewer requests", pause=round(seconds, 1))

    def wrote(self, write: ConditionWrite, answer: PatchAnswer) -> None:
        """A Node's condition is written, or is not."""
        name = type(answer).__name__.lower()
        self._metrics.condition_written(name)
        if isinstance(answer, Applied):
            self._log.debug("condition", node=write.node, status=write.condition.status)
        else:
            self._log.warning("condition not written", node=write.node, why=answer.reason)

    def tell(self, facts: Iterable[Fact]) -> None:
        """What the ledger has noticed."""
        for fact in facts:
            match fact:
                case Proven():
                    self._tell_proven(fact)
                case Disproven():
                    self._tell_disproven(fact)
                case Stopped():
                    self._tell_stopped(fact)
                case Strayed(state=state):
                    words = f"{state.state}: {state.reason}"
                    destination = str(state.destination)
                    self._log.warning("drift", destination=destination, node=state.node, what=words)
                    self._happened("drift", destination, state.node, words)
                case noticed.HeldBack(verdict=verdict):
                    self._tell_held(verdict)
                case Filling(quota=quota):
                    self._tell_filling(quota)
                case _:
                    assert_never(fact)

    def _tell_proven(self, fact: Proven) -> None:
        change, node = fact.change, node_of(fact.change)
        destination = str(destination_of(change))
        kind, reason, words = _done(change)
        self._metrics.converged(fact.seconds)
        whose = {"node": node} if node else {}
        seconds = round(fact.seconds, 3)
        self._log.info(
            f"route {kind}", destination=destination, how=words, seconds=seconds, **whose
        )
        self._happened(kind, destination, node or "", words, fact.seconds)
        message = f"{destination}: {words}"
        if node:
            self._recorder.record(node, fact.uid, "Normal", reason, message)
        else:
            self._recorder.announce("Normal", reason, message)

    def _tell_disproven(self, fact: Disproven) -> None:
        failed, node = fact.failed, node_of(fact.failed.step)
        destination, operation = str(destination_of(failed.step)), _operation(failed.step)
        self._metrics.retried()
        if not fact.again:
            self._log.warning(
                f"{operation} failed", destination=destination, node=node or "", why=failed.reason
            )
            self._happened("failed", destination, node or "", failed.reason)
        message = f"{operation} of the route to {destination}: {failed.reason}"
        if node:
            self._recorder.record(node, fact.uid, "Warning", FAILED, message)
        else:
            self._recorder.announce("Warning", FAILED, message)

    def _tell_stopped(self, fact: Stopped) -> None:
        step = fact.step
        destination, reason = str(step.destination), FOREIGN
        if fact.holder:
            reason = DUPLICATE
        elif step.holder == QUOTA:
            reason = FAILED
        elif step.holder == ADDRESS_PLAN:
            reason = REFUSED
        self._log.warning(
            "blocked", destination=destination, node=step.node, by=step.holder, why=step.reason
        )
        self._happened("foreign", destination, step.node, step.reason)
        message = f"no route to {destination}: {step.reason}"
        self._recorder.record(step.node, fact.uid, "Warning", reason, message)
        if fact.holder and step.holder != step.node:
            holder = NodeName(step.holder)
            message = f"{step.node} claims what this Node has: {step.reason}"
            self._recorder.record(holder, fact.holder, "Warning", DUPLICATE, message)

    def _tell_held(self, verdict: Verdict) -> None:
        held = None
        if verdict.held:
            held = HeldBack(len(verdict.held), verdict.reason, verdict.confirmation)
            confirm = f"podroute apply --confirm {verdict.confirmation}"
            words = f"{verdict.reason}; if that is right: {confirm}"
            self._log.error("held back", count=held.count, why=verdict.reason, next=confirm)
            self._happened("held", "", "", words)
            self._recorder.announce("Warning", HELD, words)
        else:
            self._log.info("nothing is held back any more")
        self._board.stand(replace(self._board.standing, held=held))

    def _tell_filling(self, quota: Quota) -> None:
        words = f"the router has {quota.used} of the {quota.limit} routes that it takes"
        self._log.warning("quota", used=quota.used, limit=quota.limit)
        self._recorder.announce("Warning", QUOTA_NEAR, f"{words}: raise its quota")

    def _happened(
        self, kind: Kind, subject: str, node: str, words: str, seconds: float | None = None
    ) -> None:
        self._board.happened(Happening(self._wall(), kind, subject, node, words, seconds))


def _operation(change: Change) -> Operation:
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


def _result(outcome: Outcome) -> Result:
    if isinstance(outcome, Done):
        return "done"
    return "throttled" if outcome.retry == "slower" else "failed"


def _done(change: Change) -> tuple[Kind, str, str]:
    """How the timeline calls it, the reason of its Event, and words."""
    match change:
        case Create(route=route):
            return "created", "RouteCreated", f"via {route.next_hop}"
        case Replace(route=route, installed=installed):
            return "replaced", "RouteReplaced", f"via {route.next_hop}, was {installed.handle}"
        case Adopt(route=route):
            return "adopted", "RouteAdopted", f"via {route.next_hop}"
        case Delete(installed=installed, node=node):
            why = ENOUGH if node else UNWANTED
            return "deleted", "RouteDeleted", f"{why}: {installed.handle}"
        case _:
            assert_never(change)
