"""Reads the page of a running controller, so that its board is here too."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from http import HTTPStatus
from itertools import chain
from typing import Final

import httpx2
import msgspec

from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.pool import CidrPool
from podroute.model.route import Quota
from podroute.observe.board import Board, HeldBack, RouteRecord, RouterStanding, Standing
from podroute.observe.escape import escaped

EVENTS: Final = "/api/v1alpha1/events"
SILENCE: Final = 60.0  # seconds without a beat
AGAIN: Final = 2.0  # seconds until the next try
NOT_OURS: Final = "that is not podroute's page"
NO_ROUTES: Final = "no routes are kept there: a controller does so with --provider"
NOBODY: Final = "does a controller run there, and is that its --metrics-bind-address?"
_TEXT: Final = 300  # bytes that are shown of a refusal


class RemoteUnreached(Exception):  # noqa: N818 -- named for the state, as in the field
    """No controller shows its routes there; the text says what was tried."""


class _Refused(Exception):  # noqa: N818 -- named for the state, as in the field
    """Somebody answers there, and shows no routes; the text says why."""


class _Quota(msgspec.Struct):
    used: int
    limit: int


class _Held(msgspec.Struct):
    count: int
    reason: str
    confirmation: str
    next: str = ""


class _Unreadable(msgspec.Struct):
    name: str
    reason: str


class _Router(msgspec.Struct, rename="camel"):
    name: str
    provider: str | None = None
    last_read: str | None = None
    unreached: str | None = None
    quota: _Quota | None = None
    held: _Held | None = None


class _Status(msgspec.Struct, rename="camel"):
    leader: str | None = None
    leads: bool = False
    lease: str | None = None
    provider: str | None = None
    server: str | None = None
    last_read: str | None = None
    unreached: str | None = None
    quota: _Quota | None = None
    held: _Held | None = None
    unreadable: list[_Unreadable] = msgspec.field(default_factory=list[_Unreadable])
    deleting: list[str] = msgspec.field(default_factory=list[str])
    routers: list[_Router] = msgspec.field(default_factory=list[_Router])


class _Pool(msgspec.Struct, rename="camel"):
    cidr: str
    block_prefix: int


class _Space(msgspec.Struct, rename="camel"):
    pools: list[_Pool] = msgspec.field(default_factory=list[_Pool])
    reserved: list[str] = msgspec.field(default_factory=list[str])
    node_cidrs: list[str] = msgspec.field(name="nodeCIDRs", default_factory=list[str])
    router_addresses: list[str] = msgspec.field(default_factory=list[str])


class _News(msgspec.Struct, rename="camel"):
    subjects: dict[str, list[RouteRecord]]
    status: _Status | None = None
    address_space: _Space | None = None


class RemoteBoard:
    """``board`` is complete when ``ready`` is set; ``told`` hears why it is not followed."""

    def __init__(
        self, address: str, board: Board, told: Callable[[str], object], again: float = AGAIN
    ) -> None:
        self.ready = asyncio.Event()
        self._url = address if "://" in address else f"http://{address}"
        self._board = board
        self._told = told
        self._again = again

    async def run(self) -> None:
        """Until it is cancelled.

        Raises:
            RemoteUnreached: there is no such page; later that is only told.
        """
        said = ""
        while True:
            try:
                async with self._events() as events:
                    async for kind, data in events:
                        self._take_in(kind, data)
                        said = ""
                why = "it has ended the stream"
            except httpx2.ConnectError as error:
                why = f"{error}: {NOBODY}"
            except (httpx2.HTTPError, httpx2.InvalidURL, _Refused) as error:
                why = str(error) or type(error).__name__
            except (msgspec.MsgspecError, ValueError, RecursionError, OverflowError):
                why = NOT_OURS
            message = f"{self._url} does not show routes: {why}"
            if not self.ready.is_set():
                raise RemoteUnreached(message)
            if message != said:
                said = message
                self._told(message)
            await asyncio.sleep(self._again)

    @asynccontextmanager
    async def _events(self) -> AsyncGenerator[AsyncIterator[tuple[str, bytes]]]:
        timeout = httpx2.Timeout(SILENCE, connect=5.0)
        async with (
            httpx2.AsyncClient(timeout=timeout, trust_env=False) as client,
            client.stream("GET", f"{self._url}{EVENTS}") as response,
        ):
            await _check(response)
            yield _parsed(_lines(response.aiter_bytes()))

    def _take_in(self, kind: str, data: bytes) -> None:
        if kind not in {"snapshot", "changes"}:
            return
        news = msgspec.json.decode(data, type=_News)
        for record in chain.from_iterable(news.subjects.values()):
            _check_addresses(record)
        if kind == "snapshot":
            for subject in self._board.lines().keys() - news.subjects.keys():
                self._board.put(subject, ())
        for subject, records in news.subjects.items():
            self._board.put(subject, records)
        if news.status is not None:
            self._board.stand(_standing(news.status, news.address_space or _Space()))
        self.ready.set()


async def _check(response: httpx2.Response) -> None:
    """Goes on where it is a stream of events.

    Raises:
        _Refused: it is something else.
    """
    if response.status_code == HTTPStatus.OK:
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            return
        raise _Refused(NOT_OURS)
    if response.status_code == HTTPStatus.NOT_FOUND:
        raise _Refused(NO_ROUTES)
    text = b""
    async for part in response.aiter_bytes():
        text += part
        if len(text) >= _TEXT:
            break
    words = escaped(" ".join(text[:_TEXT].decode(errors="replace").split()), _TEXT)
    raise _Refused(f"HTTP {response.status_code}" + (f": {words}" if words else ""))


def _check_addresses(record: RouteRecord) -> None:
    """They are shown and counted as they are.

    Raises:
        ValueError: one is none.
    """
    for address in filter(None, (*record.internal_ips, record.next_hop)):
        parse_address(address)
    if record.pod_cidr:
        parse_cidr(record.pod_cidr)


async def _parsed(lines: AsyncIterator[bytes]) -> AsyncIterator[tuple[str, bytes]]:
    """Events with one line of data each."""
    kind, data = "", b""
    async for line in lines:
        name, _, value = line.partition(b": ")
        if name == b"event":
            kind = value.decode(errors="replace")
        elif name == b"data":
            data = value
        elif not line and data:
            yield kind, data
            kind, data = "", b""


async def _lines(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Only a line feed ends one: to Python and to httpx2 much that is in texts does, too."""
    begun: list[bytes] = []
    async for part in parts:
        head, *whole = part.split(b"\n")
        begun.append(head)
        for line in whole:
            yield b"".join(begun).removesuffix(b"\r")
            begun = [line]


def _standing(status: _Status, space: _Space) -> Standing:
    return Standing(
        leader=status.leader or "",
        leads=status.leads,
        lease=status.lease or "",
        provider=status.provider or "",
        server=status.server or "",
        read=_moment(status.last_read),
        unreached=status.unreached or "",
        quota=_quota(status.quota),
        held=_held(status.held),
        pools=tuple(CidrPool(parse_cidr(one.cidr), one.block_prefix) for one in space.pools),
        reserved=tuple(map(parse_cidr, space.reserved)),
        node_cidrs=tuple(map(parse_cidr, space.node_cidrs)),
        own_addresses=tuple(map(parse_address, space.router_addresses)),
        unreadable=tuple((one.name, one.reason) for one in status.unreadable),
        deleting=tuple(status.deleting),
        routers=tuple(map(_router, status.routers)),
    )


def _router(one: _Router) -> RouterStanding:
    read, quota, held = _moment(one.last_read), _quota(one.quota), _held(one.held)
    return RouterStanding(one.name, one.provider or "", read, one.unreached or "", quota, held)


def _moment(text: str | None) -> float | None:
    return datetime.fromisoformat(text).timestamp() if text else None


def _quota(quota: _Quota | None) -> Quota | None:
    return Quota(quota.used, quota.limit) if quota else None


def _held(held: _Held | None) -> HeldBack | None:
    return HeldBack(held.count, held.reason, held.confirmation, held.next) if held else None
