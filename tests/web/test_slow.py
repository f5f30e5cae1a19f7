"""The way to the controller is slow."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from playwright.async_api import Page
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

COUNT = """
window.begun = 0;
window.EventSource = class extends EventSource {
  constructor(...its) {
    super(...its);
    this.addEventListener("open", () => { window.begun += 1; });
  }
};
"""  # the streams, as the page sees them


class SlowStreams:
    """Of each stream of ``app`` the first bytes come, if any, and the rest when ``go`` is set."""

    def __init__(self, app: ASGIApp, *, begins: bool = True) -> None:
        self._begins = begins
        self.begun = 0
        self.open = 0
        self.go = asyncio.Event()
        self._app = app

    def are(self, begun: int) -> bool:
        """Whether there have been so many, and all but the last one are over."""
        return self.begun == begun and self.open == 1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") != f"{API}/events":
            await self._app(scope, receive, send)
            return

        async def slow(message: Message) -> None:
            if not self._begins:
                await self.go.wait()
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


@asynccontextmanager
async def opened(page: Page, *, begins: bool) -> AsyncGenerator[SlowStreams]:
    """With a clock that only the test moves."""
    app = web_app(Checks({}, {}), CollectorRegistry(), small(), commands)
    streams = SlowStreams(app, begins=begins)
    slow = Starlette(routes=[Mount("/", streams)])
    slow.state.closing = app.state.closing
    await page.add_init_script(COUNT)
    async with serving(slow, LOOPBACK, 0) as port:
        await page.clock.install(time=0)
        await page.clock.pause_at(1)
        await page.goto(f"http://{LOOPBACK}:{port}/")
        await until(lambda: streams.begun == 1)
        yield streams


async def until_begun(page: Page, count: int) -> None:
    """To the page, too."""
    async with asyncio.timeout(30):
        while await page.evaluate("begun") != count:  # noqa: ASYNC110 -- the page has it
            await asyncio.sleep(0.01)


async def until_live(page: Page) -> None:
    """Its next frame shows that; its clock hardly goes on."""
    async with asyncio.timeout(30):
        while await page.locator(".connection").inner_text() != "Live":
            await page.clock.run_for(1)


async def test_a_first_word_that_comes_slowly_is_waited_for_longer_each_time(
    watched: Watched,
) -> None:
    """With fifteen thousand routes it has two and a half megabytes."""
    page = watched.page
    async with opened(page, begins=True) as streams:
        await until_begun(page, 1)
        await page.clock.run_for(14_000)
        await until(partial(streams.are, 2))
        await page.clock.run_for(22_000)
        streams.go.set()

        await until_live(page)
        assert streams.begun == 2


async def test_where_nobody_answers_the_page_asks_no_less_often(watched: Watched) -> None:
    """Packets are lost on the way, or the controller's machine is: it may be back at any time."""
    page = watched.page
    async with opened(page, begins=False) as streams:
        for _ in range(3):
            begun = streams.begun
            await page.clock.run_for(14_000)
            await until(partial(streams.are, begun + 1))
        streams.go.set()

        await until_live(page)
