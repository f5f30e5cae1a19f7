"""What goes wrong on the way to a simulated router, switched on and off by a test."""

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
    """The connection ends before the answer does."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"100")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})


class Silent(Response):
    """There is no answer for as long as anybody waits for one."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


def instead(trouble: Trouble) -> Response:
    """What comes in the place of an answer."""
    return Cut() if trouble.startswith("cut") else Silent()
