"""assign_pod_cidrs: what is sent, and what each answer means."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from podroute.kube.connection import Connection, connect
from podroute.kube.kubeconfig import find_login
from podroute.kube.login import ClusterAccess
from podroute.kube.node_patches import assign_pod_cidrs
from podroute.kube.patch_answers import Applied, Denied, PatchAnswer, Refused, Throttled, Unknown
from podroute.model.cidr import parse_cidr
from podroute.model.node import NodeName, NodeUid
from tests.unit.kube_server import Answer, Request, Server, serving
from tests.unit.watch_texts import status
from tests.waiting import until

BOTH = ("10.200.7.0/24", "fd00:10:200:7::/64")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as one:
        one.answer = with_all_of_it
        yield one


def with_all_of_it(request: Request) -> Answer:
    """The Node, with the podCIDRs of the patch."""
    spec = msgspec.json.decode(request.body)["spec"]
    return Answer(msgspec.json.encode({"metadata": {"name": "worker-0.example"}, "spec": spec}))


def invalid(field: str, message: str) -> Answer:
    """The refusal of a validation, or without a field that of an admission policy."""
    details = {"causes": [{"message": message, **({"field": field} if field else {})}]}
    content = {"kind": "Status", "message": message, "code": 422, "details": details}
    return Answer(msgspec.json.encode(content), 422)


def with_pod_cidrs(*cidrs: str) -> Answer:
    return Answer(msgspec.json.encode({"spec": {"podCIDR": cidrs[0], "podCIDRs": cidrs}}))


async def assign(server: Server, *cidrs: str, within: float = 5) -> PatchAnswer:
    async with connect(find_login(ClusterAccess(server.kubeconfig()))) as connection:
        return await patched(connection, *cidrs, within=within)


async def patched(connection: Connection, *cidrs: str, within: float = 5) -> PatchAnswer:
    pod_cidrs = tuple(map(parse_cidr, cidrs or BOTH))
    name, uid = NodeName("worker-0.example"), NodeUid("uid-0")
    return await assign_pod_cidrs(connection, name, uid, pod_cidrs, within)


@pytest.mark.parametrize("cidrs", [BOTH, BOTH[:1], BOTH[1:]])
async def test_both_fields_are_set_on_the_node_with_the_uid(
    server: Server, cidrs: tuple[str, ...]
) -> None:
    assert await assign(server, *cidrs) == Applied()

    (request,) = server.seen
    assert request == Request(
        "/api/v1/nodes/worker-0.example",
        "",
        "",
        "PATCH",
        request.body,
        "application/strategic-merge-patch+json",
    )
    assert msgspec.json.decode(request.body) == {
        "metadata": {"uid": "uid-0"},
        "spec": {"podCIDR": cidrs[0], "podCIDRs": list(cidrs)},
    }


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (with_pod_cidrs(*BOTH), Applied()),
        (
            with_pod_cidrs(*BOTH, "10.200.8.0/24"),
            Refused(f"the Node has {BOTH[0]}, {BOTH[1]}, 10.200.8.0/24 after HTTP 200"),
        ),
        (Answer(b'{"spec":{}}'), Refused("the Node has no podCIDR after HTTP 200")),
        (Answer(b"{}"), Unknown("HTTP 200 without the Node")),
        (Answer(b"<html>"), Unknown("HTTP 200 without the Node")),
        (Answer(b'{"spec":' * 99_999), Unknown("HTTP 200 without the Node")),
        (status(404, "no Node"), Refused("HTTP 404: no Node")),
        (status(410, "gone"), Refused("HTTP 410: gone")),
        (invalid("metadata.uid", "is\n  immu\ttable"), Refused("HTTP 422: is immu table")),
        (invalid("spec.podCIDRs[0]", "no CIDR"), Refused("HTTP 422: no CIDR")),
        (invalid("", "a policy denied it"), Denied("HTTP 422: a policy denied it")),
        (invalid("spec.taints", "no"), Denied("HTTP 422: no")),
        (status(422, "no details"), Denied("HTTP 422: no details")),
        (status(409, "try again"), Throttled(1.0, "HTTP 409: try again")),
        (status(401, "who?"), Denied("HTTP 401: who?")),
        (status(403, "no"), Denied("HTTP 403: no")),
        (Answer(b"a webhook's words", 400), Denied("HTTP 400: a webhook's words")),
        (Answer(b"moved", 302, headers={"Location": "/"}), Denied("HTTP 302: moved")),
        (status(500, "etcd"), Unknown("HTTP 500: etcd")),
        (Answer(b"<html>\xff" + b"x" * 999, 502), Unknown(f"HTTP 502: <html>\ufffd{'x' * 293}")),
        (Answer(b'{"message":"\xff"}', 504), Unknown('HTTP 504: {"message":"\ufffd"}')),
        (Answer(b"[" * 99_999, 503), Unknown(f"HTTP 503: {'[' * 300}")),
    ],
)
async def test_each_answer_has_its_meaning(
    server: Server, answer: Answer, expected: PatchAnswer
) -> None:
    server.answer = lambda _: answer

    assert await assign(server) == expected


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("", 1.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 1.0),
        ("86400", 60.0),
        ("inf", 60.0),
        ("nan", 0.0),
    ],
)
async def test_the_server_says_how_long_to_wait(server: Server, text: str, seconds: float) -> None:
    busy = Answer(b"busy", 429, headers={"Retry-After": text})
    server.answer = lambda _: busy

    assert await assign(server) == Throttled(seconds, "HTTP 429: busy")


async def test_no_word_about_a_wait_is_a_second(server: Server) -> None:
    server.answer = lambda _: Answer(b"", 429)

    assert await assign(server) == Throttled(1.0, "HTTP 429: ")


async def test_an_answer_that_is_not_heard_leaves_it_unknown(server: Server) -> None:
    async with connect(find_login(ClusterAccess(server.kubeconfig()))) as connection:
        assert await patched(connection) == Applied()  # connected now, so that it hears the next
        server.answer = lambda _: Answer(b"{}", stalls=True)
        assert await patched(connection, within=0.1) == Unknown("no answer within 0.1 s")
        await until(lambda: len(server.seen) == 2)

    server.answer = lambda _: Answer(b"", hangs_up=True)
    answer = await assign(server)
    assert isinstance(answer, Unknown)
    assert answer.reason.startswith(f"context 'test': {server.url} is not reached: ")
    assert len(server.seen) == 3  # it is not sent again
