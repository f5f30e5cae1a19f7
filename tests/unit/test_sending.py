"""send: what a plan's changes need of each other."""

import asyncio
from collections.abc import Sequence
from random import Random
from time import monotonic

import pytest
from typing_extensions import override

from podroute.model.route import InstalledRoute
from podroute.providers.carrying import BATCH, TIMES, send
from podroute.providers.interface import Limits, ProviderUnreachable
from podroute.providers.memory.provider import MemoryRoutes
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Change, Create, Delete, Replace
from tests.builders import installed, route
from tests.simulation.virtual_time import VirtualLoop, simulate

HOP, OLD, OTHER = "10.240.0.31", "10.240.0.9", "10.240.0.8"
CIDR = "10.200.1.0/24"
WISH = route(CIDR, HOP)
IN_PLACE, BEHIND = installed(CIDR, OLD), installed(CIDR, OTHER, preference=50)
NEXT = Create(route("10.200.2.0/24", HOP))
CHANGES: list[Change] = [Replace(IN_PLACE, WISH), NEXT, Delete(BEHIND)]


class Router(MemoryRoutes):
    """One that keeps what it was asked, and is gone after so many answers."""

    def __init__(self, *present: InstalledRoute, answers: int = 9) -> None:
        super().__init__(present)
        self.asked: list[Sequence[Change]] = []
        self._answers = answers

    @override
    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        self.asked.append(changes)
        if len(self.asked) > self._answers:
            message = "the router has gone"
            raise ProviderUnreachable(message)
        return await super().apply(changes)


async def test_changes_of_one_destination_are_sent_one_after_the_other() -> None:
    router, told = Router(IN_PLACE, BEHIND), list[int]()
    begun = list[Sequence[Change]]()

    outcomes = await send(CHANGES, router, told.append, begun.append)

    assert router.asked == [[CHANGES[0], NEXT], [CHANGES[2]]]
    assert told == [2, 3]
    assert begun == [[CHANGES[0], NEXT], (), [CHANGES[2]], ()]
    assert outcomes == [Done(CHANGES[0]), Done(NEXT), Done(CHANGES[2])]


async def test_what_depends_on_a_failure_is_not_tried() -> None:
    """Another's route has come to where ours belongs since the plan was made."""
    other = installed(CIDR, OTHER, "foreign")
    router = Router(IN_PLACE, other, BEHIND)

    outcomes = await send(CHANGES, router, lambda _: None)

    assert outcomes == [
        Failed(CHANGES[0], f"{other.handle} is in the way", "pointless"),
        Done(NEXT),
        Failed(CHANGES[2], "not tried: what comes before it has failed", "worth it"),
    ]
    assert set((await router.read()).routes) >= {IN_PLACE, other, BEHIND}


async def test_a_router_that_is_lost_halfway_leaves_the_rest_failed() -> None:
    router, begun = Router(IN_PLACE, BEHIND, answers=1), list[Sequence[Change]]()

    outcomes = await send(CHANGES, router, lambda _: None, begun.append)

    assert outcomes[:2] == [Done(CHANGES[0]), Done(NEXT)]
    assert outcomes[2:] == [Failed(CHANGES[2], "the router has gone", "worth it")]
    assert begun[-2:] == [[CHANGES[2]], ()]


async def test_a_router_that_was_never_there_is_an_exception() -> None:
    with pytest.raises(ProviderUnreachable, match="has gone"):
        await send(CHANGES, Router(answers=0), lambda _: None)


async def test_many_changes_are_sent_in_parts() -> None:
    router, told = Router(), list[int]()
    many = [Create(route(f"10.{200 + n // 256}.{n % 256}.0/24", HOP)) for n in range(2 * BATCH + 1)]

    outcomes = await send(many, router, told.append)

    assert told == [BATCH, 2 * BATCH, 2 * BATCH + 1]
    assert [outcome.step for outcome in outcomes] == many


class Busy(Router):
    """One that asks for less at each of its first answers, and then may be gone."""

    def __init__(self, times: int, *, answers: int = 9) -> None:
        super().__init__(answers=answers)
        self._times = times

    @override
    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        if len(self.asked) >= self._times:
            return await super().apply(changes)
        self.asked.append(changes)
        first, *rest = changes
        done = await MemoryRoutes.apply(self, rest)
        return [Failed(first, "too fast", "slower", 0.01), *done]


THIRD = Create(route("10.200.3.0/24", HOP))


async def test_what_a_busy_router_puts_off_is_sent_again() -> None:
    router = Busy(1)

    outcomes = await send([NEXT, THIRD], router, lambda _: None)

    assert router.asked == [[NEXT, THIRD], [NEXT]]
    assert outcomes == [Done(NEXT), Done(THIRD)]


async def test_a_router_that_stays_busy_or_goes_meanwhile_has_failed() -> None:
    late = Failed(NEXT, "too fast", "slower", 0.01)
    for router, tries in ((Busy(99), TIMES), (Busy(1, answers=1), 2)):
        outcomes = await send([NEXT, THIRD], router, lambda _: None)

        assert len(router.asked) == tries
        assert outcomes == [late, Done(THIRD)]


async def test_the_limits_of_the_router_are_kept() -> None:
    router, told = Router(), list[int]()
    router.limits = Limits(batch=2, rate=200.0, burst=2)
    many = [Create(route(f"10.200.{n}.0/24", HOP)) for n in range(6)]
    began = monotonic()

    outcomes = await send(many, router, told.append)

    assert [len(one) for one in router.asked] == [2, 2, 2]
    assert monotonic() - began >= 4 / 200.0
    assert outcomes == [Done(one) for one in many]


class Slow(Router):
    """Each answer takes as long as the changes would by its rate."""

    @override
    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        await asyncio.sleep(0.5)
        return await super().apply(changes)


def test_who_waits_for_answers_does_not_wait_for_the_rate_besides() -> None:
    router, loop = Slow(), VirtualLoop(Random(1))
    router.limits = Limits(batch=2, rate=4.0, burst=2)
    many = [Create(route(f"10.200.{n}.0/24", HOP)) for n in range(6)]

    simulate(loop, send(many, router, lambda _: None))

    assert loop.time() == pytest.approx(3 * 0.5)
