"""EventRecorder: Events as the API server takes them, and what becomes of those it does not."""

import asyncio
import re
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from podroute.kube.connection import connect
from podroute.kube.events import PAUSE, WAITING, EventRecorder, Task
from podroute.kube.kubeconfig import find_login
from podroute.kube.login import ClusterAccess
from podroute.kube.rate_limit import RateLimit
from podroute.model.node import NodeName, NodeUid
from podroute.observe.metrics import EventMetrics
from tests.unit.kube_server import Answer, Request, Server, serving
from tests.waiting import until

SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as one:
        one.answer = lambda _: Answer(b"{}", 201)
        yield one


PATH = "/apis/events.k8s.io/v1/namespaces/default/events"


@dataclass
class Teller:
    """A recorder that sends, and its clock."""

    recorder: EventRecorder
    now: float = 0.0
    failures: list[str] = field(default_factory=list[str])

    def tell(self, message: str = "no block left", node: str = "worker-0") -> None:
        name, uid = NodeName(node), NodeUid(f"uid-{node}")
        self.recorder.record(name, uid, "Warning", "CIDRNotAvailable", message)


@asynccontextmanager
async def telling(server: Server, rate: float = 0) -> AsyncGenerator[Teller]:
    login = find_login(ClusterAccess(server.kubeconfig()))
    async with connect(login, RateLimit(rate, 1)) as connection:
        recorder = EventRecorder(
            connection,
            lambda: teller.now,
            lambda why: teller.failures.append(why),  # noqa: PLW0108 -- it is made later
            Task("AssignPodCIDR", "kube-system", "podroute-controller"),
        )
        teller = Teller(recorder)
        running = asyncio.create_task(recorder.run())
        try:
            yield teller
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


async def sent(server: Server, number: int) -> None:
    await until(lambda: len(server.seen) == number)


def content(request: Request) -> dict[str, Any]:
    return msgspec.json.decode(request.body, type=dict[str, Any])


def methods(server: Server) -> list[str]:
    return [one.method for one in server.seen]


async def test_an_event_is_one_that_the_api_server_takes(server: Server) -> None:
    async with telling(server) as teller:
        teller.tell()
        await until(lambda: server.seen)

    (request,) = server.seen
    assert (request.method, request.path, request.kind) == ("POST", PATH, "application/json")
    event = content(request)
    metadata = event.pop("metadata")
    assert metadata.pop("name").startswith("worker-0.")
    assert metadata == {"namespace": "default"}
    assert MOMENT.fullmatch(event.pop("eventTime"))
    assert 0 < len(event.pop("reportingInstance")) <= 128
    assert event == {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "type": "Warning",
        "reason": "CIDRNotAvailable",
        "note": "no block left",
        "action": "AssignPodCIDR",
        "reportingController": "podroute-controller",
        "regarding": {
            "apiVersion": "v1",
            "kind": "Node",
            "name": "worker-0",
            "uid": "uid-worker-0",
        },
    }


@pytest.mark.parametrize(
    "node",
    ["a", "x" * 253, f"{'y' * 229}.{'z' * 23}", f"{'y' * 228}-.{'z' * 23}", f"{'a.' * 126}a"],
)
async def test_names_are_valid_for_every_node_name(server: Server, node: str) -> None:
    async with telling(server) as teller:
        teller.tell(node=node)
        await until(lambda: server.seen)

    event = content(server.seen[0])
    assert SUBDOMAIN.fullmatch(event["metadata"]["name"])
    assert len(event["metadata"]["name"]) <= 253
    assert event["regarding"]["name"] == node


@pytest.mark.parametrize("letter", ["x", "é", "☃", "🐍", "\ud800"])
async def test_a_note_is_as_long_as_the_api_server_allows(server: Server, letter: str) -> None:
    async with telling(server) as teller:
        teller.tell(letter * 5000)
        await until(lambda: server.seen)

    assert 900 < len(content(server.seen[0])["note"].encode()) <= 1024


async def test_the_same_again_raises_the_count_of_one_event(server: Server) -> None:
    async with telling(server) as teller:
        for times in range(1, 4):
            teller.now += PAUSE
            teller.tell()
            await sent(server, times)
            await until_sent(teller, server)

    assert methods(server) == ["POST", "PATCH", "PATCH"]
    name = content(server.seen[0])["metadata"]["name"]
    for request, count in zip(server.seen[1:], (2, 3), strict=True):
        assert request.path == f"{PATH}/{name}"
        assert request.kind == "application/strategic-merge-patch+json"
        series = content(request)["series"]
        assert MOMENT.fullmatch(series.pop("lastObservedTime"))
        assert series == {"count": count}


async def until_sent(teller: Teller, server: Server) -> None:
    """What was answered has been taken in: another series is served after it."""
    seen = len(server.seen)
    teller.tell(f"marker {seen}")
    await until(lambda: len(server.seen) > seen)
    server.seen.pop()


async def test_other_nodes_reasons_and_long_pauses_make_other_events(server: Server) -> None:
    async with telling(server) as teller:
        teller.tell()
        teller.tell(node="worker-1")
        teller.tell("something else")
        await until(lambda: len(server.seen) == 3)
        teller.now += PAUSE + 1
        teller.tell()
        await until(lambda: len(server.seen) == 4)

    assert methods(server) == ["POST"] * 4
    assert len({content(one)["metadata"]["name"] for one in server.seen}) == 4


async def test_an_event_that_has_expired_is_made_anew(server: Server) -> None:
    async with telling(server) as teller:
        statuses = iter([201, 201, 404])  # the second is that of a marker
        server.answer = lambda _: Answer(b"{}", next(statuses, 201))
        for number in (1, 3):
            teller.tell()
            await sent(server, number)
            await until_sent(teller, server)

    assert methods(server) == ["POST", "PATCH", "POST"]
    assert (teller.recorder.dropped, teller.failures) == (0, [])


async def test_an_event_whose_first_answer_was_lost_is_counted_all_the_same(server: Server) -> None:
    answers = iter([Answer(b"", hangs_up=True), Answer(b"{}", 409)])
    server.answer = lambda _: next(answers, Answer(b"{}"))

    async with telling(server) as teller:
        teller.tell()
        await until(lambda: teller.failures)
        for number in (2, 3):
            teller.tell()
            await sent(server, number)
            await until_sent(teller, server)

    assert methods(server) == ["POST", "POST", "PATCH"]
    assert teller.recorder.dropped == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(b"no\xff", 403), "HTTP 403: no\ufffd"),
        (Answer(b"no namespace", 404), "HTTP 404: no namespace"),
        (Answer(b"busy", 500), "HTTP 500: busy"),
        (Answer(b"", hangs_up=True), "context 'test': https://"),
    ],
)
async def test_what_is_not_taken_is_told_and_counted_and_the_next_one_is_sent(
    server: Server, answer: Answer, words: str
) -> None:
    server.answer = lambda _: answer

    async with telling(server) as teller:
        teller.tell()
        await until(lambda: teller.failures)
        server.answer = lambda _: Answer(b"{}", 201)
        teller.tell("the next one")
        await until(lambda: len(server.seen) == 2)

    assert teller.failures[0].startswith(words)
    assert teller.recorder.dropped == 1
    assert content(server.seen[1])["note"] == "the next one"


async def test_a_full_queue_drops_and_counts_and_takes_again_later(server: Server) -> None:
    registry = CollectorRegistry()
    async with telling(server, rate=1e-3) as teller:
        EventMetrics(registry, lambda: teller.recorder.dropped)
        for number in range(WAITING + 3):
            teller.tell(f"{number}")
        assert registry.get_sample_value("podroute_events_dropped_total") == 3
        teller.tell("0")  # waits already
        assert teller.recorder.dropped == 3
        await until(lambda: server.seen)
        teller.tell(f"{WAITING + 2}")
        assert teller.recorder.dropped == 3


async def test_what_is_about_no_node_is_about_the_lease(server: Server) -> None:
    async with telling(server) as teller:
        for number in (1, 2):
            assert teller.recorder.announce("Normal", "RouteDeleted", "10.200.0.0/24")
            await sent(server, number)

    made, counted = server.seen
    folder = "/apis/events.k8s.io/v1/namespaces/kube-system/events"
    assert (made.method, made.path) == ("POST", folder)
    assert (counted.method, counted.path.startswith(f"{folder}/podroute-controller.")) == (
        "PATCH",
        True,
    )
    event = content(made)
    assert (event["metadata"]["namespace"], event["type"]) == ("kube-system", "Normal")
    assert event["regarding"] == {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "name": "podroute-controller",
        "namespace": "kube-system",
    }
