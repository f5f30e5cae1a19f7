"""Sends the rounds of many changes together, and says what became of each."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from podroute.providers.gcp.client import Compute
from podroute.providers.gcp.operations import settled
from podroute.providers.gcp.pace import AT_ONCE
from podroute.providers.gcp.refusals import (
    DELETE,
    INSERT,
    Refusal,
    Refused,
    operation_refusal,
)
from podroute.providers.gcp.rounds import Insert, Remove, Round, Rounds
from podroute.providers.gcp.settings import LAG, GcpOptions
from podroute.providers.gcp.translate import insert_body, is_in_network, same_route
from podroute.providers.gcp.wire import Operation, RouteResource

_STOPPING: Final = frozenset(("throttled", "quota", "credentials", "unreached"))
_PASSING: Final = frozenset(("throttled", "unreached", "unknown"))
_PAUSES: Final = (1.0, 2.0, 4.0, 8.0)  # seconds, at least, between the tries to end a gap
_LONGEST_PAUSE: Final = 30.0


class Written:
    """What our changes have left, while a list may still be older than they are."""

    def __init__(self) -> None:
        self._notes: dict[str, tuple[RouteResource | None, float]] = {}

    def note(self, name: str, resource: RouteResource | None) -> None:
        """Under this name there is ``resource`` now."""
        self._notes[name] = resource, asyncio.get_running_loop().time()

    def contradicted(self, listed: Sequence[RouteResource], began: float) -> bool:
        """Whether a list shows what was before a change that we made before ``began``."""
        now = asyncio.get_running_loop().time()
        self._notes = {name: one for name, one in self._notes.items() if now < one[1] + LAG}
        found = {one.name: one for one in listed}
        return any(
            not _is_shown(found.get(name), expected)
            for name, (expected, since) in self._notes.items()
            if since < began
        )


def _is_shown(found: RouteResource | None, expected: RouteResource | None) -> bool:
    if found is None or expected is None:
        return found is expected
    return same_route(found, expected)


class Carrier:
    """For one ``apply``: what a refusal makes pointless is not tried any more."""

    def __init__(self, compute: Compute, options: GcpOptions, written: Written) -> None:
        self._compute = compute
        self._options = options
        self._written = written
        self._stopped: Refusal | None = None
        self._places = asyncio.Semaphore(AT_ONCE)
        self.accepted = False  # something may have changed

    async def carry_out(self, plans: Mapping[int, Rounds]) -> Mapping[int, Refusal]:
        """The changes that were refused, each with the reason."""
        refusals: dict[int, Refusal] = {}
        for depth in range(max(map(len, plans.values()), default=0)):
            active = {
                place: plan[depth]
                for place, plan in plans.items()
                if depth < len(plan) and place not in refusals
            }
            refusals |= await self._together(active, first=depth == 0)
        return refusals

    async def _together(self, rounds: Mapping[int, Round], *, first: bool) -> dict[int, Refusal]:
        answers = await asyncio.gather(*(self._begin(one) for one in rounds.values()))
        begun = dict(zip(rounds, answers, strict=True))
        refusals = {place: one for place, one in begun.items() if isinstance(one, Refusal)}
        started = {place: one for place, one in begun.items() if isinstance(one, Operation)}
        refusals |= await self._ended(started, rounds)
        for place, why in tuple(refusals.items()):
            now = await self._judged(rounds[place], why, first=first)
            if now is None:
                del refusals[place]
            else:
                refusals[place] = now
        for place, one in rounds.items():
            if place not in refusals:
                self._written.note(
                    one.resource.name, one.resource if isinstance(one, Insert) else None
                )
        return refusals

    async def _begin(self, one: Round) -> Operation | Refusal:
        async with self._places:
            if isinstance(one, Insert) and one.ends_gap:
                return await self._sent_until_taken(one)
            stopped = self._stopped
            if stopped is not None and not (stopped.cause == "quota" and isinstance(one, Remove)):
                return stopped._replace(words=f"not tried: {stopped.words}")
            return await self._sent(one)

    async def _sent_until_taken(self, one: Insert) -> Operation | Refusal:
        """Its destination has no route: it is tried, and again, though others wait."""
        for pause in _PAUSES:
            answer = await self._sent(one)
            if isinstance(answer, Operation) or answer.cause not in _PASSING:
                return answer
            await asyncio.sleep(min(max(pause, answer.after), _LONGEST_PAUSE))
        return await self._sent(one)

    async def _sent(self, one: Round) -> Operation | Refusal:
        try:
            if isinstance(one, Insert):
                operation = await self._compute.insert(insert_body(one.resource))
            else:
                operation = await self._compute.delete(one.resource.name)
        except Refused as error:
            if error.refusal.cause in _STOPPING:
                self._stopped = error.refusal
            self.accepted = self.accepted or error.refusal.cause == "unknown"
            return error.refusal
        self.accepted = True
        return operation

    async def _ended(
        self, started: Mapping[int, Operation], rounds: Mapping[int, Round]
    ) -> dict[int, Refusal]:
        """The operations that have failed, or of which no end is known."""
        try:
            done = await settled(self._compute, tuple(started.values()), self._options.patience)
        except Refused as error:
            return dict.fromkeys(started, error.refusal._replace(cause="unknown"))
        refusals: dict[int, Refusal] = {}
        for place, begun in started.items():
            operation = done.get(begun.name)
            call = INSERT if isinstance(rounds[place], Insert) else DELETE
            if operation is None:
                words = f"operation {begun.name} takes longer than {self._options.patience:g} s"
                refusals[place] = Refusal("unknown", f"{call.method}: {words}")
            elif operation.error is not None:
                status = operation.http_error_status_code
                refusals[place] = operation_refusal(call, operation.error, status)
        return refusals

    async def _judged(self, one: Round, why: Refusal, *, first: bool) -> Refusal | None:
        """A refusal, or None where what was asked for is so all the same."""
        if isinstance(one, Remove):
            return None if why.cause == "absent" else why
        if why.cause not in {"exists", "unknown"}:
            return why
        try:
            present = await self._compute.route(one.resource.name)
        except Refused as error:
            return error.refusal
        if present is None:
            return why._replace(cause="unknown")
        return self._compared(present, one.resource, first=first)

    def _compared(
        self, present: RouteResource, wished: RouteResource, *, first: bool
    ) -> Refusal | None:
        """After a round that removed it the old route may be listed for a while."""
        if same_route(present, wished):
            return None
        words = f"{_words(present, self._options)} is in the way"
        return Refusal("exists" if first else "unknown", words)


def _words(present: RouteResource, options: GcpOptions) -> str:
    if is_in_network(present, options):
        return f"route {present.name} to {present.dest_range}"
    network = present.network.rpartition("/")[2]
    other = "names=cluster gives names that no other cluster has"
    return f"route {present.name} of network {network} ({other})"
