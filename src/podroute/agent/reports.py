"""What the agent tells people: each fact once, and again when it is another."""

from collections.abc import Iterable, Sequence
from typing import Final

from podroute.agent.peers import PeerReport
from podroute.agent.worker import Done, Failed
from podroute.bridge.plan import Plan
from podroute.bridge.steps import line
from podroute.observe.logs import Logger

AWAITED: Final = "for the API server"
_URGENT: Final = (  # what a service manager should show, the worst first
    "not read",
    "failed",
    "waiting",
    "blocked",
    "peer route failed",
    "peer route blocked",
    "peer routes held",
)
_LAST_STEP: Final = "CNI configuration"  # the worker forwards without it


class Reports:
    """To the log."""

    def __init__(self, log: Logger) -> None:
        self.log = log
        self._silence = ""
        self._standing: dict[str, frozenset[str]] = {}

    def planned(self, plan: Plan) -> None:
        """What is not going to be done, and what a person should look at."""
        self._tell("blocked", (f"{one.what}: {one.reason}" for one in plan.blocked))
        self._tell("problem", (one.told for one in plan.problems))

    def applied(self, outcomes: Sequence[Done | Failed]) -> None:
        """What was done, and what was not."""
        for outcome in outcomes:
            if isinstance(outcome, Done):
                self.log.info("done", step=line(outcome.step))
        failed = (one for one in outcomes if isinstance(one, Failed))
        self._tell("failed", (f"{line(one.step)}: {one.reason}" for one in failed))

    def waiting(self, why: str) -> None:
        """There is nothing to be in step with; "" from when there is."""
        self._tell("waiting", (why,) if why else ())

    def unreadable(self, why: str) -> None:
        """The machine or the Nodes could not be read; "" from when they could."""
        self._tell("not read", (why,) if why else ())

    def unheard(self, why: str) -> None:
        """Of what nobody tells the agent: its period must do; "" from when somebody does."""
        self._tell("not heard", (why,) if why else ())

    def peers(self, report: PeerReport) -> None:
        """The direct routes."""
        if report.done:
            self.log.info("peer routes", changed=report.done)
        self._tell("peer route blocked", report.blocked)
        self._tell("peer route failed", report.failed)
        self._tell("peer routes held", (report.held,) if report.held else ())

    def announced(self, report: PeerReport) -> None:
        """The podCIDRs at the BGP daemon."""
        if report.done:
            self.log.info("announcements", changed=report.done)
        self._tell("not announced", (*report.blocked, *report.failed))
        self._tell("withdrawals held", (report.held,) if report.held else ())

    def lost(self, why: str) -> None:
        """The API server is silent: what is there stays."""
        self._silence = why
        self.log.warning("API server lost", why=why)

    def state(self, *, in_step: bool) -> str:
        """In one line, how the worker is."""
        for event in _URGENT:
            for what in sorted(self._standing.get(event, ()), key=_is_beside):
                silent = f" ({self._silence})" if self._silence and what.startswith(AWAITED) else ""
                beside = in_step and (event.startswith("peer") or _is_beside(what))
                return f"{'in step, but ' if beside else ''}{event}: {what}{silent}"
        return "in step" if in_step else "not in step yet"

    def _tell(self, event: str, words: Iterable[str]) -> None:
        now = frozenset(words)
        for one in sorted(now - self._standing.get(event, frozenset())):
            self.log.warning(event, what=one)
        for one in sorted(self._standing.get(event, frozenset()) - now):
            self.log.info("over", was=event, what=one)
        self._standing[event] = now


def _is_beside(what: str) -> bool:
    return what.startswith(_LAST_STEP)
