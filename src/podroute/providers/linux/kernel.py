"""What a client of routing tables needs of a kernel, and this machine's."""

from collections.abc import Collection, Generator, Iterable, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Final, Protocol

from podroute.host.netlink import Netlink, NetlinkFailed
from podroute.host.rtnetlink import (
    AF_INET,
    AF_INET6,
    Refusal,
    list_addresses,
    list_links,
    list_routes,
)
from podroute.host.rtnetlink_lists import parse_link, parse_local_address
from podroute.providers.interface import ProviderUnreachable
from podroute.providers.linux.changes import Round
from podroute.providers.linux.translate import Listed

_UNREADABLE: Final = "the kernel's routes cannot be read"


class Kernel(Protocol):
    """The routing tables of one network namespace."""

    privilege: str  # what to do where it refuses all for the lack of privilege

    def alone(self) -> AbstractContextManager[None]:
        """Meanwhile nobody else changes routes by way of it.

        Raises:
            ProviderUnreachable: somebody else does.
        """
        ...

    def listed(self, tables: Collection[int]) -> Listed:
        """All that is there.

        Raises:
            ProviderUnreachable: it did not answer in full.
        """
        ...

    def send(self, rounds: Iterable[Round]) -> Sequence[Refusal | None]:
        """What it has answered to each; None: it has been carried out."""
        ...


class KernelHere:
    """That of this machine, by netlink."""

    privilege: str = (
        "changing the kernel's routes needs CAP_NET_ADMIN: run it with sudo, "
        "or take the lines of `podroute plan --show-commands`"
    )

    def __init__(self, netlink: Netlink) -> None:
        self._netlink = netlink

    @contextmanager
    def alone(self) -> Generator[None]:
        try:
            with self._netlink.alone():
                yield
        except NetlinkFailed as error:
            raise ProviderUnreachable(str(error)) from error

    def listed(self, tables: Collection[int]) -> Listed:
        try:
            links = tuple(map(parse_link, self._netlink.read(list_links())))
            found = {table: self._bodies(table) for table in tables}
            addresses = map(parse_local_address, self._netlink.read(list_addresses()))
            return Listed(links, frozenset(addresses), found)
        except NetlinkFailed as error:
            message = f"{_UNREADABLE}: {error}"
            raise ProviderUnreachable(message) from error

    def send(self, rounds: Iterable[Round]) -> Sequence[Refusal | None]:
        return self._netlink.send(one.request() for one in rounds)

    def _bodies(self, table: int) -> list[bytes]:
        return [
            body
            for family in (AF_INET, AF_INET6)
            for body in self._netlink.read(list_routes(family, table))
        ]


_: type[Kernel] = KernelHere
