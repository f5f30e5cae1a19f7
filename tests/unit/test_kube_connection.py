"""Connection: who we are, whom we trust, and what is said when it does not work."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from podroute.kube.connection import connect
from podroute.kube.kubeconfig import KubeconfigError
from tests.unit.kube_callers import get, login, streamed, trusting
from tests.unit.kube_server import Answer, Request, Server, serving


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as one:
        one.answer = lambda _: Answer(b"hello")
        yield one


V1 = "client.authentication.k8s.io/v1"


REFUSED = Answer(b"", 401)


async def test_a_request_is_sent_as_it_is_and_the_answer_given_whole(server: Server) -> None:
    server.answer = lambda _: Answer(b"busy", 429, headers={"Retry-After": "7"})

    async with connect(login(server)) as connection:
        answer = await connection.request(
            "PATCH", "/api/v1/nodes/a?x=%2B&y=1", body=b"{}", within=5
        )

    assert (answer.status, answer.body, answer.headers["retry-after"]) == (429, b"busy", "7")
    assert server.seen == [
        Request(
            "/api/v1/nodes/a?x=%2B&y=1",
            "",
            "",
            "PATCH",
            b"{}",
            "application/strategic-merge-patch+json",
        )
    ]


async def test_an_api_server_may_live_below_a_path(server: Server) -> None:
    for slash in ("", "/"):
        below = trusting(server, server=f"{server.url}/k8s/c{slash}")
        async with connect(login(server, below)) as connection:
            assert await get(connection) == b"hello"
            assert await streamed(connection) == b"hello"

    assert {one.path for one in server.seen} == {"/k8s/c/version"}


async def test_an_answer_that_sends_us_elsewhere_is_not_followed(server: Server) -> None:
    server.answer = lambda _: Answer(b"moved", 307, headers={"Location": "/elsewhere"})

    async with connect(login(server)) as connection:
        answer = await connection.request("PATCH", "/version", body=b"{}", within=5)
        async with connection.stream("/version", silence=5) as stream:
            assert (stream.status, await stream.read()) == (307, b"moved")

    assert answer.status == 307
    assert {one.path for one in server.seen} == {"/version"}


async def test_a_stream_is_read_as_it_arrives(server: Server) -> None:
    server.answer = lambda _: server.feed(b"one")

    async with (
        connect(login(server)) as connection,
        connection.stream("/watch", silence=5) as stream,
    ):
        chunks = stream.chunks()
        assert await anext(chunks) == b"one"
        server.feeds[0].put(b"two")
        assert await anext(chunks) == b"two"
        server.feeds[0].end()
        assert [chunk async for chunk in chunks] == []


async def test_who_we_are_reaches_the_server(server: Server) -> None:
    (server.directory / "token").write_text("from-file\n")
    pair = server.authority.client("jane", ())
    certificate = {"client_certificate": str(pair.certificate), "client_key": str(pair.key)}
    rows: list[tuple[dict[str, object], tuple[str, str]]] = [
        ({}, ("", "")),
        ({"token": "plain"}, ("Bearer plain", "")),
        ({"tokenFile": "token"}, ("Bearer from-file", "")),
        ({"username": "u", "password": "p"}, ("Basic dTpw", "")),
        (dict(certificate), ("", "jane")),
        ({**certificate, "token": "plain"}, ("Bearer plain", "jane")),
    ]
    for user, expected in rows:
        async with connect(login(server, None, **user)) as connection:
            await get(connection)
        assert (server.seen[-1].authorization, server.seen[-1].user) == expected


def plugin(server: Server, code: str = "") -> dict[str, object]:
    """It counts how often it is asked, in the token that it gives."""
    counting = (
        "import json, pathlib, sys\n"
        "asked = pathlib.Path(sys.argv[1])\n"
        "with asked.open('a') as file: file.write('x')\n"
        "number = len(asked.read_text())\n"
        f"{code}\n"
        "status = {'token': f'token-{number}'}\n"
        f"print(json.dumps({{'apiVersion': {V1!r}, 'kind': 'ExecCredential', 'status': status}}))"
    )
    return {
        "apiVersion": V1,
        "command": sys.executable,
        "args": ["-c", counting, str(server.directory / "asked")],
        "interactiveMode": "Never",
    }


async def test_a_plugin_is_asked_once_and_again_when_its_token_has_expired(server: Server) -> None:
    valid = "token-1"

    def answer(request: Request) -> Answer:
        return Answer(b"hello") if request.authorization == f"Bearer {valid}" else REFUSED

    server.answer = answer
    async with connect(login(server, None, exec=plugin(server))) as connection:
        await asyncio.gather(*(get(connection) for _ in range(3)))
        assert (server.directory / "asked").read_text() == "x"
        valid = "token-2"
        assert await asyncio.gather(*(get(connection) for _ in range(8))) == [b"hello"] * 8
        assert (server.directory / "asked").read_text() == "xx"
        valid = "token-3"
        assert await streamed(connection) == b"hello"

    assert (server.directory / "asked").read_text() == "xxx"


async def test_credentials_that_are_never_accepted_are_asked_for_once_a_request(
    server: Server,
) -> None:
    server.answer = lambda _: REFUSED

    async with connect(login(server, None, exec=plugin(server))) as connection:
        answer = await connection.request("GET", "/version", within=5)
        async with connection.stream("/version", silence=5) as stream:
            assert stream.status == 401

    assert answer.status == 401
    assert [one.authorization for one in server.seen] == [
        f"Bearer token-{number}" for number in (1, 2, 2, 3)
    ]


async def test_a_plugin_that_fails_later_is_a_failure_of_the_request(server: Server) -> None:
    server.answer = lambda _: REFUSED
    fails = "if number > 1: sys.exit('no luck')"

    async with connect(login(server, None, exec=plugin(server, fails))) as connection:
        with pytest.raises(httpx2.TransportError, match="no luck"):
            await get(connection)
        with pytest.raises(httpx2.TransportError, match="no luck"):
            await streamed(connection)


async def test_a_plugin_that_fails_at_first_is_a_fault_of_the_kubeconfig(server: Server) -> None:
    with pytest.raises(KubeconfigError, match="no luck"):
        async with connect(login(server, None, exec=plugin(server, "sys.exit('no luck')"))):
            pass


async def test_a_token_file_is_read_again_when_its_token_has_expired(server: Server) -> None:
    file = server.directory / "token"
    file.write_text("old")

    def answer(request: Request) -> Answer:
        return Answer(b"hello") if request.authorization == "Bearer new" else REFUSED

    server.answer = answer
    async with connect(login(server, None, tokenFile="token")) as connection:
        assert (await connection.request("GET", "/version", within=5)).status == 401
        file.write_text("new\n")
        assert await get(connection) == b"hello"
        file.unlink()
        assert await get(connection) == b"hello"
        server.answer = lambda _: REFUSED
        with pytest.raises(httpx2.TransportError, match="token: No such file or directory"):
            await get(connection)


async def test_every_request_is_told_with_its_status(server: Server) -> None:
    answers = iter((REFUSED, Answer(b"hello"), Answer(b"", hangs_up=True)))
    server.answer = lambda _: next(answers)
    told: list[tuple[str, str, int | None]] = []

    async with connect(
        login(server), told=lambda method, host, code: told.append((method, host, code))
    ) as connection:
        await get(connection)
        with pytest.raises(httpx2.TransportError):
            await connection.request("PATCH", "/version", body=b"{}", within=5)

    host = server.url.removeprefix("https://")
    assert told == [("GET", host, 401), ("GET", host, 200), ("PATCH", host, None)]
