"""Others who write routes into the same router, and a router that forgets."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from random import Random

from podroute.model.cidr import Address, Cidr, parse_cidr
from podroute.model.route import InstalledRoute, Kind
from tests.simulation.population import address, block
from tests.simulation.router import Router


class Writers:
    """Each method is one thing that happens."""

    def __init__(self, router: Router, dice: Random) -> None:
        self._router = router
        self._dice = dice
        self._number = 0

    def happenings(self) -> Iterator[tuple[int, Callable[[], Awaitable[None]]]]:
        """All there are, and how often."""
        yield 4, self.add
        yield 4, self.withdraw
        yield 2, self.alter
        yield 4, self.remove_ours
        yield 3, self.alter_ours
        yield 2, self.take_over
        yield 2, self.double_ours
        yield 1, self.reboot

    async def add(self) -> None:
        """A route of somebody else, often where a Pod route is wished."""
        where = self._somewhere()
        if not any(one.destination == where for one in self._router.routes):
            await self._router.alter(new=[self._foreign(where)])

    async def withdraw(self) -> None:
        foreign = self._of("foreign")
        if foreign:
            await self._router.alter(gone=[self._dice.choice(foreign)])

    async def alter(self) -> None:
        """Their own."""
        foreign = self._of("foreign")
        if foreign:
            one = self._dice.choice(foreign)
            await self._router.alter([one], [self._foreign(one.destination)])

    async def remove_ours(self) -> None:
        ours = self._of("ours")
        gone = self._dice.sample(ours, self._dice.randint(0, min(3, len(ours))))
        await self._router.alter(gone)

    async def alter_ours(self) -> None:
        """It stays marked as ours, and leads elsewhere, or nowhere."""
        ours = self._of("ours")
        if ours:
            one = self._dice.choice(ours)
            hop = self._hop(one.destination) if self._dice.random() < 0.7 else None
            kind: Kind = "unicast" if hop else "blackhole"
            handle = f"{one.destination} via {hop}, altered"
            other = replace(one, next_hop=hop, kind=kind, handle=handle)
            await self._router.alter([one], [other])

    async def take_over(self) -> None:
        """Theirs in the place of ours."""
        ours = self._of("ours")
        if ours:
            one = self._dice.choice(ours)
            await self._router.alter([one], [self._foreign(one.destination, one.next_hop)])

    async def double_ours(self) -> None:
        """A second one of ours, less preferred."""
        ours = self._of("ours")
        if ours:
            one = self._dice.choice(ours)
            self._number += 1
            handle = f"{one.destination}, a double, {self._number}"
            hop = one.next_hop if self._dice.random() < 0.5 else self._hop(one.destination)
            double = replace(
                one,
                next_hop=hop,
                kind="unicast",
                preference=50,
                deviation="metric 50, not 0",
                handle=handle,
            )
            await self._router.alter(new=[double])

    async def reboot(self) -> None:
        """It comes back without anything of ours."""
        await self._router.alter(self._of("ours"))

    def _of(self, ownership: str) -> list[InstalledRoute]:
        return [one for one in self._router.routes if one.ownership == ownership]

    def _foreign(self, where: Cidr, right: Address | None = None) -> InstalledRoute:
        self._number += 1
        hop = right if right and self._dice.random() < 0.5 else self._hop(where)
        handle = f"{where} via {hop} proto static {self._number}"
        if self._dice.random() < 0.2:
            return InstalledRoute(where, None, "foreign", f"blackhole {handle}", "blackhole")
        return InstalledRoute(where, hop, "foreign", handle)

    def _hop(self, where: Cidr) -> Address:
        return address(self._dice.randrange(60), where.version)

    def _somewhere(self) -> Cidr:
        odd = ("0.0.0.0/0", "10.0.0.0/8", "10.200.0.0/16", "10.200.5.128/25", "192.168.1.0/24")
        if self._dice.random() < 0.3:
            return parse_cidr(self._dice.choice(odd))
        return block(self._dice.randrange(60))
