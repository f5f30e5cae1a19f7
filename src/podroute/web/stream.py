"""Server-sent events: all that is on the board, then what changes."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from secrets import token_hex
from time import monotonic, time
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from podroute.observe.board import Board
from podroute.observe.documents import changes, moment_text, snapshot

BEAT: Final = 5.0  # seconds between two signs of life
GATHER: Final = 0.1  # seconds in which changes come together after one was sent
RETRY: Final = 1000  # milliseconds after which a browser comes back
MOST: Final = 50  # streams at once
_TYPE: Final = "text/event-stream"


class Stream:
    """``/events``; an event's id names this process and the board's revision.

    ``snapshot`` has all, ``changes`` what is new since the event before it, ``beat`` nothing but
    the time, which it tells while much changes, too. Who comes back with the id of the last event
    gets only what was missed, unless that is too long ago or was said by a process before this one.
    """

    def __init__(self, board: Board, beat: float = BEAT) -> None:
        self.closing = asyncio.Event()
        self._board = board
        self._beat = beat
        self._process = token_hex(4)
        self.open = 0

    async def answer(self, request: Request) -> Response:
        """Until the client goes, or this process does."""
        if self.open >= MOST:
            words = f"{MOST} pages are open already: close some of them\n"
            return PlainTextResponse(words, 503, {"Retry-After": "10"})
        if request.method == "HEAD":
            return Response(media_type=_TYPE)
        last = request.headers.get("last-event-id") or request.query_params.get("after", "")
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(self._events(last), headers=headers, media_type=_TYPE)

    async def _events(self, last: str) -> AsyncGenerator[bytes]:
        self.open += 1
        try:
            yield f"retry: {RETRY}\n\n".encode()
            revision, beaten = self._revision(last), monotonic()
            while not self.closing.is_set():
                due = monotonic() - beaten >= self._beat
                if revision < self._board.revision and not due:
                    kind, content = self._news(revision)
                    revision = self._board.revision
                    yield self._event(kind, content, revision)
                    await self._news_or_end(GATHER)
                elif due or not await self._news_or_end(self._beat, revision):
                    beaten = monotonic()
                    yield self._event("beat", {"time": moment_text(time())}, revision)
        finally:
            self.open -= 1

    def _revision(self, last: str) -> int:
        """Up to which the client knows this board; -1: it does not."""
        process, _, number = last.partition("-")
        known = process == self._process and number.isdecimal() and len(number) < 20  # noqa: PLR2004
        return int(number) if known and int(number) <= self._board.revision else -1

    def _news(self, revision: int) -> tuple[str, Mapping[str, object]]:
        delta = self._board.since(revision)
        if delta is None:
            return "snapshot", snapshot(self._board)
        return "changes", changes(delta)

    def _event(self, kind: str, content: Mapping[str, object], revision: int) -> bytes:
        """JSON has no line breaks of its own, so that the data is one line."""
        head = f"event: {kind}\nid: {self._process}-{revision}\ndata: ".encode()
        return b"".join((head, msgspec.json.encode(content), b"\n\n"))

    async def _news_or_end(self, seconds: float, revision: int | None = None) -> bool:
        """Waits for what is newer than ``revision``, for the end, or so long; True: it came."""
        waits: list[asyncio.Task[object]] = [asyncio.create_task(self.closing.wait())]
        if revision is not None:
            waits.append(asyncio.create_task(self._board.wait(revision)))
        try:
            done, _ = await asyncio.wait(
                waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for one in waits:
                one.cancel()
        return bool(done)
