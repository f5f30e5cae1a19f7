"""Election: whatever clocks, delays, pauses and deaths, never two terms at one moment."""

from dataclasses import dataclass, field
from itertools import count
from typing import Final, Literal, TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from podroute.controllers.election import Candidate, Claim, Record, Term, Timing

TIMING: Final = Timing(lease_duration=15, renew_deadline=10, retry_period=2, settle=40)
LIFE: Final = 34.0  # seconds for which the API server lets a write live

Action: TypeAlias = Literal[
    "read", "hear", "renew", "land", "confirm", "lose", "patch", "release", "die"
]
ACTIONS: Final[tuple[Action, ...]] = (
    "read",
    "hear",
    "renew",
    "land",
    "confirm",
    "lose",
    "patch",
    "release",
    "die",
)


@dataclass
class Write:
    """Of the Lease: on its way to the server, and its answer on the way back."""

    term: Term
    over: str  # the version that it replaces; "" to make one
    wanted: Record
    sent: float  # by the sender's clock
    begun: float  # in real time
    done: Record | None = None
    landed: bool = False


@dataclass
class Process:
    """A candidate; its clock has its own start and its own rate."""

    identity: str
    rate: float
    start: float
    candidate: Candidate
    answer: tuple[Record | None] | None = None  # to a read, under way
    seen: Record | None = None
    write: Write | None = None
    term: Term | None = None


@dataclass
class World:
    """A Lease at an API server, and two processes that want it."""

    rates: tuple[float, float]
    time: float = 0.0
    lease: Record | None = None
    names: "count[int]" = field(default_factory=count)
    processes: list[Process] = field(default_factory=list[Process])
    stray: list[Write] = field(default_factory=list[Write])  # nobody waits for them any more
    patches: list[tuple[Term, float]] = field(default_factory=list[tuple[Term, float]])
    strangers: int = 0  # patches of other terms that a leader's own could meet
    origins: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        self.processes = [self.born(rate) for rate in self.rates]

    def born(self, rate: float) -> Process:
        identity = f"p{next(self.names)}"
        return Process(identity, rate, 1000.0 * len(identity), Candidate(identity, TIMING))

    def now(self, one: Process) -> float:
        return one.start + one.rate * self.time

    def leads(self, one: Process) -> bool:
        return one.term is not None and one.term.time_left(self.now(one)) > 0

    def step(self, number: int, action: Action) -> None:  # noqa: C901, PLR0912 -- a table
        one = self.processes[number]
        match action:
            case "read":
                one.answer = (self.lease,)
            case "hear":
                self.hear(one)
            case "renew":
                self.renew(one)
            case "land":
                self.land(one)
            case "confirm":
                self.confirm(one)
            case "lose":
                self.lose(one)
            case "patch":
                if one.term is not None and self.leads(one):
                    self.patch(one.term, self.now(one))
            case "release":
                self.release(one)
            case "die":
                self.lose(one)
                self.processes[number] = self.born(one.rate)

    def patch(self, term: Term, now: float) -> None:
        if term.origin != "took over" or now >= term.quiet_at:
            self.strangers += sum(other is not term for other, _ in self.patches)
            self.patches.append((term, self.time))

    def hear(self, one: Process) -> None:
        """What was read; one who may, claims."""
        if one.answer is None or one.write is not None or self.leads(one):
            return
        (one.seen,), one.answer = one.answer, None
        now = self.now(one)
        one.candidate.note(one.seen, now)
        claim = one.candidate.move(now, 0.5)
        if isinstance(claim, Claim):
            mark = one.seen.mark if one.seen else ""
            wanted = Record("", one.identity, TIMING.lease_duration, claim.number, mark)
            self.send(one, Term(claim, now, TIMING), wanted)

    def renew(self, one: Process) -> None:
        if one.term is not None and self.leads(one) and one.write is None:
            mark = one.seen.mark if one.seen else ""
            number = one.term.number
            wanted = Record("", one.identity, TIMING.lease_duration, number, mark)
            self.send(one, one.term, wanted)

    def release(self, one: Process) -> None:
        """With a word for the successor where nothing is under way."""
        if one.term is None or one.write is not None:
            return
        if not any(term is one.term for term, _ in self.patches):
            one.term.vouch()
        one.term.end()
        self.send(one, one.term, Record("", "", 1, one.term.number, one.term.mark(self.now(one))))
        one.term = None

    def send(self, one: Process, term: Term, wanted: Record) -> None:
        over = one.seen.version if one.seen else ""
        one.write = Write(term, over, wanted, self.now(one), self.time)

    def land(self, one: Process) -> None:
        """The write under way, or one that nobody waits for."""
        write = one.write or next(iter(self.stray), None)
        if write is None or write.landed:
            return
        write.landed = True
        if write in self.stray:
            self.stray.remove(write)
        if (self.lease.version if self.lease else "") == write.over:
            wanted, version = write.wanted, str(next(self.names))
            self.lease = write.done = Record(
                version, wanted.holder, wanted.duration, wanted.transitions, wanted.mark
            )

    def confirm(self, one: Process) -> None:
        """The answer arrives, whatever it is."""
        write = one.write
        if write is None or not write.landed:
            return
        one.write = None
        if write.done is None:
            self.conflict(one)
            return
        one.seen = write.done
        if one.term is not None and one.term is write.term:
            one.term.extend(write.sent, self.now(one))
        elif write.term.time_left(self.now(one)) > 0:
            one.term = write.term
            self.origins.add(write.term.origin)

    def conflict(self, one: Process) -> None:
        """It looks at once whether the Lease is still its own."""
        if one.term is not None:
            one.seen = self.lease
            if self.lease is None or not self.lease.is_of(one.identity, one.term):
                one.term.end()
                one.term = None

    def lose(self, one: Process) -> None:
        """No answer: the write may land later, and a leader looks what has become of it."""
        if one.write is not None:
            self.stray.append(one.write)
            one.write = None
            self.conflict(one)

    def pass_by(self, seconds: float) -> None:
        self.time += seconds
        self.stray = [one for one in self.stray if self.time - one.begun < LIFE]
        self.patches = [(term, sent) for term, sent in self.patches if self.time - sent < LIFE]


Steps: TypeAlias = list[tuple[int, tuple[Action, ...], float]]

PAUSES: Final = st.sampled_from([0.0, 0.0, 0.0, 0.1, 1.0, 2.0, 4.9, 5.0, 9.9, 10.0, 15.0, 40.0])
MOVES: Final[tuple[tuple[Action, ...], ...]] = (
    ("read", "hear", "land", "confirm"),
    ("read", "hear", "lose"),
    ("renew", "land", "confirm"),
    ("renew", "land", "lose"),
    ("renew", "lose"),
    ("patch",),
    ("release", "land", "confirm"),
    ("release", "lose"),
    ("read",),
    ("hear", "land"),
    ("confirm",),
    ("land",),
    ("die",),
)
STEPS: Final = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from(MOVES), PAUSES | st.floats(0, 20)), max_size=60
)


def play(rates: tuple[float, float], steps: Steps) -> World:
    """Never is there more than one leader."""
    world = World(rates)
    for number, actions, pause in steps:
        for action in actions:
            world.step(number, action)
            assert sum(map(world.leads, world.processes)) <= 1, world
        world.pass_by(pause)
    return world


@given(st.floats(1.0, 1.499), st.integers(0, 1), STEPS)
def test_no_two_terms_have_time_left_at_once(rate: float, swapped: int, steps: Steps) -> None:
    """While no clock runs faster than another by more than 15 to 10."""
    play((rate, 1.0) if swapped else (1.0, rate), steps)


@given(st.floats(1.0, 1.17), st.integers(0, 1), STEPS)
def test_who_may_assign_need_not_fear_what_another_term_has_sent(
    rate: float,
    swapped: int,
    steps: Steps,
) -> None:
    """While no clock runs faster than the API server's by more than 40 to 34."""
    world = play((rate, 1.0) if swapped else (1.0, rate), steps)

    assert world.strangers == 0


WIN: Final = MOVES[0]


def test_clocks_that_differ_by_more_have_two_leaders() -> None:
    """The law is as sharp as it says: it can be broken at all."""
    late: Steps = [(0, WIN, 0.0), (1, ("read", "hear"), 9.0), (1, WIN, 0.0)]

    play((1.0, 1.5), late)
    world = World((1.0, 1.7))
    for number, actions, pause in late:
        for action in actions:
            world.step(number, action)
        world.pass_by(pause)

    assert list(map(world.leads, world.processes)) == [True, True]


def test_every_way_to_a_term_is_taken() -> None:
    steps: Steps = [
        (0, WIN, 40.0),
        (0, ("read",), 0.0),
        (1, ("read", "hear"), 15.0),
        (1, WIN, 0.0),
        (1, ("renew", "land", "confirm"), 1.0),
        (1, ("release", "land", "confirm"), 0.0),
        (0, WIN, 1.0),
        (0, ("release", "land", "confirm"), 0.0),
    ]

    assert play((1.0, 1.0), steps).origins == {"fresh", "took over"}
    look: Steps = [(1, ("read", "hear"), 15.0)]
    assert play((1.0, 1.0), [(0, WIN, 0), *look, steps[-1], (1, WIN, 0)]).origins == {
        "fresh",
        "handed over",
    }
