"""The way to the controller is slow."""

import asyncio

import pytest
from playwright.async_api import expect
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from podroute.web.health import Checks, serving
from podroute.web.page import API, web_app
from tests.waiting import until
from tests.web.boards import small
from tests.web.conftest import LOOPBACK, Watched, commands

pytestmark = [pytest.mark.web, pytest.mark.asyncio(loop_scope="session")]


class SlowStreams:
    """Of each stream of ``app`` the first bytes come, and the rest when ``go`` is set."""

    def __init__(self, app: ASGIApp) -> None:
        self.begun = 0
        self.open = 0
        self.go = asyncio.Event()
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") != f"{API}/events":
            await self._app(scope, receive, send)
            return

        async def slow(message: Message) -> None:
            if b"snapshot" in message.get("body", b""):
                begin = {**message, "body": message["body"][:100], "more_body": True}
                await send(begin)
                await self.go.wait()
                message = {**message, "body": message["body"][100:]}
            await send(message)

        self.begun += 1
        self.open += 1
        try:
            await self._app(scope, receive, slow)
        finally:
            self.open -= 1


async def test_a_first_word_that_comes_slowly_is_waited_for_longer_each_time(
    watched: Watched,
) -> None:
    """With fifteen thousand routes it has two and a half megabytes."""
    app = web_app(Checks({}, {}), CollectorRegistry(), small(), commands)
    streams = SlowStreams(app)
    slow = Starlette(routes=[Mount("/", streams)])
    slow.state.closing = app.state.closing
    page = watched.page
    async with serving(slow, LOOPBACK, 0) as port:
        await page.clock.install()
        await page.goto(f"http://{LOOPBACK}:{port}/")
        await until(lambda: streams.begun == 1)
        await page.clock.run_for(14_000)
        await until(lambda: streams.begun == 2 and streams.open == 1)
        await page.clock.run_for(22_000)
        streams.go.set()

        await expect(page.locator(".connection")).to_have_text("Live")
        assert streams.begun == 2
