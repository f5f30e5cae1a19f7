"""What is true of the routes at this moment, and what has happened lately, for all who look."""

import asyncio
from collections import Counter, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, TypeVar, get_args

import msgspec

from podroute.model.cidr import Address, Cidr, parse_cidr, sort_key
from podroute.model.pool import CidrPool
from podroute.model.route import Ownership, Quota
from podroute.routing.states import RouteState, State

KEPT: Final = 500  # entries of the timeline
REMEMBERED: Final = 4096  # changes of subjects, beyond which a snapshot costs no more than a delta
STATES: Final[tuple[State, ...]] = get_args(State)
NODE: Final = "node/"  # how the subjects of Nodes without a podCIDR begin

Subject: TypeAlias = str
"""``10.200.0.0/24`` for a destination, ``node/NAME`` for a Node without a podCIDR."""


class RouteRecord(msgspec.Struct, frozen=True):
    """One line of the table in texts, as every document shows it."""

    node: str | None
    internal_ips: tuple[str, ...] = msgspec.field(name="internalIPs")
    pod_cidr: str | None = msgspec.field(name="podCIDR")
    next_hop: str | None = msgspec.field(name="nextHop")
    state: State
    owner: Ownership | None
    reason: str
    router: str | msgspec.UnsetType = msgspec.UNSET  # its name, where there are several


def route_record(state: RouteState, internal_ips: Sequence[Address]) -> RouteRecord:
    """The line in texts; ``internal_ips`` are all those of its Node."""
    return RouteRecord(
        node=state.node or None,
        internal_ips=tuple(map(str, internal_ips)),
        pod_cidr=str(state.destination) if state.destination else None,
        next_hop=str(state.next_hop) if state.next_hop else None,
        state=state.state,
        owner=state.owner or None,
        reason=state.reason,
    )


Kind: TypeAlias = Literal[
    "created",
    "replaced",
    "deleted",
    "adopted",
    "failed",
    "held",
    "drift",
    "foreign",
    "duplicate",
    "refused",
    "quota",
    "node",
    "leader",
    "read",
]


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry of the timeline; ``node`` and ``subject`` are "" where it is about none.

    ``seconds`` go from the Node's event, or from the discovery of the drift, to the read-back.
    """

    moment: float  # Unix seconds
    kind: Kind
    subject: Subject
    node: str
    words: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class HeldBack:
    """What waits for a person: how many steps, why, and the word that lets them pass.

    ``next``: what the person does for that, as the one says who holds it back.
    """

    count: int
    reason: str
    confirmation: str
    next: str = ""


@dataclass(frozen=True, slots=True)
class RouterStanding:
    """One of several routers; as in ``Standing``."""

    name: str
    provider: str
    read: float | None
    unreached: str
    quota: Quota | None
    held: HeldBack | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known beside the lines; "" and None: not known, or there is none.

    ``lease`` is NAMESPACE/NAME where leaders are elected, ``leader`` its holder, ``leads`` whether
    that is this process; ``unreached`` is why the router does not answer; ``unreadable`` are Nodes
    with the reason, ``deleting`` those on the way out; ``routers`` is empty for one router.
    """

    leader: str = ""
    leads: bool = False
    lease: str = ""
    provider: str = ""
    server: str = ""
    read: float | None = None  # when the router was last read in full, Unix seconds
    unreached: str = ""
    quota: Quota | None = None
    held: HeldBack | None = None
    pools: tuple[CidrPool, ...] = ()
    reserved: tuple[Cidr, ...] = ()
    node_cidrs: tuple[Cidr, ...] = ()
    own_addresses: tuple[Address, ...] = ()
    unreadable: tuple[tuple[str, str], ...] = ()
    deleting: tuple[str, ...] = ()
    routers: tuple[RouterStanding, ...] = ()


@dataclass(frozen=True, slots=True)
class Delta:
    """What has changed up to ``revision``; a subject without records is gone."""

    revision: int
    subjects: Mapping[Subject, Sequence[RouteRecord]]
    happenings: Sequence[Happening]
    standing: Standing | None  # None: as before


_Place: TypeAlias = tuple[bool, tuple[int, ...], str]


class Board:
    """Written by the loops, read by whoever shows it; ``revision`` grows with each change."""

    def __init__(self) -> None:
        self.revision = 0
        self.standing = Standing()
        self._stood = 0  # the revision of ``standing``
        self._lines: dict[Subject, tuple[_Place, tuple[RouteRecord, ...]]] = {}
        self._counts: Counter[State] = Counter()
        self._changed: deque[tuple[int, Subject]] = deque(maxlen=REMEMBERED)
        self._forgotten = 0  # changes of subjects up to this revision may be out of ``_changed``
        self._timeline: deque[tuple[int, Happening]] = deque(maxlen=KEPT)
        self._news = asyncio.Event()

    def put(self, subject: Subject, records: Sequence[RouteRecord]) -> None:
        """All lines of ``subject`` from now on; none: it is gone."""
        new = tuple(records)
        place, old = self._lines.get(subject, (None, ()))
        if new == old:
            return
        if new:
            self._lines[subject] = (place or _place(subject), new)
        else:
            del self._lines[subject]
        self._counts.subtract(one.state for one in old)
        self._counts.update(one.state for one in new)
        self._move()
        if len(self._changed) == REMEMBERED:
            self._forgotten = self._changed[0][0]
        self._changed.append((self.revision, subject))

    def happened(self, happening: Happening) -> None:
        """The last 500 are kept."""
        self._move()
        self._timeline.append((self.revision, happening))

    def stand(self, standing: Standing) -> None:
        """What is known beside the lines from now on."""
        if standing != self.standing:
            self._move()
            self.standing, self._stood = standing, self.revision

    def _move(self) -> None:
        self.revision += 1
        self._news.set()

    def rows(self) -> Sequence[RouteRecord]:
        """By destination, IPv4 before IPv6, Nodes without a podCIDR last."""
        return [one for _, records in sorted(self._lines.values(), key=_first) for one in records]

    def lines(self) -> Mapping[Subject, Sequence[RouteRecord]]:
        """The same by subject, in the same order."""
        ordered = sorted(self._lines.items(), key=lambda item: item[1][0])
        return {subject: records for subject, (_, records) in ordered}

    def of(self, subject: Subject) -> Sequence[RouteRecord]:
        """Its lines; none where it is not known."""
        return self._lines[subject][1] if subject in self._lines else ()

    def subjects(self) -> Collection[Subject]:
        """Whatever has lines, in no order."""
        return self._lines.keys()

    def counts(self) -> Mapping[State, int]:
        """How many lines are in each state."""
        return {state: self._counts[state] for state in STATES}

    def timeline(self) -> Sequence[Happening]:
        """What has happened lately, the oldest first."""
        return [happening for _, happening in self._timeline]

    def since(self, revision: int) -> Delta | None:
        """What is new after ``revision``; None: it is too long ago, or not of this board."""
        if not self._forgotten <= revision <= self.revision:
            return None
        subjects = dict.fromkeys(_newer(self._changed, revision))
        return Delta(
            self.revision,
            {one: self.of(one) for one in subjects},
            list(_newer(self._timeline, revision))[::-1],
            self.standing if self._stood > revision else None,
        )

    async def wait(self, revision: int) -> None:
        """Returns as soon as something is newer than ``revision``."""
        while self.revision <= revision:
            self._news.clear()
            await self._news.wait()


_T = TypeVar("_T")


def _newer(entries: deque[tuple[int, _T]], revision: int) -> Iterator[_T]:
    """The latest first."""
    for moved, entry in reversed(entries):
        if moved <= revision:
            return
        yield entry


def _first(line: tuple[_Place, tuple[RouteRecord, ...]]) -> _Place:
    return line[0]


def _place(subject: Subject) -> _Place:
    if subject.startswith(NODE):
        return True, (), subject
    return False, sort_key(parse_cidr(subject)), ""
