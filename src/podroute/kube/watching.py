"""The Nodes of a cluster as they come, change and go: a consistent list, then a watch, for ever.

As client-go's reflector does it, but a new list after every failure: bookmarks, and resumed from
the last version only where the server has ended the watch in order. A server that serves
watch-lists streams the list itself.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from http import HTTPStatus
from random import Random
from time import monotonic
from typing import Final, TypeAlias
from urllib.parse import urlencode

import httpx2
import msgspec

from podroute.kube.answer import Status
from podroute.kube.api_errors import ApiUnreachable, explained, refusal
from podroute.kube.connection import Connection, Stream
from podroute.kube.kubeconfig import KubeconfigError
from podroute.kube.node_events import Alive, Changed, Lost, NodeEvent, Relisted, Removed
from podroute.kube.node_list import read_node_list
from podroute.kube.nodes import NodeObject, decode_item, parse_node
from podroute.model.node import Node, Roster, Unreadable

SLOWEST_PAGE: Final = 60.0  # seconds
SILENCE: Final = 90.0  # seconds without a word, bookmarks included, that mean: look anew
LONGEST_LINE: Final = 8 << 20  # bytes of one event
FIRST_PAUSE: Final = 0.2
LAST_PAUSE: Final = 30.0
GOOD_WATCH: Final = 5.0  # seconds; one that ends sooner is a failure
SHORTEST_WATCH: Final = 240  # seconds until the server ends a watch, and up to twice that
INITIAL_EVENTS_END: Final = "k8s.io/initial-events-end"


class _Gone(Exception):  # noqa: N818 -- an event
    """The version that was watched from is no longer kept."""


class _Frame(msgspec.Struct):
    type: str
    object: msgspec.Raw


class _Metadata(msgspec.Struct):
    version: str = msgspec.field(name="resourceVersion", default="")
    annotations: dict[str, str] | None = None


class _Versioned(msgspec.Struct):
    metadata: _Metadata


Parse: TypeAlias = Callable[[NodeObject], Node | Unreadable]

_CLAIMS: Final[Parse] = partial(parse_node, addresses=False)
_FRAME: Final = msgspec.json.Decoder(_Frame)
_NODE: Final = msgspec.json.Decoder(NodeObject)


def follow_nodes(
    connection: Connection,
    *,
    parse: Parse = _CLAIMS,
    silence: float = SILENCE,
    dice: Random | None = None,
    clock: Callable[[], float] = monotonic,
) -> AsyncGenerator[Sequence[NodeEvent]]:
    """For ever, what has happened since the last time; first of all one ``Relisted``.

    ``parse`` makes of each Node what is to be known of it: without it podCIDRs and little more.

    Failures are events, not exceptions: ``Lost``, then another try after a pause that grows until a
    watch has lasted, by ``clock``.
    """
    dice = dice or Random()  # noqa: S311 -- spreads retries
    return _follow(_Watch(connection, parse, silence, dice), dice, clock)


def follow_node(
    connection: Connection, name: str, *, parse: Parse = _CLAIMS
) -> AsyncGenerator[Sequence[NodeEvent]]:
    """The same of one Node alone, which may not exist yet."""
    dice = Random()  # noqa: S311 -- spreads retries
    fields = {"fieldSelector": f"metadata.name={name}"}
    return _follow(_Watch(connection, parse, SILENCE, dice, fields), dice, monotonic)


async def _follow(
    watch: "_Watch", dice: Random, clock: Callable[[], float]
) -> AsyncGenerator[Sequence[NodeEvent]]:
    failures = 0
    while True:
        reason, began = "", clock()
        try:
            async with aclosing(watch.events()) as stream:
                async for events in stream:
                    yield events
        except _Gone:
            watch.forget()
        except (ApiUnreachable, KubeconfigError) as error:
            watch.forget()  # what comes back may be a cluster that was restored meanwhile
            reason = str(error)
        if reason:
            yield (Lost(reason),)
        failures = failures + 1 if clock() - began < GOOD_WATCH else 1
        longest = min(LAST_PAUSE, FIRST_PAUSE * 2 ** min(failures, 10))
        await asyncio.sleep(dice.uniform(longest / 2, longest) if reason or failures > 1 else 0)


class _Watch:
    """What must be known to go on where the last stream has ended."""

    def __init__(
        self,
        connection: Connection,
        parse: Parse,
        silence: float,
        dice: Random,
        fields: Mapping[str, str] | None = None,
    ) -> None:
        self._fields = dict(fields or {})
        self._connection = connection
        self._parse = parse
        self._silence = silence
        self._dice = dice
        self._version = ""
        self._newest = 0  # of all versions, to notice when they go back
        self._streams_lists = True

    def forget(self) -> None:
        """Everything is listed anew."""
        self._version = ""

    async def events(self) -> AsyncGenerator[Sequence[NodeEvent]]:
        """Until the stream ends.

        Raises:
            _Gone: the version is too old.
            ApiUnreachable: no answer, a refusal, or a silence that was too long.
        """
        with explained(self._connection.login):
            if not self._version and not self._streams_lists:
                yield (await self._relist(),)
            listing = not self._version
            try:
                async with aclosing(self._stream(listing=listing)) as stream:
                    async for events in stream:
                        yield events
            except httpx2.TimeoutException:
                self.forget()  # silence: an end that nobody told us
                raise
            except (ValueError, RecursionError):
                message = f"{self._connection.where} sent a line that is no watch event"
                raise ApiUnreachable(message) from None

    async def _relist(self) -> Relisted:
        get = partial(self._connection.request, "GET", within=SLOWEST_PAGE)
        listed = await read_node_list(get, self._connection.login, fields=self._fields)
        roster = Roster.of((*map(self._parse, listed.objects), *listed.misshapen))
        return self._listed(roster, listed.version)

    def _listed(self, roster: Roster, version: str) -> Relisted:
        self._version = version
        number = int(version) if version.isdecimal() else 0
        rewound = number < self._newest
        self._newest = number
        return Relisted(roster, version, rewound)

    async def _stream(self, *, listing: bool) -> AsyncGenerator[Sequence[NodeEvent]]:
        path = f"/api/v1/nodes?{urlencode(self._query(listing=listing))}"
        async with self._connection.stream(path, silence=self._silence) as response:
            if response.status == HTTPStatus.GONE:
                raise _Gone
            if listing and response.status in {
                HTTPStatus.BAD_REQUEST,
                HTTPStatus.UNPROCESSABLE_ENTITY,
            }:
                self._streams_lists = False
                return
            if response.status != HTTPStatus.OK:
                body = await response.read()
                raise refusal(
                    response.status, body, self._connection.login, self._connection.rights
                )
            lines = self._lines(response)
            if listing:
                relisted, rest = await self._initial(lines)
                yield (relisted,)
                if rest:
                    yield self._decoded(rest)
            async for complete in lines:
                yield self._decoded(complete)

    def _query(self, *, listing: bool) -> dict[str, str]:
        lasts = self._dice.randrange(SHORTEST_WATCH, 2 * SHORTEST_WATCH)
        query = {"watch": "1", "allowWatchBookmarks": "true", "timeoutSeconds": str(lasts)}
        query |= self._fields
        if listing:
            return {**query, "sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan"}
        return {**query, "resourceVersion": self._version}

    async def _lines(self, response: Stream) -> AsyncIterator[list[bytes]]:
        """All lines that have arrived whole, as soon as there is one."""
        parts: list[bytes] = []
        size = 0
        async for chunk in response.chunks():
            whole, newline, rest = chunk.rpartition(b"\n")
            parts.append(whole if newline else rest)
            size += len(chunk)
            if newline:
                yield [line for line in b"".join(parts).split(b"\n") if line]
                parts, size = [rest], len(rest)
            elif size > LONGEST_LINE:
                message = f"{self._connection.where}: one event is longer than {LONGEST_LINE} bytes"
                raise ApiUnreachable(message)

    async def _initial(
        self, lines: AsyncIterator[Sequence[bytes]]
    ) -> tuple[Relisted, Sequence[bytes]]:
        """The streamed list, up to the bookmark that ends it; and the lines behind that."""
        nodes: dict[str, Node | Unreadable] = {}
        async for complete in lines:
            for place, line in enumerate(complete):
                frame = self._frame(line)
                if frame.type == "BOOKMARK":
                    metadata = msgspec.json.decode(frame.object, type=_Versioned).metadata
                    if INITIAL_EVENTS_END in (metadata.annotations or {}):
                        roster = Roster.of(nodes.values())
                        return self._listed(roster, metadata.version), complete[place + 1 :]
                elif frame.type == "DELETED":
                    nodes.pop(self._node(frame).name, None)
                else:
                    node = self._node(frame)
                    nodes[node.name] = node
        message = f"{self._connection.where} ended the Node list before it was whole"
        raise ApiUnreachable(message)

    def _decoded(self, lines: Sequence[bytes]) -> Sequence[NodeEvent]:
        events: list[NodeEvent] = []
        frame: _Frame | None = None
        for line in lines:
            frame = self._frame(line)
            match frame.type:
                case "ADDED" | "MODIFIED":
                    events.append(Changed(self._node(frame)))
                case "DELETED":
                    events.append(Removed(self._node(frame)))
                case _:
                    events.append(Alive())
        if frame is not None:
            self._note_version(frame)
        return events

    def _frame(self, line: bytes) -> _Frame:
        frame = _FRAME.decode(line)
        if frame.type != "ERROR":
            return frame
        status = msgspec.json.decode(frame.object, type=Status)
        if status.code == HTTPStatus.GONE:
            raise _Gone
        message = f"{self._connection.where} ended the watch: {status.message}"
        raise ApiUnreachable(message)

    def _node(self, frame: _Frame) -> Node | Unreadable:
        try:
            item: NodeObject | Unreadable = _NODE.decode(frame.object)
        except (msgspec.DecodeError, RecursionError):
            item = decode_item(msgspec.json.decode(frame.object), "a watch event")
        return item if isinstance(item, Unreadable) else self._parse(item)

    def _note_version(self, frame: _Frame) -> None:
        version = msgspec.json.decode(frame.object, type=_Versioned).metadata.version
        number = int(version) if version.isdecimal() else self._newest
        if number < self._newest:
            raise _Gone
        self._version, self._newest = version, number
