"""write_condition: what is sent, and what each answer means."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from podroute.controllers.cluster_nodes import ClusterRoutes
from podroute.kube.connection import connect
from podroute.kube.network_conditions import write_condition
from podroute.kube.patch_answers import Applied, Denied, PatchAnswer, Refused, Throttled, Unknown
from podroute.model.condition import NetworkCondition
from podroute.model.node import NodeName, NodeUid
from podroute.routing.conditions import AVAILABLE, ConditionWrite
from tests.unit.kube_callers import login
from tests.unit.kube_server import Answer, Request, Server, serving
from tests.unit.watch_texts import status

MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
NAME, UID = NodeName("worker-0.example"), NodeUid("uid-0")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as one:
        one.answer = as_asked
        yield one


def as_asked(request: Request) -> Answer:
    """The Node, with the conditions of the patch."""
    patch: dict[str, Any] = msgspec.json.decode(request.body)
    return Answer(msgspec.json.encode({"metadata": {"name": NAME}, "status": patch["status"]}))


async def write(
    server: Server, condition: NetworkCondition = AVAILABLE, *, turns: bool = True
) -> PatchAnswer:
    async with connect(login(server)) as connection:
        return await write_condition(connection, ConditionWrite(NAME, UID, condition, turns), 5.0)


@pytest.mark.parametrize("turns", [True, False])
async def test_the_status_of_the_node_with_the_uid_is_patched(
    server: Server, *, turns: bool
) -> None:
    """Of its conditions this one alone; its last transition only where its status turns."""
    assert await write(server, turns=turns) == Applied()

    (request,) = server.seen
    assert (request.method, request.path) == ("PATCH", f"/api/v1/nodes/{NAME}/status")
    assert request.kind == "application/strategic-merge-patch+json"
    patch: dict[str, Any] = msgspec.json.decode(request.body)
    (condition,) = patch["status"].pop("conditions")
    assert patch == {"metadata": {"uid": UID}, "status": {}}
    moments = {key: condition.pop(key) for key in [*condition] if key.endswith("Time")}
    assert set(moments) == {"lastHeartbeatTime", *(["lastTransitionTime"] if turns else [])}
    assert all(MOMENT.fullmatch(one) for one in moments.values())
    assert condition == {
        "type": "NetworkUnavailable",
        "status": "False",
        "reason": "RouteCreated",
        "message": "RouteController created a route",
    }


def shown(**condition: str) -> Answer:
    conditions = [{"type": "Ready", "status": "True"}, {"type": "NetworkUnavailable", **condition}]
    node = {"metadata": {"name": NAME}, "status": {"conditions": conditions}}
    return Answer(msgspec.json.encode(node))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            shown(status="False", reason="RouteCreated", message="RouteController created a route"),
            Applied(),
        ),
        (
            shown(status="True", reason="Other"),
            Refused("the condition is another after HTTP 200"),
        ),
        (
            Answer(b'{"metadata":{"name":"worker-0.example"}}'),
            Refused("the condition is another after HTTP 200"),
        ),
        (Answer(b"{}"), Unknown("HTTP 200 without the Node")),
        (Answer(b"<html>"), Unknown("HTTP 200 without the Node")),
        (Answer(b'{"status":' * 99_999), Unknown("HTTP 200 without the Node")),
        (status(404, "no Node"), Refused("HTTP 404: no Node")),
        (status(403, "no"), Denied("HTTP 403: no")),
        (status(409, "again"), Throttled(1.0, "HTTP 409: again")),
        (status(500, "etcd"), Unknown("HTTP 500: etcd")),
    ],
)
async def test_each_answer_has_its_meaning(
    server: Server, answer: Answer, expected: PatchAnswer
) -> None:
    server.answer = lambda _: answer

    assert await write(server) == expected


async def test_the_route_loop_writes_by_way_of_the_cluster(server: Server) -> None:
    async with connect(login(server)) as connection:
        api = ClusterRoutes(connection)
        await api.turn()
        answer = await api.write(ConditionWrite(NAME, UID, AVAILABLE, turns=True), 5.0)

    assert answer == Applied()
