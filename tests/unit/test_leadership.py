"""Leadership: campaigns, renewals, losses and releases, over a Lease that a test plays."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from podroute.controllers.leadership import MARK
from tests.unit.candidates import QUICK, THEIRS, Work, candidate, has_term, in_term, led
from tests.unit.kube_server import Server, serving
from tests.unit.lease_api import LeaseApi
from tests.waiting import until


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as one:
        yield one


async def test_the_first_leader_makes_the_lease_and_leaves_it_free(server: Server) -> None:
    api = LeaseApi()
    server.answer = api.answer
    work = Work()

    log = await led(server, work)

    (term,) = work.terms
    assert (term.origin, term.number) == ("fresh", 0)
    made, released = api.writes[0]["spec"], api.writes[-1]
    assert (made["holderIdentity"], made["leaseDurationSeconds"]) == ("us", 6)
    assert made["acquireTime"] == made["renewTime"]
    assert "holderIdentity" not in released["spec"]
    assert released["spec"]["leaseDurationSeconds"] == 4
    assert released["metadata"]["annotations"] == {MARK: ""}
    assert "settled=false" in log


async def test_a_leader_that_vouches_hands_over_to_one_that_waits(server: Server) -> None:
    """Who comes later takes over."""
    api = LeaseApi()
    server.answer = api.answer
    second, third = Work(vouches=True), Work()

    async with candidate(server, "second") as waiting:
        async with in_term(server, Work(vouches=True)) as first:
            leading = asyncio.create_task(waiting.lead(second))
            await until(lambda: "following" in waiting.log.getvalue())
        assert "settled=true" in first.log.getvalue()
        await has_term(second)
        second.over.set()
        await leading
    assert api.writes[-1]["metadata"]["annotations"] == {MARK: "1"}
    assert api.writes[-1]["spec"]["leaseDurationSeconds"] == 1
    await led(server, third, "third")

    assert [(one.origin, one.number) for one in (*second.terms, *third.terms)] == [
        ("handed over", 1),
        ("took over", 2),
    ]


async def test_one_who_took_over_cannot_vouch_before_all_has_settled(server: Server) -> None:
    api = LeaseApi()
    api.put(**{**THEIRS, "holderIdentity": ""})
    server.answer = api.answer
    work = Work(vouches=True)

    await led(server, work)

    assert work.terms[0].origin == "took over"
    assert api.writes[-1]["metadata"]["annotations"] == {MARK: ""}


async def test_anothers_lease_is_waited_for_until_it_expires(server: Server) -> None:
    api = LeaseApi()
    api.put(**THEIRS)
    server.answer = api.answer
    began, work = monotonic(), Work()

    log = await led(server, work)

    assert work.terms[0].began - began >= 1
    assert (work.terms[0].origin, work.terms[0].number) == ("took over", 5)
    assert log.count("following") == 1
    assert "leader=them" in log


async def test_a_lease_is_renewed_while_the_work_goes_on(server: Server) -> None:
    api = LeaseApi()
    server.answer = api.answer
    work = Work()

    async with in_term(server, work):
        end = work.terms[0].began + 2 * QUICK.renew_deadline
        await until(lambda: monotonic() > end)
        assert work.terms[0].time_left(monotonic()) > 0

    assert {one["spec"]["leaseTransitions"] for one in api.writes} == {0}
    assert len({one["spec"].get("renewTime") for one in api.writes}) > 5


async def test_what_somebody_edits_in_the_lease_is_put_right_by_the_next_renewal(
    server: Server,
) -> None:
    api = LeaseApi()
    server.answer = api.answer
    work = Work()

    async with in_term(server, work):
        assert api.lease is not None
        made = api.lease["spec"]
        api.put(**{**made, "leaseDurationSeconds": 86400})
        version = api.version
        await until(lambda: api.version > version)
        renewed = api.lease["spec"]

    assert renewed == {**made, "renewTime": renewed["renewTime"]}


async def test_what_others_write_beside_the_holder_does_not_end_a_term(server: Server) -> None:
    api = LeaseApi()
    server.answer = api.answer
    work = Work()

    async with in_term(server, work):
        assert api.lease is not None
        api.put(**api.lease["spec"])
        version = api.version
        await until(lambda: api.version > version + 1)


async def test_two_candidates_lead_one_after_the_other(server: Server) -> None:
    api = LeaseApi()
    server.answer = api.answer
    works = [Work(vouches=True), Work(vouches=True)]

    async with candidate(server, "a") as a, candidate(server, "b") as b:
        leading = [
            asyncio.create_task(run.lead(work)) for run, work in zip((a, b), works, strict=True)
        ]
        await until(lambda: works[0].terms or works[1].terms)
        first, second = works if works[0].terms else works[::-1]
        await until(lambda: "following" in a.log.getvalue() + b.log.getvalue())
        first.over.set()
        await until(lambda: second.terms)
        assert first.terms[0].time_left(monotonic()) == 0
        second.over.set()
        await asyncio.gather(*leading)

    assert (first.terms[0].origin, second.terms[0].origin) == ("fresh", "handed over")
