"""Laws of following the Nodes: however the bytes are cut, and however the streams end."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podroute.kube.node_events import Changed, Lost, NodeEvent, Relisted, Removed
from tests.unit.kube_server import Answer, Request, Server, serving
from tests.unit.watch_texts import added, bookmark, error, initial, item, line, node, relisted
from tests.unit.watchers import ending, following, in_turn, query, some

NAMES = st.sampled_from(["a", "b", "ö", "😀"])
LAST = "last"
FEWER = settings(max_examples=settings().max_examples // 4)  # each connects anew
ENDS = st.sampled_from(["in order", "in a line", "gone", "garbage", "refused"])
ENDINGS: Mapping[str, Sequence[bytes]] = {
    "in order": [],
    "in a line": [b'{"type": "ADDED", "object": {"ki'],
    "gone": [error(410, "too old")],
    "garbage": [b'{"type": "ADDED", "object": \xff}\n'],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("server")
    with serving(folder) as one:
        yield one


@FEWER
@given(st.lists(NAMES, max_size=4), st.lists(st.integers(0, 2000), max_size=12))
def test_a_stream_says_the_same_however_it_is_cut(
    server: Server, names: Sequence[str], places: Sequence[int]
) -> None:
    later = [added(name, version) for version, name in enumerate(names, start=8)]
    whole = initial(7, "a", "ö") + b"".join(later) + bookmark(99)
    cuts = sorted({0, len(whole), *(place % len(whole) for place in places)})
    in_turn(server, ending(*(whole[start:end] for start, end in pairwise(cuts))))

    events = asyncio.run(first_events(server, 2 + len(names)))

    assert events[: 1 + len(names)] == [
        relisted(7, "a", "ö"),
        *(Changed(node(name)) for name in names),
    ]
    assert not any(isinstance(one, Lost) for one in events)


async def first_events(server: Server, number: int) -> list[NodeEvent]:
    async with asyncio.timeout(20), following(server) as stream:
        return await some(stream, number)


@dataclass
class History:
    """What has happened to the Nodes: one change for each version from 1 on."""

    changes: Sequence[tuple[str, bool]]
    ends: list[tuple[int, str]]
    faults: list[str] = field(default_factory=list[str])

    def nodes(self, version: int) -> set[str]:
        living: set[str] = set()
        for name, comes in self.changes[:version]:
            (living.add if comes else living.discard)(name)
        return living

    def lines(self, after: int) -> list[bytes]:
        """One for each change that is told; a Node that is not there cannot end."""
        told: list[bytes] = []
        for version in range(after + 1, len(self.changes) + 1):
            name, comes = self.changes[version - 1]
            there = name in self.nodes(version - 1)
            if comes:
                told.append(line("MODIFIED" if there else "ADDED", item(name, version)))
            elif there:
                told.append(line("DELETED", item(name, version)))
        return told

    def answer(self, server: Server, request: Request) -> Answer:
        """From where it is asked, as far as the next end; whole and open where there is none."""
        asked = query(request)
        listing = "sendInitialEvents" in asked
        limit, end = self.ends.pop() if self.ends else (len(self.changes), "")
        after = min(limit, len(self.changes)) if listing else int(asked["resourceVersion"])
        head = [initial(after, *sorted(self.nodes(after)))] if listing else []
        if not end:
            return server.feed(*head, *self.lines(after))
        if end == "refused":
            return Answer(b"", 503)
        return ending(*head, *self.lines(after)[:limit], *ENDINGS[end])


@FEWER
@given(
    st.lists(st.tuples(NAMES, st.booleans()), max_size=8),
    st.lists(st.tuples(st.integers(0, 4), ENDS), max_size=5),
)
def test_a_follower_knows_the_nodes_however_the_streams_end(
    server: Server, changes: Sequence[tuple[str, bool]], ends: list[tuple[int, str]]
) -> None:
    history = History([*changes, (LAST, True)], ends)
    server.answer = lambda request: history.answer(server, request)

    assert asyncio.run(followed(server)) == history.nodes(len(history.changes))


async def followed(server: Server) -> set[str]:
    """The Nodes that a follower knows when it has seen the last change."""
    known: set[str] = set()
    async with asyncio.timeout(20), following(server) as stream:
        async for events in stream:
            for event in events:
                known = applied(known, event)
            if LAST in known:
                return known
    return known


def applied(known: set[str], event: NodeEvent) -> set[str]:
    match event:
        case Relisted(roster=roster):
            assert not roster.unreadable
            return {one.name for one in roster.nodes}
        case Changed(node=one):
            return {*known, one.name}
        case Removed(node=one):
            return known - {one.name}
        case _:
            return known
