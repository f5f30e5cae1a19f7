"""One of several routers that cannot be opened at the start."""

import asyncio

import pytest

from podroute.cli.failure import Exit, Failure
from podroute.cli.late_router import LateRoutes
from podroute.providers.interface import Limits, ProviderUnreachable, RouteProvider
from podroute.routing.steps import Create
from tests.builders import installed, route
from tests.unit.played_router import Router

WISH = Create(route("10.200.0.0/24", "10.240.0.30", "a"))


class Door:
    """Shut at first."""

    def __init__(self, router: RouteProvider) -> None:
        self.shut = "the login failed"
        self.tries = 0
        self._router = router

    async def __call__(self) -> RouteProvider:
        self.tries += 1
        if self.shut:
            raise Failure(Exit.UNREACHED, self.shut)
        return self._router


async def test_each_read_tries_again_and_then_it_is_the_router() -> None:
    told = list[str]()
    router = Router([installed("10.200.1.0/24", "10.240.0.31")], Limits(batch=7))
    door = Door(router)
    late = LateRoutes(door)
    late.opened = lambda: told.append("open")
    for _ in range(2):
        with pytest.raises(ProviderUnreachable, match="the login failed"):
            await late.read()
    assert (told, late.limits) == ([], Limits())

    door.shut = ""
    assert len((await late.read()).routes) == 1
    await late.apply([WISH])
    assert len((await late.read()).routes) == 2

    assert (door.tries, told, late.limits.batch) == (3, ["open"], 7)
    assert len(late.commands([WISH])) == 1
    await late.finish()
    router.routes.alter((), [installed("10.200.2.0/24", "10.240.0.32")])
    await asyncio.wait_for(late.changed(), 5)


async def test_before_that_nothing_is_sent_and_nothing_is_heard() -> None:
    late = LateRoutes(Door(Router()))
    await late.finish()
    with pytest.raises(ProviderUnreachable):
        await late.apply([WISH])
    with pytest.raises(ProviderUnreachable):
        late.commands([WISH])
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(late.changed(), 0.01)
