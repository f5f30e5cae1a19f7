"""Leadership: a halt because of another writer outlives its leader."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from podroute.controllers.election import Timing
from podroute.controllers.leadership import HALTED, LeaseLost
from podroute.kube.leases import Lease
from tests.unit.candidates import THEIRS, Work, candidate, has_term, in_term, led
from tests.unit.kube_server import Answer, Request, Server, serving
from tests.unit.lease_api import LeaseApi
from tests.waiting import until

WHY = "10.200.9.0/24 of Node a is from another writer"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as one:
        yield one


def halt_in(api: LeaseApi) -> str:
    """What the Lease says."""
    lease = msgspec.convert(api.lease, Lease)
    return (lease.metadata.annotations or {}).get(HALTED, "")


def lift(api: LeaseApi) -> None:
    """As ``kubectl annotate lease … podroute.io/halted-``."""
    assert api.lease is not None
    del api.lease["metadata"]["annotations"][HALTED]
    api.put(**api.lease["spec"])


async def test_the_next_renewal_tells_it_and_the_release_leaves_it(server: Server) -> None:
    api = LeaseApi()
    server.answer = api.answer
    work = Work()

    async with in_term(server, work) as run:
        assert not halt_in(api)
        work.terms[0].halt(WHY)
        await until(lambda: halt_in(api) == WHY)
        version = api.version
        await until(lambda: api.version > version + 1)

    assert halt_in(api) == WHY
    log = run.log.getvalue()
    assert log.count("halted, and so are later leaders") == 1
    assert f"kubectl annotate lease -n net podroute {HALTED}-" in log


async def test_one_that_ends_at_once_leaves_it_too(server: Server) -> None:
    api = LeaseApi()
    server.answer = api.answer
    work = Work()

    async with in_term(server, work):
        work.terms[0].halt(WHY)

    assert halt_in(api) == WHY


async def test_who_comes_after_a_dead_leader_begins_halted(server: Server) -> None:
    api = LeaseApi(
        {"metadata": {"name": "podroute", "namespace": "net", "annotations": {HALTED: WHY}}}
    )
    api.put(**THEIRS)
    server.answer = api.answer
    work = Work()

    log = await led(server, work)

    assert (work.terms[0].origin, work.terms[0].halted) == ("took over", WHY)
    assert log.count("halted, and so are later leaders") == 1
    assert halt_in(api) == WHY


async def test_a_lifted_halt_ends_the_term(server: Server) -> None:
    """The next one waits until nothing of the other writer can land any more."""
    api = LeaseApi()
    server.answer = api.answer
    work = Work()

    async with candidate(server) as run:
        leading = asyncio.create_task(run.lead(work))
        await has_term(work)
        work.terms[0].halt(WHY)
        await until(lambda: halt_in(api))
        await until(lambda: "later leaders" in run.log.getvalue())
        lift(api)
        with pytest.raises(LeaseLost, match="the halt was lifted"):
            await leading

    assert not halt_in(api)


async def test_a_halt_that_is_not_yet_told_is_no_lifted_one(server: Server) -> None:
    """Somebody edits the Lease at the moment of the halt."""
    api = LeaseApi()
    server.answer = api.answer
    work = Work()

    async with in_term(server, work):
        assert api.lease is not None
        work.terms[0].halt(WHY)
        api.put(**api.lease["spec"])
        await until(lambda: halt_in(api) == WHY)


async def test_a_halt_is_told_without_waiting_for_the_next_renewal(server: Server) -> None:
    api = LeaseApi()
    server.answer = api.answer
    work = Work()

    async with in_term(server, work, timing=Timing(3000, 2000, 1000)):
        work.terms[0].halt(WHY)
        await until(lambda: halt_in(api) == WHY)


async def test_a_person_can_halt_a_leader_too(server: Server) -> None:
    api = LeaseApi()
    server.answer = api.answer
    work = Work()

    async with in_term(server, work) as run:
        assert api.lease is not None
        api.lease["metadata"]["annotations"] = {HALTED: "stop, please"}
        api.put(**api.lease["spec"])
        await until(lambda: work.terms[0].halted == "stop, please")

    assert halt_in(api) == "stop, please"
    assert "halted=true" in run.log.getvalue()


async def test_a_restored_backup_lifts_no_halt(server: Server) -> None:
    api = LeaseApi()
    server.answer = api.answer
    work = Work()

    async with in_term(server, work) as run:
        assert api.lease is not None
        old = dict(api.lease["spec"])
        work.terms[0].halt(WHY)
        await until(lambda: "later leaders" in run.log.getvalue())
        del api.lease["metadata"]["annotations"]
        api.put(**old)
        await until(lambda: halt_in(api) == WHY)


async def test_a_halt_that_is_lifted_before_the_end_is_not_written_again(server: Server) -> None:
    api = LeaseApi()
    server.answer = api.answer
    work = Work()

    async with in_term(server, work, timing=Timing(3000, 2000, 1000)) as run:
        work.terms[0].halt(WHY)
        await until(lambda: "later leaders" in run.log.getvalue())
        lift(api)

    assert not halt_in(api)
    assert "settled=false halted=false" in run.log.getvalue()


async def test_nor_is_one_that_is_lifted_beside_the_release(server: Server) -> None:
    """After a renewal of which nobody has heard."""
    api = LeaseApi()
    server.answer = api.answer
    work = Work()

    def answer(request: Request) -> Answer:
        if request.method == "PUT" and halt_in(api):
            lift(api)
        return api.answer(request)

    async with in_term(server, work, timing=Timing(3000, 2000, 1000)) as run:
        work.terms[0].halt(WHY)
        await until(lambda: "later leaders" in run.log.getvalue())
        assert api.lease is not None
        api.put(**{**api.lease["spec"], "renewTime": "2026-01-01T00:00:00.000000Z"})
        assert halt_in(api)
        server.answer = answer

    assert not halt_in(api)
    assert "settled=false halted=false" in run.log.getvalue()


async def test_a_halt_that_cannot_be_told_is_said_at_the_end(server: Server) -> None:
    api = LeaseApi()
    server.answer = api.answer
    work = Work()

    async with candidate(server) as run:
        leading = asyncio.create_task(run.lead(work))
        await has_term(work)
        server.answer = lambda _: Answer(b"{}", 503)
        work.terms[0].halt(WHY)
        with pytest.raises(LeaseLost):
            await leading

    assert not halt_in(api)
    assert "the halt may not be recorded: the next leader may assign" in run.log.getvalue()
