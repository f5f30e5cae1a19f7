"""What does every route provider promise? The suite that each must pass, also those of others.

    class TestMine(RouteProviderContract):
        router: Router = MyRouter()

pytest (with pytest-asyncio in auto mode) runs every ``test_`` method.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from podroute.model.cidr import Cidr
from podroute.model.route import InstalledRoute, Ownership, Route
from podroute.providers.interface import ProviderUnreachable, RouteProvider
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace
from podroute.testing.builders import installed, route, without_next_hop

A = route("10.200.0.0/24", "10.240.0.20")
B = route("10.200.1.0/24", "10.240.0.21")
A6 = route("fd00:10:200::/64", "fd00:10:240::20")
A_MOVED = route("10.200.0.0/24", "10.240.0.22")
A6_MOVED = route("fd00:10:200::/64", "fd00:10:240::22")
HELD = route("10.200.5.0/24", "10.240.0.25")
FOREIGN = (
    installed("10.200.5.0/24", "10.240.0.99", "foreign"),  # equal to a wish
    installed("10.200.0.0/20", "10.240.0.98", "foreign"),  # wider than one
    installed("10.200.0.128/25", "10.240.0.97", "foreign"),  # narrower than one
    installed("fd00:10:200::/60", "fd00:10:240::98", "foreign"),
)


class Router(Protocol):
    """What the suite needs to know about a provider."""

    def opened(
        self, planted: Sequence[InstalledRoute] = ()
    ) -> AbstractAsyncContextManager[RouteProvider]:
        """A provider whose router holds exactly ``planted``, whatever else it needs besides.

        The handles of ``planted`` are made up. All next hops in 10.240.0.0/24 and
        fd00:10:240::/64 are usable.
        """
        ...

    def unreachable(self) -> AbstractAsyncContextManager[RouteProvider] | None:
        """A provider that can neither read nor write; None: there is no such thing."""
        ...


class RouteProviderContract:
    """Subclass it as ``Test...`` and name the router.

    ``adopts``: False where the routes of others are somebody's configuration, and none of ours.
    """

    router: Router
    adopts: bool = True

    async def test_what_was_created_is_read_back(self) -> None:
        """Both families."""
        async with self.router.opened() as provider:
            outcomes = await provider.apply([Create(A), Create(A6)])

            _equal(list(outcomes), [Done(Create(A)), Done(Create(A6))])
            for wish in (A, A6):
                _equal(_shape(await _ours(provider, wish)), [(wish.next_hop, "unicast", "")])

    async def test_each_change_has_one_outcome_also_when_some_fail(self) -> None:
        """In the order of the changes."""
        async with self.router.opened(FOREIGN) as provider:
            changes: list[Change] = [Create(A), Create(HELD), Create(B)]

            outcomes = await provider.apply(changes)

            _equal([outcome.step for outcome in outcomes], changes)
            _equal([type(outcome) for outcome in outcomes], [Done, Failed, Done])
            _equal(await _destinations(provider), {A.destination, B.destination})

    async def test_no_change_has_no_outcome(self) -> None:
        """Nothing is asked, nothing is answered."""
        async with self.router.opened() as provider:
            _equal(list(await provider.apply([])), [])

    async def test_the_same_changes_twice_are_harmless(self) -> None:
        """An apply that died is simply run again."""
        async with self.router.opened(
            [_as_installed(A), _as_installed(B), _as_installed(A6)]
        ) as provider:
            changes: list[Change] = [
                Replace((await _ours(provider, A))[0], A_MOVED),
                Replace((await _ours(provider, A6))[0], A6_MOVED),
                Delete((await _ours(provider, B))[0]),
                Create(route("10.200.9.0/24", "10.240.0.29")),
            ]
            _all_done(await provider.apply(changes))
            before = await provider.read()

            _all_done(await provider.apply(changes))
            _equal(await provider.read(), before)

    async def test_foreign_routes_survive_everything(self) -> None:
        """Equal, wider and narrower ones."""
        async with self.router.opened([*FOREIGN, _as_installed(A)]) as provider:
            before = await _foreign(provider)
            mine = (await _ours(provider, A))[0]

            await provider.apply([Create(HELD), Replace(mine, A_MOVED), Create(A6)])
            await provider.apply([Delete(one) for one in (await provider.read()).routes])

            _equal(await _foreign(provider), before)
            _equal(await _destinations(provider), set[Cidr]())

    async def test_delete_refuses_another_next_hop_than_it_names(self) -> None:
        """The route has been changed since it was read."""
        async with self.router.opened([_as_installed(A)]) as provider:
            stale = (await _ours(provider, A))[0]
            await provider.apply([Replace(stale, A_MOVED)])

            outcomes = await provider.apply([Delete(stale)])

            _equal([type(outcome) for outcome in outcomes], [Failed])
            _equal(_shape(await _ours(provider, A)), [(A_MOVED.next_hop, "unicast", "")])

    async def test_deleting_what_is_gone_is_done(self) -> None:
        """That is what was wished."""
        async with self.router.opened([_as_installed(A), _as_installed(A6)]) as provider:
            changes = [Delete((await _ours(provider, wish))[0]) for wish in (A, A6)]
            _all_done(await provider.apply(changes))

            _all_done(await provider.apply(changes))
            _equal(await _destinations(provider), set[Cidr]())

    async def test_replace_leaves_exactly_one(self) -> None:
        """Both families."""
        async with self.router.opened([_as_installed(A), _as_installed(A6)]) as provider:
            for old, new in ((A, A_MOVED), (A6, A6_MOVED)):
                mine = (await _ours(provider, old))[0]
                _all_done(await provider.apply([Replace(mine, new)]))
                _equal(_shape(await _ours(provider, old)), [(new.next_hop, "unicast", "")])

    async def test_replace_refuses_where_the_old_route_has_changed(self) -> None:
        """Somebody else decided otherwise in the meantime."""
        async with self.router.opened([_as_installed(A)]) as provider:
            stale = (await _ours(provider, A))[0]
            await provider.apply([Replace(stale, A_MOVED)])

            outcomes = await provider.apply([Replace(stale, route("10.200.0.0/24", "10.240.0.23"))])

            _equal([type(outcome) for outcome in outcomes], [Failed])
            _equal(_shape(await _ours(provider, A)), [(A_MOVED.next_hop, "unicast", "")])

    async def test_a_blackhole_of_ours_is_replaced(self) -> None:
        """Both families."""
        holes = [without_next_hop(str(wish.destination), "blackhole") for wish in (A, A6)]
        async with self.router.opened(holes) as provider:
            for wish in (A, A6):
                mine = (await _ours(provider, wish))[0]
                _equal((mine.kind, mine.next_hop), ("blackhole", None))
                _all_done(await provider.apply([Replace(mine, wish)]))
                _equal(_shape(await _ours(provider, wish)), [(wish.next_hop, "unicast", "")])

    async def test_adopt_makes_a_foreign_route_ours(self) -> None:
        """It is the same route afterwards, with our mark."""
        planted = [_as_installed(wish, "foreign") for wish in (A, A6)]
        async with self.router.opened(planted) as provider:
            for wish in (A, A6):
                theirs = [
                    one
                    for one in (await provider.read()).routes
                    if one.destination == wish.destination
                ]
                before = await provider.read()
                outcomes = await provider.apply([Adopt(theirs[0], wish)])
                if not self.adopts:
                    _equal([type(outcome) for outcome in outcomes], [Failed])
                    _equal(await provider.read(), before)
                    continue
                _all_done(outcomes)
                _equal(_shape(await _ours(provider, wish)), [(wish.next_hop, "unicast", "")])
                _equal([one for one in await _foreign(provider) if one in theirs], [])

    async def test_there_is_a_line_to_type_for_each_change(self) -> None:
        """At least one."""
        async with self.router.opened([_as_installed(A)]) as provider:
            mine = (await _ours(provider, A))[0]
            for change in (Create(B), Replace(mine, A_MOVED), Delete(mine)):
                lines = provider.commands([change])
                _equal([line for line in lines if "\n" in line or not line], [])
                _different(list(lines), [])

    async def test_who_waits_for_changes_can_stop_waiting(self) -> None:
        """And wait again."""
        async with self.router.opened() as provider:
            await provider.read()
            for _ in range(3):
                waiting = asyncio.ensure_future(provider.changed())
                await asyncio.sleep(0)
                waiting.cancel()
                await asyncio.wait([waiting])
            _equal(await _destinations(provider), set[Cidr]())

    async def test_a_read_that_is_given_up_leaves_no_answer_to_the_next(self) -> None:
        """At whatever moment it is."""
        async with self.router.opened() as provider:
            for turns in range(0, 40, 5):
                await provider.read()
                reading = asyncio.ensure_future(provider.read())
                for _ in range(turns):
                    await asyncio.sleep(0)
                reading.cancel()
                await asyncio.wait([reading])
            _all_done(await provider.apply([Create(A)]))
            _equal(await _destinations(provider), {A.destination})

    async def test_an_unreachable_router_is_an_exception(self) -> None:
        """A read that failed is no empty table."""
        without = self.router.unreachable()
        if without is None:
            return
        async with without as provider:
            for attempt in (provider.read(), provider.apply([Create(A)])):
                try:
                    answer = await attempt
                except ProviderUnreachable as error:
                    _different(str(error), "")
                else:
                    message = f"answered {answer!r} instead of ProviderUnreachable"
                    raise AssertionError(message)


def _as_installed(wish: Route, ownership: Ownership = "ours") -> InstalledRoute:
    return installed(str(wish.destination), str(wish.next_hop), ownership)


async def _ours(provider: RouteProvider, wish: Route) -> list[InstalledRoute]:
    return [
        one
        for one in (await provider.read()).routes
        if one.ownership == "ours" and one.destination == wish.destination
    ]


async def _foreign(provider: RouteProvider) -> list[InstalledRoute]:
    return [one for one in (await provider.read()).routes if one.ownership == "foreign"]


async def _destinations(provider: RouteProvider) -> set[Cidr]:
    routes = (await provider.read()).routes
    return {one.destination for one in routes if one.ownership == "ours"}


def _shape(routes: Iterable[InstalledRoute]) -> list[tuple[object, str, str]]:
    return [(one.next_hop, one.kind, one.deviation) for one in routes]


def _all_done(outcomes: Sequence[Outcome]) -> None:
    _equal([outcome for outcome in outcomes if not isinstance(outcome, Done)], [])


def _equal(actual: object, expected: object) -> None:
    if actual != expected:
        message = f"\nexpected {expected!r}\n  actual {actual!r}"
        raise AssertionError(message)


def _different(actual: object, excluded: object) -> None:
    if actual == excluded:
        message = f"{actual!r} is not enough"
        raise AssertionError(message)
