"""--controller: what is shown of a running controller, and of whatever else answers there."""

import asyncio
from dataclasses import replace

import msgspec
import pytest
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from podroute.model.route import Ownership
from podroute.observe.board import Board, RouterStanding, Standing
from podroute.web.guard import ELSEWHERE
from podroute.web.health import App, Checks, health_app, serving
from podroute.web.page import web_app
from tests.unit.command import Ended, podroute
from tests.web.boards import put, record, small

HOST = "127.0.0.1"


async def asked(app: App, *verb: str, path: str = "/") -> Ended:
    """The verb over what ``app`` shows."""
    async with serving(app, HOST, 0) as port:
        url = f"http://{HOST}:{port}{path}"
        return await asyncio.to_thread(podroute, *verb, "--controller", url)


def page(board: Board) -> App:
    return web_app(Checks({}, {}), CollectorRegistry(), board, lambda _: ())


def answering(content: str, status: int = 200, kind: str = "text/event-stream") -> App:
    """Whatever it is asked."""

    async def answer(_: Request) -> Response:
        return PlainTextResponse(content, status, media_type=kind)

    app = Starlette(routes=[Route("/{rest:path}", answer)])
    app.state.closing = asyncio.Event()
    return app


@pytest.mark.parametrize("path", ["", "/", "//", "/?a=b", "/#routes"])
async def test_the_address_of_the_page_is_the_controllers(path: str) -> None:
    """As it stands in the log, in the docs and in a browser."""
    ended = await asked(page(small()), "status", path=path)

    assert (ended.status, ended.err) == (0, "")
    assert "3 InSync" in ended.out


@pytest.mark.parametrize(
    ("standing", "status", "words"),
    [
        (
            Standing("one", leads=False),
            1,
            "Routes: known to the controller that leads, not to this",
        ),
        (Standing("one", leads=True), 0, "Routes: none"),
        (Standing("one", leads=False, read=1000.0), 0, "Routes: none"),
    ],
    ids=["standby", "leader", "looker"],
)
async def test_who_waits_for_its_turn_does_not_say_that_there_are_no_routes(
    standing: Standing, status: int, words: str
) -> None:
    board = Board()
    board.stand(standing)

    ended = await asked(page(board), "status")

    assert ended.status == status
    assert words in " ".join(ended.out.split())


async def test_a_controller_that_keeps_no_routes_says_so() -> None:
    ended = await asked(health_app(Checks({}, {}), CollectorRegistry()), "status")

    assert (ended.status, ended.out) == (3, "")
    assert "no routes are kept there: a controller does so with --provider" in ended.err
    assert "developer.mozilla.org" not in ended.err


async def test_a_refusal_is_told_in_the_words_of_the_server() -> None:
    ended = await asked(answering(ELSEWHERE, 403, "text/plain"), "status")

    assert (ended.status, ended.out) == (3, "")
    assert f"does not show routes: HTTP 403: {ELSEWHERE.strip()}" in ended.err


def snapshot(content: str) -> str:
    return f"event: snapshot\ndata: {content}\n\n"


def line(**texts: object) -> str:
    """A page with one line, which differs in these."""
    usual = msgspec.to_builtins(record(0))
    return snapshot(
        msgspec.json.encode({"subjects": {"10.200.0.0/24": [{**usual, **texts}]}}).decode()
    )


@pytest.mark.parametrize(
    "content",
    [
        snapshot("no JSON"),
        snapshot("[" * 100_000),
        snapshot('{"subjects": {"10.200.0.0/24": 1}}'),
        snapshot('{"subjects": {}, "status": {"lastRead": "yesterday"}}'),
        snapshot('{"subjects": {}, "status": {"lastRead": "0001-01-01T00:00:00"}}'),
        snapshot(
            '{"subjects": {"x": [{"node": null, "internalIPs": [], "podCIDR": null, "nextHop": '
            'null, "state": "Stale", "owner": null, "reason": ""}]}}'
        ),
        line(podCIDR="10.200.0.0\x1b[31m"),
        line(nextHop="\x1b[31m"),
        line(internalIPs=["10.240.0.1", "\x1b[31m"]),
        snapshot(
            '{"subjects": {}, "status": {}, '
            '"addressSpace": {"pools": [{"cidr": "10.0.0.0/24", "blockPrefix": 8}]}}'
        ),
    ],
)
async def test_what_is_no_board_is_not_podroutes(content: str) -> None:
    ended = await asked(answering(content), "table")

    assert (ended.status, ended.out) == (3, "")
    assert ended.err.endswith("does not show routes: that is not podroute's page\n")
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("verb", ["table", "status"])
async def test_no_name_on_a_page_reaches_the_terminal_as_it_is(verb: str) -> None:
    evil = "\x1b[31m"
    board = small()
    put(board, msgspec.structs.replace(record(0, "Missing"), node=evil, router=evil))
    router = RouterStanding(evil, evil, None, evil, None, None)
    board.stand(
        replace(
            board.standing, leader=evil, server=evil, provider=evil, lease=evil, routers=(router,)
        )
    )
    ended = await asked(page(board), verb)

    assert "\\x1b[31m" in ended.out
    assert "\x1b" not in ended.out + ended.err


async def test_another_page_is_not_podroutes() -> None:
    ended = await asked(answering("<html>", kind="text/html"), "status")

    assert (ended.status, ended.out) == (3, "")
    assert ended.err.endswith("does not show routes: that is not podroute's page\n")


def dark() -> Board:
    """A worker that cannot be read; its route is kept, and is nobody's on the board."""
    board = small()
    board.put("10.200.2.0/24", [msgspec.structs.replace(record(2), node=None)])
    why = (("worker-2", "podCIDRs: 'x/24' is no CIDR"), ("worker-9", "no name"))
    board.stand(replace(board.standing, unreadable=why))
    return board


async def test_nodes_that_cannot_be_read_are_not_healthy() -> None:
    ended = await asked(page(dark()), "status")

    assert ended.status == 1
    assert "Nodes:        2 Nodes cannot be read, and their routes stay as they are" in ended.out
    assert "the first is worker-2: podCIDRs: 'x/24' is no CIDR\n" in ended.out
    assert "kubectl describe node worker-2\n" in ended.out
    assert "10.200.0.0/16: 3 of 256 blocks of /24 in use" in ended.out


async def test_the_table_warns_of_nodes_that_cannot_be_read() -> None:
    ended = await asked(page(dark()), "table")

    assert ended.status == 0
    assert "2 Nodes cannot be read" in ended.err
    assert "10.200.2.0/24" in ended.out


async def test_a_block_counts_once_however_much_of_it_is_used() -> None:
    board = small()
    for name, cidr in (("a", "10.200.9.0/25"), ("b", "10.200.9.128/25"), ("c", "10.200.16.0/23")):
        put(board, msgspec.structs.replace(record(0), node=name, pod_cidr=cidr))
    ended = await asked(page(board), "status")

    assert "10.200.0.0/16: 6 of 256 blocks of /24 in use" in ended.out


@pytest.mark.parametrize(
    ("owner", "used"), [pytest.param(None, 3, id="in vain"), pytest.param("ours", 256, id="routed")]
)
async def test_who_claims_everything_in_vain_uses_nothing_up(
    owner: Ownership | None, used: int
) -> None:
    board = small()
    line = record(0, "Blocked", "10.200.0.0/16 is not one /24 block of 10.200.0.0/16")
    wide = msgspec.structs.replace(line, node="wide", pod_cidr="10.200.0.0/16", owner=owner)
    put(board, wide)
    ended = await asked(page(board), "status")

    assert f"10.200.0.0/16: {used} of 256 blocks of /24 in use" in ended.out
    assert "Blocked" in ended.out
