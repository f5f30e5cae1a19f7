"""LeaseStore: what is sent, and what each answer means."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from podroute.kube.api_errors import ApiUnreachable
from podroute.kube.connection import connect
from podroute.kube.kubeconfig import find_login
from podroute.kube.leases import (
    Conflict,
    Lease,
    LeaseMetadata,
    LeaseSpec,
    LeaseStore,
    annotated,
    annotations_of,
)
from podroute.kube.login import ClusterAccess
from tests.unit.kube_server import Answer, Server, serving
from tests.unit.lease_api import PARENT, PATH, LeaseApi

SPEC = LeaseSpec("us", 15, "2026-01-01T00:00:00.000000Z", "2026-01-01T00:00:00.000000Z", 3)
PLAIN = {
    "holderIdentity": "us",
    "leaseDurationSeconds": 15,
    "acquireTime": "2026-01-01T00:00:00.000000Z",
    "renewTime": "2026-01-01T00:00:00.000000Z",
    "leaseTransitions": 3,
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as one:
        yield one


@asynccontextmanager
async def store(server: Server) -> AsyncGenerator[LeaseStore]:
    async with connect(find_login(ClusterAccess(server.kubeconfig()))) as connection:
        yield LeaseStore(connection, "net", "podroute")


async def test_a_lease_is_made_read_and_replaced(server: Server) -> None:
    api = LeaseApi()
    server.answer = api.answer

    async with store(server) as leases:
        assert await leases.get(5) is None
        made = await leases.create(SPEC, 5)
        assert isinstance(made, Lease)
        assert made.spec == SPEC
        made.spec.lease_transitions = 4
        await leases.update(made, 5)
        found = await leases.get(5)

    assert found is not None
    assert (found.metadata.resource_version, found.spec.lease_transitions) == ("2", 4)
    assert [(one.method, one.path) for one in server.seen] == [
        ("GET", PATH),
        ("POST", PARENT),
        ("PUT", PATH),
        ("GET", PATH),
    ]
    assert msgspec.json.decode(server.seen[1].body) == {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "podroute", "namespace": "net"},
        "spec": PLAIN,
    }


async def test_what_others_have_put_into_it_is_kept(server: Server) -> None:
    api = LeaseApi()
    api.put(**PLAIN)
    assert api.lease is not None
    kept = {
        "uid": "uid-1",
        "labels": {"a": "b"},
        "annotations": {"c": "d"},
        "ownerReferences": [{"kind": "Pod", "name": "x"}],
        "finalizers": ["example.com/f"],
    }
    api.lease["metadata"] |= kept
    server.answer = api.answer

    async with store(server) as leases:
        found = await leases.get(5)
        assert found is not None
        await leases.update(found, 5)

    assert kept.items() <= api.writes[0]["metadata"].items()
    assert api.writes[0]["spec"] == PLAIN


async def test_who_comes_second_has_written_nothing(server: Server) -> None:
    api = LeaseApi()
    api.put(**PLAIN)
    server.answer = api.answer

    async with store(server) as leases:
        assert isinstance(await leases.create(SPEC, 5), Conflict)
        found = await leases.get(5)
        assert found is not None
        api.put(**PLAIN)
        assert isinstance(await leases.update(found, 5), Conflict)
        api.lease = None
        assert isinstance(await leases.update(found, 5), Conflict)

    assert api.writes == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(b"no\x1bway", 403), "GET of Lease net/podroute was refused (HTTP 403): no way"),
        (Answer(b"not found", 404), "was refused (HTTP 404): not found"),
        (Answer(b'{"kind":"Status","details":{"name":"net"}}', 404), "was refused (HTTP 404)"),
        (Answer(b'{"kind":"Status"}', 404), "was refused (HTTP 404)"),
        (Answer(b"x" * 9999, 503), f"(HTTP 503): {'x' * 500}"),
        (Answer(b"<html>"), "answers, but with no Lease: check the address"),
        (Answer(b'{"kind":"\xff"}'), "answers, but with no Lease: check the address"),
        (Answer(b"{}", stalls=True), "did not answer within 0.2 s"),
        (Answer(b"", hangs_up=True), "is not reached: "),
    ],
)
async def test_no_lease_is_not_the_same_as_no_answer(
    server: Server, answer: Answer, words: str
) -> None:
    server.answer = lambda _: answer

    async with store(server) as leases:
        with pytest.raises(ApiUnreachable) as caught:
            await leases.get(0.2 if answer.stalls else 20)

    assert words in str(caught.value)
    assert str(caught.value).startswith(f"context 'test': {server.url}")
    assert len(str(caught.value)) < 700


async def test_a_write_that_is_refused_is_no_conflict(server: Server) -> None:
    server.answer = lambda _: Answer(b"no", 403)

    async with store(server) as leases:
        with pytest.raises(ApiUnreachable, match="POST of Lease"):
            await leases.create(SPEC, 5)
        with pytest.raises(ApiUnreachable, match="PUT of Lease"):
            await leases.update(Lease(), 5)


async def test_rights_are_for_who_is_known(server: Server) -> None:
    words = 'forbidden: User "{}" cannot get it'
    async with store(server) as leases:
        server.answer = lambda _: Answer(words.format("jane").encode(), 403)
        with pytest.raises(ApiUnreachable, match=r"an admin can allow it by: kubectl apply"):
            await leases.get(5)
        server.answer = lambda _: Answer(words.format("system:anonymous").encode(), 403)
        with pytest.raises(ApiUnreachable, match=r"not authenticated: user 'u' has no cr"):
            await leases.get(5)


async def test_a_name_stays_one_part_of_the_address(server: Server) -> None:
    server.answer = LeaseApi().answer

    async with connect(find_login(ClusterAccess(server.kubeconfig()))) as connection:
        with pytest.raises(ApiUnreachable):
            await LeaseStore(connection, "a/b", "../c?d").get(5)

    (seen,) = server.seen
    assert seen.path == "/apis/coordination.k8s.io/v1/namespaces/a%2Fb/leases/..%2Fc%3Fd"


def test_an_annotation_stands_beside_those_that_are_there() -> None:
    lease = Lease(metadata=LeaseMetadata("podroute", "net", annotations={"theirs": "1"}))

    both = annotated(annotated(lease, {"ours": "2"}), {"ours": "3"})

    assert annotations_of(both) == {"theirs": "1", "ours": "3"}
    assert annotations_of(lease) == {"theirs": "1"}
    assert (annotations_of(Lease()), annotated(Lease(), {}).metadata.annotations) == ({}, None)
