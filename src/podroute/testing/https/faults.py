"""What goes wrong on the way to a simulated router, switched on and off by a test."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

Trouble: TypeAlias = Literal["cut before", "cut after", "silent before", "silent after"]


@dataclass
class Faults:
    """Everything is in order until a field is set.

    ``latency``: seconds before each answer. ``at_call`` gives the trouble of the n-th request from
    1, if any: before the request is carried out, or after.
    """

    latency: float = 0.0
    at_call: Callable[[int, str], Trouble | None] = lambda _number, _what: None


class Cut(Response):
    """The connection ends without an answer."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        return


class Silent(Response):
    """There is never an answer."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.Event().wait()


def instead(trouble: Trouble) -> Response:
    """What comes in the place of an answer."""
    return Cut() if trouble.startswith("cut") else Silent()
