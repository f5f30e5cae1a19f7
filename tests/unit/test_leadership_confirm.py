"""Leadership: what is said by annotations of the Lease to the leader, and to the next one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from podroute.controllers.leadership import CONFIRMED, HELD_BACK, REMOVALS
from tests.unit.candidates import Work, in_term, led
from tests.unit.kube_server import Server, serving
from tests.unit.lease_api import LeaseApi
from tests.waiting import until


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as one:
        yield one


def annotate(api: LeaseApi, word: str) -> None:
    """As ``podroute apply --confirm``."""
    assert api.lease is not None
    api.lease["metadata"].setdefault("annotations", {})[CONFIRMED] = word
    api.put(**api.lease["spec"])


async def test_each_word_is_told_once_at_the_next_renewal(server: Server) -> None:
    api = LeaseApi()
    server.answer = api.answer
    work = Work()
    heard: list[str] = []

    async with in_term(server, work):
        (term,) = work.terms
        term.when_confirmed(heard.append)
        assert heard == []
        annotate(api, "1a2b3c4d")
        await until(lambda: heard)
        version = api.version
        await until(lambda: api.version > version + 2)
        assert heard == ["1a2b3c4d"]
        annotate(api, "5e6f7a8b")
        await until(lambda: len(heard) == 2)

    assert heard == ["1a2b3c4d", "5e6f7a8b"]
    assert api.lease is not None
    assert api.lease["metadata"]["annotations"][CONFIRMED] == "5e6f7a8b"


async def test_who_leads_next_hears_it_too_and_so_does_who_asks_late(server: Server) -> None:
    api = LeaseApi()
    server.answer = api.answer
    await led(server, Work())
    annotate(api, "1a2b3c4d")
    work = Work()
    heard: list[str] = []

    async with in_term(server, work, "second"):
        work.terms[0].when_confirmed(heard.append)

    assert heard == ["1a2b3c4d"]


async def test_what_was_let_through_is_left_for_the_next_leader(server: Server) -> None:
    api = LeaseApi()
    server.answer = api.answer
    first, second = Work(), Work()
    async with in_term(server, first):
        assert first.terms[0].inherited == ""
        first.terms[0].removals = lambda: "1800000000:3"

    async with in_term(server, second, "second"):
        assert second.terms[0].inherited == "1800000000:3"

    assert api.lease is not None
    assert api.lease["metadata"]["annotations"][REMOVALS] == "1800000000:3"


async def test_the_word_that_the_leader_takes_is_in_its_lease_while_it_takes_it(
    server: Server,
) -> None:
    api = LeaseApi()
    server.answer = api.answer
    work = Work()

    def word() -> str | None:
        assert api.lease is not None
        annotations: dict[str, str] = api.lease["metadata"].get("annotations") or {}
        return annotations.get(HELD_BACK)

    async with in_term(server, work):
        version = api.version
        await until(lambda: api.version > version + 1)
        assert word() is None
        work.terms[0].held_back = lambda: "1a2b3c4d-t0"
        await until(lambda: word() == "1a2b3c4d-t0")
        work.terms[0].held_back = str
        await until(lambda: word() == "")
        work.terms[0].held_back = lambda: "5e6f7a8b-t0"

    assert word() == "5e6f7a8b-t0"
    async with in_term(server, Work(), "second"):
        theirs = (one for one in api.writes if one["spec"].get("holderIdentity") == "second")
        claim = next(theirs)
        assert claim["metadata"]["annotations"][HELD_BACK] == ""
