"""Only one process works at a time: campaigns for a Lease, holds it, and gives it back.

What may be done when is decided by ``election``; here are the requests and the waiting.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from math import ceil
from random import Random
from typing import Final, TypeAlias

import msgspec

from podroute.controllers.election import Candidate, Claim, Record, Term, Timing, Wait
from podroute.controllers.waiting import within
from podroute.kube.api_errors import ApiUnreachable
from podroute.kube.leases import (
    Conflict,
    Lease,
    LeaseSpec,
    LeaseStore,
    annotated,
    annotations_of,
)
from podroute.kube.micro_time import micro_time_now
from podroute.observe.logs import Logger

MARK: Final = "podroute.io/settled-term"  # the annotation of a leader with nothing in flight
HALTED: Final = "podroute.io/halted"  # of one that has seen another writer; a person removes it
CONFIRMED: Final = "podroute.io/confirmed"  # a person's word for removals that are held back
HELD_BACK: Final = "podroute.io/held-back"  # the word that the leader takes now; "": none
REMOVALS: Final = "podroute.io/removals-let-through"  # lately, for the next leader to count on
_TRIES: Final = 3  # to release a Lease that changes meanwhile

Work: TypeAlias = Callable[[Term], Awaitable[None]]


class LeaseLost(Exception):  # noqa: N818 -- the end of a term, as in the field
    """The lease was not renewed in time, or somebody else has it."""


@dataclass(slots=True)
class Held:
    """A term and the Lease as it was written last, for certain."""

    term: Term
    lease: Lease


class Leadership:
    """One candidate; ``clock`` is monotonic, in seconds."""

    def __init__(
        self,
        store: LeaseStore,
        identity: str,
        timing: Timing,
        clock: Callable[[], float],
        log: Logger,
    ) -> None:
        self.leads = False
        self.heard: float | None = None  # when the Lease was read last by one who waits for it
        self.identity: Final = identity
        self._store = store
        self._name: Final = store.title
        self._timing = timing
        self._clock = clock
        self._log = log
        self._dice = Random()  # noqa: S311 -- spreads the tries of several candidates

    async def lead(self, work: Work, stopping: asyncio.Event) -> None:
        """Waits for a term and works in it; returns after ``work`` has, or when ``stopping``.

        Raises:
            LeaseLost: the term ended before the work; nothing is sent any more.
        """
        held = await self._campaign(stopping)
        if held is None:
            return
        self._log.info("leading", lease=self._name, term=held.term.number, how=held.term.origin)
        self._tell_halt(held.lease)
        held.term.confirm(_confirmed(held.lease))
        held.term.inherited = annotations_of(held.lease).get(REMOVALS, "")
        self.leads = True
        try:
            await self._work(held, work)
        except LeaseLost:
            if held.term.halted and not _halted(held.lease):
                words = "the halt may not be recorded: the next leader may assign"
                self._log.error(words, lease=self._name, why=held.term.halted)
            raise
        finally:
            self.leads = False
            held.term.end()

    async def _campaign(self, stopping: asyncio.Event) -> Held | None:
        candidate = Candidate(self.identity, self._timing)
        failures, leader = 0, None
        while not stopping.is_set():
            try:
                lease = await self._store.get(self._timing.request)
                record = _record(lease)
                now = self.heard = self._clock()
                candidate.note(record, now)
                move = candidate.move(now, self._dice.random())
                if isinstance(move, Claim):
                    held = await self._claim(lease, move)
                    if held is not None:
                        return held
                    move = Wait(self._timing.pause(self._dice.random()))
                elif record and record.holder not in {"", leader}:
                    leader = record.holder
                    self._log.info("following", lease=self._name, leader=leader)
                failures, pause = 0, move.seconds
            except ApiUnreachable as error:
                failures += 1
                pause = self._timing.pause(self._dice.random(), failures)
                self._log.warning("no election", lease=self._name, why=str(error))
            await within(pause, stopping)
        return None

    async def _claim(self, lease: Lease | None, claim: Claim) -> Held | None:
        began = self._clock()
        term = Term(claim, began, self._timing)
        spec = self._spec(claim.number)
        spec.acquire_time = spec.renew_time
        if lease is None:
            written = await self._store.create(spec, self._timing.request)
        else:
            ours = _rewritten(lease, spec, _held_back(term, lease))
            written = await self._store.update(ours, self._timing.request)
        if isinstance(written, Conflict) or term.time_left(self._clock()) == 0:
            return None
        return Held(term, written)

    async def _work(self, held: Held, work: Work) -> None:
        renewing = asyncio.create_task(self._renew(held))
        working = asyncio.ensure_future(work(held.term))
        try:
            await asyncio.wait((renewing, working), return_when=asyncio.FIRST_COMPLETED)
        finally:
            held.term.end()
            renewing.cancel()
            working.cancel()
            results = await asyncio.gather(renewing, working, return_exceptions=True)
        lease, ended = results
        for fault in (lease, ended):
            if isinstance(fault, BaseException) and not isinstance(fault, asyncio.CancelledError):
                raise fault
        await self._release(held)

    async def _renew(self, held: Held) -> None:
        """Until the lease is lost.

        Raises:
            LeaseLost: always, in the end.
        """
        term, halting = held.term, asyncio.Event()
        term.when_halted(halting.set)
        why = "it was not renewed in time"
        while (left := term.time_left(self._clock())) > 0:
            await within(min(left, self._timing.retry_period), halting)
            halting.clear()
            sent = self._clock()
            left = term.time_left(sent)
            if left == 0:
                break
            before = held.lease
            try:
                async with asyncio.timeout(left):
                    held.lease = await self._renewed(held, min(left, self._timing.request))
            except (ApiUnreachable, TimeoutError) as error:
                why = str(error) or why
                self._log.warning("lease not renewed", lease=self._name, why=why)
                continue
            term.extend(sent, self._clock())
            term.confirm(_confirmed(held.lease))
            if not _halted(before):
                self._tell_halt(held.lease)
        message = f"lease {self._name}: {why}"
        raise LeaseLost(message)

    async def _renewed(self, held: Held, within: float) -> Lease:
        term = held.term
        written = await self._store.update(self._renewal(term, held.lease), within)
        if not isinstance(written, Conflict):
            return written
        found = await self._store.get(within)
        record = _record(found)
        if found is None or record is None or not record.is_of(self.identity, term):
            holder = (record and record.holder) or "nobody"
            message = f"lease {self._name}: {holder} has it now"
            raise LeaseLost(message)
        if _is_lifted(held, found):
            message = f"lease {self._name}: the halt was lifted; the next term waits, then assigns"
            raise LeaseLost(message)
        if record.halted:
            term.halt(record.halted)
        written = await self._store.update(self._renewal(term, found), within)
        if isinstance(written, Conflict):
            message = f"{self._store.where}: lease {self._name} changes all the time"
            raise ApiUnreachable(message)
        return written

    def _renewal(self, term: Term, lease: Lease) -> Lease:
        """All of it is ours to say: somebody may have edited any of it."""
        spec = self._spec(term.number)
        spec.acquire_time = lease.spec.acquire_time
        halt = {HALTED: term.halted} if term.halted else {}
        removals = term.removals()
        passed = {REMOVALS: removals} if removals else {}
        return _rewritten(lease, spec, halt | passed | _held_back(term, lease))

    async def _release(self, held: Held) -> None:
        """The successor need not wait for the lease to expire."""
        try:
            for _ in range(_TRIES):  # a renewal of ours may land meanwhile, unheard
                lease = await self._store.get(self._timing.request)
                record = _record(lease)
                if lease is None or record is None or not record.is_of(self.identity, held.term):
                    return
                free = self._freed(held, lease)
                written = await self._store.update(free, self._timing.request)
                if not isinstance(written, Conflict):
                    self._tell_released(free)
                    return
                held.lease = lease if _halted(lease) else held.lease  # a person may lift it yet
            why = "it changes all the time"
        except ApiUnreachable as error:
            why = str(error)
        self._log.warning("lease not released", lease=self._name, why=why)

    def _freed(self, held: Held, lease: Lease) -> Lease:
        term, now = held.term, self._clock()
        spec = self._spec(term.number)
        spec.holder_identity, spec.lease_duration_seconds = None, ceil(term.stays(now))
        left = lease if _is_lifted(held, lease) else self._renewal(term, lease)
        return _rewritten(left, spec, {MARK: term.mark(now)})

    def _tell_released(self, lease: Lease) -> None:
        settled = bool(annotations_of(lease).get(MARK))
        self._log.info("released", lease=self._name, settled=settled, halted=bool(_halted(lease)))
        if not settled:
            words = "what was sent may still land: start no other writer of podCIDRs before"
            self._log.warning(words, seconds=self._timing.settle)

    def _tell_halt(self, lease: Lease) -> None:
        if why := _halted(lease):
            where = f"-n {self._store.namespace} {self._store.name}"
            lift = f"when no other writer is left: kubectl annotate lease {where} {HALTED}-"
            self._log.error("halted, and so are later leaders", why=why, next=lift)

    def _spec(self, number: int) -> LeaseSpec:
        return LeaseSpec(
            holder_identity=self.identity,
            lease_duration_seconds=ceil(self._timing.lease_duration),
            renew_time=micro_time_now(),
            lease_transitions=number,
        )


def _halted(lease: Lease) -> str:
    return annotations_of(lease).get(HALTED, "")


def _held_back(term: Term, lease: Lease) -> dict[str, str]:
    """A former leader's word means nothing to this one."""
    word = term.held_back()
    return {HELD_BACK: word} if word or HELD_BACK in annotations_of(lease) else {}


def _confirmed(lease: Lease) -> str:
    return annotations_of(lease).get(CONFIRMED, "")


def _is_lifted(held: Held, found: Lease) -> bool:
    """A person has removed the halt; where a backup was restored, the last renewal is gone too."""
    same = found.spec.renew_time == held.lease.spec.renew_time
    return bool(_halted(held.lease)) and not _halted(found) and same


def _rewritten(lease: Lease, spec: LeaseSpec, annotations: Mapping[str, str]) -> Lease:
    """Another content; ``annotations`` beside those that are there."""
    return msgspec.structs.replace(annotated(lease, annotations), spec=spec)


def _record(lease: Lease | None) -> Record | None:
    if lease is None:
        return None
    spec = lease.spec
    return Record(
        lease.metadata.resource_version,
        spec.holder_identity or "",
        float(spec.lease_duration_seconds) if spec.lease_duration_seconds else None,
        spec.lease_transitions or 0,
        annotations_of(lease).get(MARK, ""),
        bool(spec.acquire_time or spec.renew_time or spec.holder_identity),
        _halted(lease),
    )
