"""What a look at a router has found, by destination. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, Protocol, TypeVar

from podroute.model.cidr import Cidr
from podroute.model.route import InstalledRoute


class Found(Protocol):
    """A route, as the router tells it."""

    @property
    def destination(self) -> Cidr:
        """Where it leads."""
        ...


FoundT = TypeVar("FoundT", bound=Found)


class ByDestination(Generic[FoundT]):
    """``handle_of``: the words by which one is known."""

    def __init__(self, entries: Iterable[FoundT], handle_of: Callable[[FoundT], str]) -> None:
        self._handle_of = handle_of
        self._by_destination: dict[Cidr, list[FoundT]] = {}
        for one in entries:
            self._by_destination.setdefault(one.destination, []).append(one)

    def to(self, destination: Cidr) -> Sequence[FoundT]:
        """Those to it."""
        return self._by_destination.get(destination, ())

    def find(self, installed: InstalledRoute) -> FoundT | None:
        """The one that was read as ``installed``, if it is still so."""
        for one in self.to(installed.destination):
            if self._handle_of(one) == installed.handle:
                return one
        return None
