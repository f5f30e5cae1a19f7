"""The board of a running controller, read by another process."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from prometheus_client import CollectorRegistry

from podroute.observe.board import Board
from podroute.web.health import Checks, serving
from podroute.web.page import web_app
from podroute.web.remote import RemoteBoard
from tests.waiting import until
from tests.web.boards import put, record, small

HOST = "127.0.0.1"


async def seen(there: Board, told: list[str]) -> Board:
    """What is on it, at another place."""
    app = web_app(Checks({}, {}), CollectorRegistry(), there, lambda _: ())
    here = Board()
    async with serving(app, HOST, 0) as port:
        remote = RemoteBoard(f"http://{HOST}:{port}", here, told.append)
        following = asyncio.create_task(remote.run())
        await until(lambda: remote.ready.is_set() or following.done())
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    return here


BREAKS: Sequence[str] = ("\u2028", "\u2029", "\x85", "\n", "\r\n", "\r", "\x0b", "\x1e")


@pytest.mark.parametrize("between", BREAKS)
async def test_what_breaks_a_line_for_somebody_else_is_a_part_of_a_text(between: str) -> None:
    there = small()
    text = f"via 172.16.0.10 dev a{between}event: b"
    put(there, record(1, "Foreign", text))
    there.stand(replace(there.standing, unreached=text))
    told = list[str]()

    here = await seen(there, told)

    assert here.rows() == there.rows()
    assert here.standing.unreached == text
    assert told == []
