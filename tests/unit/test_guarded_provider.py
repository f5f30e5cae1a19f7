"""A provider's own faults: the loop goes on, and reads before it sends anything more."""

from collections.abc import Sequence

import pytest
from typing_extensions import override

from podroute.model.check import Check
from podroute.model.route import RouteTable
from podroute.providers.guarded import GuardedRoutes
from podroute.providers.interface import Limits, ProviderUnreachable, Question
from podroute.providers.memory.provider import MemoryRoutes
from podroute.routing.outcome import Done, Outcome
from podroute.routing.steps import Change, Create
from tests.builders import route

WISH = Create(route("10.200.0.0/24", "10.240.0.30"))
OTHER = Create(route("10.200.1.0/24", "10.240.0.31"))


class Broken(MemoryRoutes):
    """Every call ends with ``error``."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.limits = Limits(batch=7)
        self._error = error

    @override
    async def read(self) -> RouteTable:
        raise self._error

    @override
    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        raise self._error

    @override
    async def changed(self) -> None:
        raise self._error


class Asked(Broken):
    """It is to be asked about itself too."""

    async def checks(self, question: Question) -> Sequence[Check]:
        if question.wishes:
            raise self._error
        return (Check("router-forwarding", "it forwards"),)

    async def finish(self) -> None:
        raise self._error


class Forgetful(MemoryRoutes):
    """It answers one change only."""

    @override
    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        return (await super().apply(changes))[:1]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KeyError("zone"), "a fault in the provider: KeyError: 'zone'; please report it"),
        (ProviderUnreachable("the cloud is away"), "the cloud is away"),
    ],
)
async def test_any_error_is_a_router_that_is_not_reached(error: Exception, words: str) -> None:
    guarded = GuardedRoutes(Broken(error))

    assert guarded.limits.batch == 7
    for call in (guarded.read, lambda: guarded.apply([WISH]), guarded.changed):
        with pytest.raises(ProviderUnreachable) as told:
            await call()
        assert str(told.value) == words


async def test_an_answer_that_is_missing_is_a_fault() -> None:
    with pytest.raises(ProviderUnreachable, match="1 answers to 2 changes"):
        await GuardedRoutes(Forgetful()).apply([WISH, OTHER])


async def test_what_is_well_passes() -> None:
    router = MemoryRoutes()
    guarded = GuardedRoutes(router)

    assert await guarded.apply([WISH]) == (Done(WISH),)
    assert await guarded.read() == await router.read()
    assert guarded.commands([WISH]) == router.commands([WISH])
    router.alter((), ())
    await guarded.changed()


async def test_a_question_about_the_router_is_passed_on() -> None:
    guarded = GuardedRoutes(Asked(KeyError("zone")))

    (check,) = await guarded.checks(Question((), ()))
    with pytest.raises(ProviderUnreachable, match="a fault in the provider: KeyError"):
        await guarded.checks(Question((WISH.route,), ()))

    assert check.id == "router-forwarding"
    assert await GuardedRoutes(MemoryRoutes()).checks(Question((), ())) == ()


async def test_what_is_left_to_be_done_is_passed_on() -> None:
    for error, words in (
        (KeyError("zone"), "a fault in the provider: KeyError"),
        (ProviderUnreachable("the disk is full"), "the disk is full"),
    ):
        with pytest.raises(ProviderUnreachable, match=words):
            await GuardedRoutes(Asked(error)).finish()

    await GuardedRoutes(MemoryRoutes()).finish()
