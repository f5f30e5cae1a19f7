"""Leader election by a real API server's Lease: who leads when, and how a term ends."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest

from podroute.controllers.election import Timing
from podroute.controllers.leadership import MARK, LeaseLost
from podroute.kube.api_errors import ApiUnreachable
from podroute.kube.connection import Connection, connect
from podroute.kube.kubeconfig import find_login
from podroute.kube.leases import Conflict, Lease, LeaseSpec, LeaseStore
from podroute.kube.login import ClusterAccess
from tests.cluster.control_plane import ControlPlane
from tests.cluster.lease_candidates import (
    LONG,
    NAMESPACE,
    PATIENCE,
    TIMING,
    WITHIN,
    Candidates,
)
from tests.waiting import until

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    one = ControlPlane.start(tmp_path_factory.mktemp("control-plane"))
    try:
        yield one
    finally:
        one.stop()


@pytest.fixture
async def connection(plane: ControlPlane) -> AsyncIterator[Connection]:
    async with connecting(plane.kubeconfig()) as made:
        yield made


@pytest.fixture
def store(connection: Connection, request: pytest.FixtureRequest) -> LeaseStore:
    """Of a Lease that no other test has."""
    name = "".join(one if one.isalnum() else "-" for one in request.node.name.lower())
    return LeaseStore(connection, NAMESPACE, name.strip("-")[:60].strip("-"))


@asynccontextmanager
async def connecting(kubeconfig: Path) -> AsyncGenerator[Connection]:
    async with connect(find_login(ClusterAccess(str(kubeconfig)))) as made:
        yield made


@pytest.fixture
async def candidates(store: LeaseStore) -> AsyncIterator[Candidates]:
    made = Candidates(store)
    yield made
    for one in made.all:
        one.task.cancel()
    await asyncio.gather(*(one.task for one in made.all), return_exceptions=True)


async def read(store: LeaseStore) -> Lease:
    lease = await store.get(WITHIN)
    assert lease is not None
    return lease


async def renewed_after(store: LeaseStore, before: Lease) -> Lease:
    """As soon as its holder has written it again."""
    async with asyncio.timeout(PATIENCE.total_seconds()):
        while (lease := await read(store)).spec.renew_time == before.spec.renew_time:  # noqa: ASYNC110 -- the API server is asked
            await asyncio.sleep(0.05)
    return lease


def kubectl(plane: ControlPlane, verb: str, store: LeaseStore, *arguments: str) -> str:
    return plane.kubectl(verb, f"--namespace={NAMESPACE}", "lease", store.name, *arguments)


async def test_a_lease_is_made_once_and_replaced_only_as_it_was_read(store: LeaseStore) -> None:
    assert await store.get(WITHIN) is None
    made = await store.create(LeaseSpec(holder_identity="me"), WITHIN)
    assert isinstance(made, Lease)
    assert isinstance(await store.create(LeaseSpec(holder_identity="you"), WITHIN), Conflict)

    made.spec.holder_identity = "me again"
    assert isinstance(await store.update(made, WITHIN), Lease)
    made.spec.holder_identity = "too late"

    assert isinstance(await store.update(made, WITHIN), Conflict)
    assert (await read(store)).spec.holder_identity == "me again"


async def test_what_others_wrote_on_it_stays(plane: ControlPlane, store: LeaseStore) -> None:
    await store.create(LeaseSpec(holder_identity="me"), WITHIN)
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "uid": "b"}
    metadata = {
        "labels": {"app": "podroute"},
        "annotations": {"example.org/note": "kept"},
        "ownerReferences": [owner],
    }
    kubectl(plane, "patch", store, "--type=merge", f"--patch={json.dumps({'metadata': metadata})}")

    lease = await read(store)
    lease.spec.lease_transitions = 1
    assert isinstance(await store.update(lease, WITHIN), Lease)

    seen = json.loads(kubectl(plane, "get", store, "--output=json"))
    assert {key: seen["metadata"][key] for key in metadata} == metadata
    assert seen["spec"] == {"holderIdentity": "me", "leaseTransitions": 1}


async def test_one_that_is_gone_is_not_replaced(plane: ControlPlane, store: LeaseStore) -> None:
    made = await store.create(LeaseSpec(holder_identity="me"), WITHIN)
    assert isinstance(made, Lease)
    kubectl(plane, "delete", store)

    assert isinstance(await store.update(made, WITHIN), Conflict)
    assert await store.get(WITHIN) is None


async def test_a_namespace_that_is_missing_is_said(connection: Connection) -> None:
    store = LeaseStore(connection, "nowhere", "podroute-controller")

    assert await store.get(WITHIN) is None
    with pytest.raises(
        ApiUnreachable, match=r'Lease nowhere/podroute-controller .*"nowhere\\?" no'
    ):
        await store.create(LeaseSpec(holder_identity="me"), WITHIN)


async def test_a_missing_right_is_said(plane: ControlPlane) -> None:
    async with connecting(plane.kubeconfig("jane")) as connection:
        with pytest.raises(ApiUnreachable, match=r"GET of Lease .* \(HTTP 403\): .*jane"):
            await LeaseStore(connection, NAMESPACE, "any").get(WITHIN)


async def test_the_first_one_leads_and_the_second_waits(candidates: Candidates) -> None:
    first = candidates.enter("first", LONG)
    term = await first.leads()
    second = candidates.enter("second", LONG)
    await until(lambda: "following" in second.log.getvalue())

    assert (term.origin, term.number) == ("fresh", 0)
    spec = (await renewed_after(candidates.store, await read(candidates.store))).spec
    assert (spec.holder_identity, spec.lease_duration_seconds) == ("first", 600)
    assert (first.leadership.leads, second.leadership.leads) == (True, False)
    assert not second.terms


async def test_a_lease_made_in_advance_is_nobodys(
    store: LeaseStore, candidates: Candidates
) -> None:
    await store.create(LeaseSpec(), WITHIN)

    term = await candidates.enter("first").leads()

    assert term.origin == "fresh"


async def test_who_dies_is_followed_after_the_lease_and_not_before(candidates: Candidates) -> None:
    first, second = candidates.enter("first"), candidates.enter("second")
    await until(lambda: first.terms or second.terms)
    leader, successor = (first, second) if first.terms else (second, first)
    old = leader.terms[0]

    await leader.dies()

    died = monotonic()
    new = await successor.leads()
    assert old.time_left(died) == 0
    assert (new.origin, new.number) == ("took over", 1)
    assert new.began - died > TIMING.lease_duration - TIMING.renew_deadline
    assert (await read(candidates.store)).spec.holder_identity == successor.name


@pytest.mark.parametrize(("vouches", "origin"), [(True, "handed over"), (False, "took over")])
async def test_who_goes_releases_the_lease(
    candidates: Candidates, origin: str, *, vouches: bool
) -> None:
    timing = Timing(lease_duration=600.0, renew_deadline=5.0, retry_period=0.4)
    first = candidates.enter("first", timing)
    await first.leads()
    second = candidates.enter("second", timing)
    await until(lambda: "following" in second.log.getvalue())
    first.vouches = vouches
    await first.stop()

    new = await second.leads()

    taken = await read(candidates.store)
    assert (taken.metadata.annotations or {})[MARK] == ("0" if vouches else "")
    assert (new.origin, new.number) == (origin, 1)


async def test_who_comes_later_takes_over(candidates: Candidates) -> None:
    """Nobody knows who has written in between."""
    first = candidates.enter("first")
    await first.leads()
    first.vouches = True
    await first.stop()
    released = await read(candidates.store)

    new = await candidates.enter("second").leads()

    assert (released.spec.holder_identity or "", released.spec.lease_transitions) == ("", 0)
    assert (released.metadata.annotations or {})[MARK] == "0"
    assert (new.origin, new.number) == ("took over", 1)


async def test_who_stops_while_it_waits_writes_nothing(candidates: Candidates) -> None:
    first = candidates.enter("first", LONG)
    await first.leads()
    second = candidates.enter("second", LONG)
    await until(lambda: "following" in second.log.getvalue())

    await second.stop()

    assert not second.terms
    assert (await read(candidates.store)).spec.holder_identity == "first"


async def test_a_note_on_the_lease_does_not_end_the_term(
    plane: ControlPlane, candidates: Candidates
) -> None:
    first = candidates.enter("first", LONG)
    await first.leads()

    kubectl(plane, "annotate", candidates.store, "example.org/note=kept")

    lease = await renewed_after(candidates.store, await read(candidates.store))
    assert (lease.metadata.annotations or {})["example.org/note"] == "kept"
    assert lease.spec.holder_identity == "first"
    assert first.leadership.leads


@pytest.mark.parametrize("how", ["another takes it", "it is removed"])
async def test_a_lost_lease_ends_the_term_at_once(
    plane: ControlPlane, candidates: Candidates, how: str
) -> None:
    first = candidates.enter("first", LONG)
    term = await first.leads()

    if how == "it is removed":
        kubectl(plane, "delete", candidates.store)
    else:
        patch = '--patch={"spec": {"holderIdentity": "thief", "leaseTransitions": 1}}'
        kubectl(plane, "patch", candidates.store, "--type=merge", patch)

    with pytest.raises(LeaseLost, match=r"(thief|nobody) has it now"):
        await first.task
    assert first.ended is not None
    assert term.time_left(first.ended) == 0
    assert not first.leadership.leads


async def test_a_leader_that_cannot_renew_stops_before_another_may_start(
    plane: ControlPlane, candidates: Candidates
) -> None:
    first = candidates.enter("first")
    term = await first.leads()
    second = candidates.enter("second")
    await until(lambda: "following" in second.log.getvalue())

    with plane.frozen_etcd():
        with pytest.raises(LeaseLost):
            await first.task
        assert first.ended is not None
        assert not second.terms
    new = await second.leads()

    assert term.time_left(first.ended) == 0
    assert new.origin == "took over"
    assert new.began > first.ended


async def test_without_an_api_server_nobody_leads(tmp_path: Path) -> None:
    plane = ControlPlane.start(tmp_path)
    try:
        async with connecting(plane.kubeconfig()) as connection:
            plane.stop_api_server()
            candidates = Candidates(LeaseStore(connection, NAMESPACE, "lock"))
            only = candidates.enter("only")
            await until(lambda: "no election" in only.log.getvalue())
            assert not only.terms

            plane.start_api_server()

            assert (await only.leads()).origin == "fresh"
            await only.stop()
    finally:
        plane.stop()
