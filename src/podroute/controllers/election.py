"""Who leads, by a Lease: when a candidate may claim it, and how long a term lasts. Pure.

Moments are seconds of one process's monotonic clock. A record's own times are never compared with
it: another's Lease has expired when its record has not changed for its duration since it was first
seen here (as in ``k8s.io/client-go/tools/leaderelection``). A term ends before that: a leader
counts from the moment at which it sent its last renewal, and only to the renew deadline.

This keeps two terms apart while no clock runs faster than another by more than
``lease_duration / renew_deadline``. It does not recall what was sent before a term's end: the API
server may carry that out for as long as a write can live; hence ``Term.quiet_at``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Final, Literal, TypeAlias

WRITE_LIVES: Final = 39.0  # seconds: 34 in the API server, 5 in the sender's kernel
SHORTEST: Final = 0.5  # seconds of a term, in which nothing could be sent
HIGHEST: Final = (1 << 31) - 1  # of a Lease's numbers: seconds, and terms, then from 0 again
MOMENT: Final = 15.0  # seconds in which nobody else can have led
JITTER: Final = 1.2  # a pause is up to so much of itself longer

Origin: TypeAlias = Literal["fresh", "handed over", "took over"]
"""``fresh``: nobody led before; ``handed over``: the former leader, podroute's, has just left with
nothing in flight; ``took over``: what a former leader, or anybody since, sent may still land."""


@dataclass(frozen=True, slots=True)
class Timing:
    """In seconds; the first three as kube-controller-manager's flags, with their defaults."""

    lease_duration: float = 15.0
    renew_deadline: float = 10.0
    retry_period: float = 2.0
    settle: float = 40.0  # after which nothing of a former leader lands any more

    def fault(self) -> str:
        """Why no election can be held with these; "" where it can."""
        shortest = min(self.renew_deadline, self.retry_period)
        if shortest <= 0 or not 1 <= self.lease_duration <= HIGHEST:
            return f"the lease duration must be 1s to {HIGHEST}s, the other times greater than 0"
        if self.renew_deadline < SHORTEST:
            return f"the renew deadline must be at least {SHORTEST}s"
        if self.lease_duration <= self.renew_deadline:
            return "the lease duration must be greater than the renew deadline"
        if self.renew_deadline <= JITTER * self.retry_period:
            return f"the renew deadline must be greater than {JITTER} times the retry period"
        return ""

    @property
    def request(self) -> float:
        """How long one request about the Lease may take: a second one fits before the deadline."""
        return self.renew_deadline / 2

    def pause(self, jitter: float, failures: int = 0) -> float:
        """Until the next try, after so many failures in a row; ``jitter`` is from 0 to 1."""
        longest = max(self.retry_period, self.renew_deadline)
        pause = min(longest, self.retry_period * (1 << min(failures, 16)))
        return pause * (1 + JITTER * jitter)


USUAL: Final = Timing()


@dataclass(frozen=True, slots=True)
class Record:
    """A Lease as it was read."""

    version: str  # changes with every write
    holder: str  # "" where nobody holds it
    duration: float | None = None
    transitions: int = 0
    mark: str = ""  # what a leader that left with nothing in flight has written
    ever_held: bool = True  # an empty Lease may be made in advance
    halted: str = ""  # why nobody may assign, until a person removes it

    def is_of(self, identity: str, term: "Term") -> bool:
        """Whether that term still holds it."""
        return self.holder == identity and self.transitions == term.number

    @property
    def is_settled(self) -> bool:
        """The mark counts for the term that wrote it: others leave it where it is."""
        return not self.holder and self.mark == str(self.transitions)


_NO_LEASE: Final = Record("", "", ever_held=False)


@dataclass(frozen=True, slots=True)
class Wait:
    """Somebody else leads, or may: look again after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Claim:
    """Write yourself into the record that was read, under the condition that it is unchanged."""

    origin: Origin
    number: int  # of the term: the Lease's transitions
    halted: str = ""  # as in the record that was read


Move: TypeAlias = Wait | Claim


class Term:
    """From one claim to its end, which is for good; a later win is another term.

    Directly before each send ask ``time_left``: the send's own time-out must end within it.
    """

    def __init__(
        self, claim: Claim, began: float, timing: Timing = USUAL, *, endless: bool = False
    ) -> None:
        self.origin: Final = claim.origin
        self.number: Final = claim.number
        self.began: Final = began  # when the claim was sent
        self.halted = claim.halted
        self._told_of_a_halt: list[Callable[[], object]] = []
        self.confirmed = ""  # a person's word for removals that are held back
        self._told_of_a_word: list[Callable[[str], object]] = []
        self.inherited = ""  # removals that former leaders have let through
        self.removals: Callable[[], str] = lambda: self.inherited  # the same with our own
        self.held_back: Callable[[], str] = str  # the word for what waits for a person now
        # where nobody led the Lease may have been removed, which its holder does not know yet
        unaware = 0.0 if endless or claim.origin != "fresh" else timing.renew_deadline
        self._alone_from: Final = began + unaware
        self.quiet_at: Final = began + unaware + timing.settle  # whatever others sent has landed
        self._lasts = inf if endless else timing.renew_deadline
        self._deadline = began + self._lasts
        self._vouched = False

    def time_left(self, now: float) -> float:
        """Seconds for sends; 0 from the end on."""
        return max(0.0, self._deadline - now)

    def extend(self, sent: float, now: float) -> None:
        """A renewal that was sent at ``sent`` is confirmed; too late, it changes nothing."""
        if now < self._deadline:
            self._deadline = max(self._deadline, sent + self._lasts)

    def end(self) -> None:
        """Nothing is sent from now on."""
        self._deadline = -inf

    def halt(self, why: str) -> None:
        """Somebody else writes too: this term and those that follow assign nothing."""
        if not self.halted:
            self.halted = why
            for tell in self._told_of_a_halt:
                tell()

    def when_halted(self, tell: Callable[[], object]) -> None:
        """``tell`` is called when a halt begins."""
        self._told_of_a_halt.append(tell)

    def confirm(self, word: str) -> None:
        """A person lets something pass."""
        if word != self.confirmed:
            self.confirmed = word
            for tell in self._told_of_a_word:
                tell(word)

    def when_confirmed(self, tell: Callable[[str], object]) -> None:
        """``tell`` is called with each word, and with the last one now."""
        self._told_of_a_word.append(tell)
        if self.confirmed:
            tell(self.confirmed)

    def vouch(self) -> None:
        """Nothing that this term has sent can land any more, and nothing more will be sent."""
        self._vouched = True

    def mark(self, now: float) -> str:
        """What to leave in a released Lease; "" where the successor has to wait.

        One who took over cannot speak for the writes of those before, until they have landed.
        """
        speaks_for_all = self.origin != "took over" or now >= self.quiet_at
        return str(self.number) if self._vouched and speaks_for_all else ""

    def stays(self, now: float) -> float:
        """Seconds for which a Lease that is released still counts as held.

        Who comes next waits for what was sent before it came: so until nobody else can send.
        """
        return max(1.0, self._alone_from - now)


class Candidate:
    """What one process has seen of the Lease."""

    def __init__(self, identity: str, timing: Timing = USUAL) -> None:
        self._identity = identity
        self._timing = timing
        self._record: Record | None = None
        self._since = 0.0
        self._last_held: Record | None = None
        self._led: tuple[int, float] | None = None  # the term that was seen last, and when
        self._found_none = False  # and has claimed the Lease since

    def note(self, record: Record | None, now: float) -> None:
        """What was read or written just now; None where there is no Lease."""
        before, self._record = self._record, record
        if (before and before.version) != (record and record.version):
            self._since = now
        if record is not None and record.ever_held:
            self._last_held = record
            if record.holder:
                self._led = record.transitions, now
            self._found_none &= record.holder == self._identity

    def move(self, now: float, jitter: float) -> Move:
        """What to do about that; ``jitter`` is from 0 to 1."""
        record, last = self._record, self._last_held
        halted = (record or last or _NO_LEASE).halted
        if last is None:
            self._found_none = True
            return Claim("fresh", record.transitions if record else 0, halted)
        number = (last.transitions + 1) & HIGHEST
        if record is last:
            if last.is_settled and self._saw(last.transitions, now):
                return Claim("handed over", number, halted)
            if last.holder == self._identity:  # the answer to a claim was lost
                return Claim("fresh" if self._found_none else "took over", number, halted)
        expiry = self._since + self._lasts(last)
        if now >= expiry:
            return Claim("took over", number, halted)
        return Wait(min(expiry - now, self._timing.pause(jitter)))

    def _lasts(self, last: Record) -> float:
        """Seconds in which its holder may believe in it, who may not know that it was edited.

        Where it was removed or emptied, too; one who has released it leaves a second.
        """
        usual = self._timing.lease_duration
        return max(last.duration or usual, usual if last.holder else 0.0)

    def _saw(self, term: int, now: float) -> bool:
        """Whether the term was there a moment ago: since then nobody else can have led."""
        if self._led is None:
            return False
        number, seen = self._led
        return number == term and now - seen <= min(MOMENT, self._timing.lease_duration)
