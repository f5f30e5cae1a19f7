"""What the ledger of routes has noticed. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from podroute.model.node import NodeUid
from podroute.model.route import Quota
from podroute.routing.guardrails import Verdict
from podroute.routing.outcome import Failed
from podroute.routing.states import RouteState
from podroute.routing.steps import Blocked, Change


@dataclass(frozen=True, slots=True)
class Proven:
    """A read shows what a change was to bring about, so long after its cause, in seconds."""

    change: Change
    seconds: float
    uid: NodeUid  # of the Node that it is for; "" where there is none


@dataclass(frozen=True, slots=True)
class Disproven:
    """A change has failed, ``again`` for the same reason as before; it is tried once more."""

    failed: Failed
    again: bool
    uid: NodeUid  # as above


@dataclass(frozen=True, slots=True)
class Stopped:
    """A wish that is not carried out, for a reason that it did not have before."""

    step: Blocked
    uid: NodeUid  # of the Node whose wish it is; "" where it is gone
    holder: NodeUid  # where another Node is in the way, else ""


@dataclass(frozen=True, slots=True)
class Strayed:
    """Somebody else has taken away, or changed, a route that was as wished."""

    state: RouteState


@dataclass(frozen=True, slots=True)
class HeldBack:
    """Removals wait for a person's word; nothing is held where ``verdict`` holds nothing."""

    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Filling:
    """The router has little room left, or none."""

    quota: Quota


Fact: TypeAlias = Proven | Disproven | Stopped | Strayed | HeldBack | Filling


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a part of the world has shown: the lines of each subject, and facts.

    A subject is a destination, or ``node/NAME`` for a Node without one.
    """

    lines: Mapping[str, Sequence[RouteState]]
    facts: Sequence[Fact] = ()
    whole: bool = False  # everything was looked at: subjects that are not here are no more
