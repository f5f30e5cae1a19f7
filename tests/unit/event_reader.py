"""Server-sent events as a browser takes them apart."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2
import msgspec


@dataclass(frozen=True, slots=True)
class Event:
    """One of them; ``content`` is its JSON."""

    kind: str
    id: str
    content: Mapping[str, Any]


class Reader:
    """The events of one answer, one after the other."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def next(self) -> Event | None:
        """None at the end; what carries no data is passed over."""
        fields: dict[str, str] = {}
        async for line in self._lines:
            name, _, value = line.partition(": ")
            if name:
                fields[name] = value
            elif "data" in fields:
                content = msgspec.json.decode(fields["data"])
                return Event(fields["event"], fields["id"], content)
        return None

    async def told(self) -> Event:
        """The next one."""
        event = await self.next()
        assert event is not None
        return event


@asynccontextmanager
async def listening(url: str, last: str = "") -> AsyncGenerator[Reader]:
    """``last`` is the id of the event that the client has seen last."""
    headers = {"Last-Event-ID": last} if last else {}
    async with (
        httpx2.AsyncClient(timeout=30) as client,
        client.stream("GET", url, headers=headers) as answer,
    ):
        yield Reader(answer)
