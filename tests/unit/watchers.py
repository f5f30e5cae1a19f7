"""One who follows the Nodes, and a server whose answers are known in advance."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import partial
from itertools import count
from random import Random
from time import monotonic
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

from podroute.kube.connection import connect
from podroute.kube.kubeconfig import find_login
from podroute.kube.login import ClusterAccess
from podroute.kube.node_events import Lost, NodeEvent
from podroute.kube.nodes import parse_node
from podroute.kube.watching import GOOD_WATCH, follow_nodes
from tests.unit.kube_server import Answer, Request, Server


class Dice(Random):
    """No pause is waited for; each is noted."""

    def __init__(self) -> None:
        super().__init__(1)
        self.pauses: list[tuple[float, float]] = []

    @override
    def uniform(self, a: float, b: float) -> float:
        self.pauses.append((a, b))
        return 0.0


def slow_clock() -> Callable[[], float]:
    """By it every watch has lasted."""
    return partial(next, count(0, GOOD_WATCH))


def query(request: Request) -> dict[str, str]:
    return {key: value for key, (value,) in parse_qs(urlsplit(request.path).query).items()}


def asked(server: Server) -> list[str]:
    """In short: a list, or the version that is watched from."""
    queries = map(query, server.seen)
    return [
        "streamed list" if "sendInitialEvents" in one else one.get("resourceVersion", "paged list")
        for one in queries
    ]


def in_turn(server: Server, *answers: Answer) -> None:
    """Then nothing new, for ever."""
    rest = iter(answers)
    server.answer = lambda _: next(rest, None) or server.feed()


def ending(*chunks: bytes) -> Answer:
    """A stream that ends after them."""
    return Answer(b"", stream=chunks)


Stream = AsyncGenerator[Sequence[NodeEvent]]

_WITH_ZONE = partial(parse_node, label_keys=("zone",), addresses=False)


@asynccontextmanager
async def following(
    server: Server,
    *,
    silence: float = 60,
    dice: Random | None = None,
    clock: Callable[[], float] = monotonic,
) -> AsyncGenerator[Stream]:
    login = find_login(ClusterAccess(server.kubeconfig()))
    async with connect(login) as connection:
        dice = dice or Dice()
        stream = follow_nodes(connection, parse=_WITH_ZONE, silence=silence, dice=dice, clock=clock)
        async with aclosing(stream):
            yield stream


async def some(stream: Stream, number: int) -> list[NodeEvent]:
    """The next events, at least so many."""
    events: list[NodeEvent] = []
    while len(events) < number:
        events += await anext(stream)
    return events


def reasons(events: Sequence[NodeEvent]) -> list[str]:
    return [one.reason for one in events if isinstance(one, Lost)]
