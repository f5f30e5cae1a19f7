"""Leadership: how terms are lost, and what keeps a candidate from one."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest

from podroute.controllers.election import Term
from podroute.controllers.leadership import LeaseLost
from tests.unit.candidates import QUICK, THEIRS, Work, candidate, has_term
from tests.unit.kube_server import Answer, Request, Server, serving
from tests.unit.lease_api import LeaseApi
from tests.waiting import until


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as one:
        yield one


async def lost(server: Server, trouble: Callable[[], object]) -> tuple[Work, str]:
    """What becomes of a leader after ``trouble``."""
    work = Work()
    async with candidate(server) as run:
        leading = asyncio.create_task(run.lead(work))
        await until(lambda: work.terms)
        trouble()
        with pytest.raises(LeaseLost) as caught:
            await leading
        assert not run.leadership.leads
    assert work.cancelled_with == 0.0
    return work, str(caught.value)


async def test_a_leader_whose_lease_another_has_stops_at_once(server: Server) -> None:
    api = LeaseApi()
    server.answer = api.answer

    _, why = await lost(server, lambda: api.put(**THEIRS))
    assert why == "lease net/podroute: them has it now"
    assert api.lease is not None
    assert api.lease["spec"] == THEIRS


async def test_a_leader_whose_lease_was_removed_stops_at_once(server: Server) -> None:
    api = LeaseApi()
    server.answer = api.answer

    def remove() -> None:
        api.lease = None

    _, why = await lost(server, remove)
    assert why == "lease net/podroute: nobody has it now"


@pytest.mark.parametrize("method", ["PUT", "GET"])
async def test_a_leader_that_hears_nothing_stops_before_its_lease_ends(
    server: Server, method: str
) -> None:
    api = LeaseApi()
    server.answer = api.answer
    heard = monotonic()

    def silent(request: Request) -> Answer:
        if request.method == method:
            return Answer(b"{}", stalls=True)
        return Answer(b"{}", 409) if request.method == "PUT" else api.answer(request)

    def fall_silent() -> None:
        nonlocal heard
        heard = monotonic()
        server.answer = silent

    work, why = await lost(server, fall_silent)

    assert work.cancelled_at - heard < QUICK.lease_duration
    assert "did not answer within" in why or "not renewed in time" in why


async def test_work_that_fails_is_not_hidden_and_the_lease_stays(server: Server) -> None:
    api = LeaseApi()
    server.answer = api.answer

    async def fails(_: Term) -> None:
        raise ZeroDivisionError

    async with candidate(server) as run:
        with pytest.raises(ZeroDivisionError):
            await run.lead(fails)

    assert api.writes[-1]["spec"]["holderIdentity"] == "us"


async def test_without_an_api_server_nobody_leads(server: Server) -> None:
    server.answer = lambda _: Answer(b"busy", 503)
    work = Work()

    async with candidate(server) as run:
        leading = asyncio.create_task(run.lead(work))
        await until(lambda: run.log.getvalue().count("no election") >= 2)
        run.stopping.set()
        await leading

    assert work.terms == []


async def test_one_who_is_beaten_to_it_waits(server: Server) -> None:
    api = LeaseApi()

    def answer(request: Request) -> Answer:
        if request.method == "POST":
            api.put(**THEIRS)
        return api.answer(request)

    server.answer = answer
    work = Work()

    async with candidate(server) as run:
        leading = asyncio.create_task(run.lead(work))
        await until(lambda: "following" in run.log.getvalue())
        run.stopping.set()
        await leading

    assert work.terms == []


async def released(server: Server, api: LeaseApi, answer: Callable[[Request], Answer]) -> str:
    """What a leader says whose work ends; from then on ``answer`` is what it hears."""
    work = Work()
    server.answer = api.answer
    async with candidate(server) as run:
        leading = asyncio.create_task(run.lead(work))
        await has_term(work)
        server.answer = answer
        work.over.set()
        await leading
        return run.log.getvalue()


@pytest.mark.parametrize(
    ("landing", "words"), [(2, "settled=false"), (3, "it changes all the time")]
)
async def test_a_renewal_that_lands_beside_the_release_does_not_keep_the_lease(
    server: Server, landing: int, words: str
) -> None:
    """It was on its way when the work ended, and its answer is not waited for."""
    api, left = LeaseApi(), landing

    def answer(request: Request) -> Answer:
        nonlocal left
        if request.method == "PUT" and left and b"holderIdentity" not in request.body:
            left -= 1
            assert api.lease is not None
            api.put(**api.lease["spec"])
        return api.answer(request)

    assert words in await released(server, api, answer)
    assert api.lease is not None
    assert ("holderIdentity" in api.lease["spec"]) == (landing == 3)


async def test_a_release_that_fails_is_told_and_no_more(server: Server) -> None:
    api = LeaseApi()
    rows: list[tuple[Callable[[Request], Answer], str]] = [
        (lambda _: Answer(b"no", 500), "lease not released"),
        (
            lambda one: Answer(b"{}", 409) if one.method == "PUT" else api.answer(one),
            "lease not released",
        ),
    ]
    for answer, words in rows:
        api.lease = None
        assert words in await released(server, api, answer)
