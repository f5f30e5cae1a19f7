"""After an apply: what a router shows late is looked for, and what it never shows has failed."""

from time import monotonic

import pytest
from typing_extensions import override

from podroute.cli.carrying import sent_and_read
from podroute.model.route import RouteTable
from podroute.providers.interface import Limits
from podroute.providers.memory.provider import MemoryRoutes
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Change, Create
from tests.builders import route

CHANGES: list[Change] = [Create(route("10.200.0.0/24", "10.240.0.30"))]


class Late(MemoryRoutes):
    """It shows nothing in its first so many reads."""

    def __init__(self, late: int, lag: float) -> None:
        super().__init__(())
        self.limits = Limits(lag=lag)
        self.reads = 0
        self._late = late

    @override
    async def read(self) -> RouteTable:
        self.reads += 1
        return await super().read() if self.reads > self._late else RouteTable()


def nobody(_: object) -> None:
    return


@pytest.mark.parametrize(
    ("late", "lag", "reads", "done"),
    [(0, 30.0, 1, True), (2, 30.0, 3, True), (1, 0.0, 1, False)],
)
async def test_what_is_shown_late_is_done(late: int, lag: float, reads: int, *, done: bool) -> None:
    router = Late(late, lag)

    (outcome,) = await sent_and_read(CHANGES, router, nobody, nobody)

    assert isinstance(outcome, Done) == done
    assert router.reads == reads


async def test_what_is_never_shown_has_failed_when_the_router_cannot_be_late_any_more() -> None:
    router, began = Late(99, 0.7), monotonic()

    (outcome,) = await sent_and_read(CHANGES, router, nobody, nobody)

    assert outcome == Failed(
        CHANGES[0], "the router took it, but it is not so when read back", "worth it"
    )
    assert 0.7 <= monotonic() - began < 10
    assert 2 <= router.reads <= 3
