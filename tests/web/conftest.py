"""A page that is served, and a real browser that looks at it."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import pytest_asyncio
from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Dialog,
    Page,
    Request,
    async_playwright,
    expect,
)
from prometheus_client import CollectorRegistry

from podroute.observe.board import Board, Subject
from podroute.web.health import Checks, serving
from podroute.web.page import web_app

CHROMIUM = os.environ.get("PODROUTE_CHROMIUM", "/usr/bin/chromium")
LOOPBACK = "127.0.0.1"

expect.set_options(timeout=30_000)  # where nothing else is claimed: a busy machine takes its time


def commands(subject: Subject) -> Sequence[str]:
    """As the provider ``linux`` prints them."""
    hop = 10 + int(subject.split(".")[2]) if "." in subject else 10
    return [f"ip route replace {subject} via 172.16.0.{hop} proto 112 table 254"]


@asynccontextmanager
async def served(board: Board, port: int = 0) -> AsyncGenerator[str]:
    """The page of this board; yields its address."""
    app = web_app(Checks({}, {}), CollectorRegistry(), board, commands)
    async with serving(app, LOOPBACK, port) as bound:
        yield f"http://{LOOPBACK}:{bound}"


ENDED: Final = "net::ERR_CONNECTION_REFUSED"  # a test ends its server before its page


@dataclass
class Watched:
    """A page of the browser, and all that it should not do."""

    page: Page
    faults: list[str] = field(default_factory=list[str])
    expected: str = ENDED  # a part of the messages that are no fault

    def note(self, fault: str) -> None:
        """Remembers it."""
        if ENDED not in fault and self.expected not in fault:
            self.faults.append(fault)

    async def open(self, url: str, view: str = "") -> Page:
        """Until the first words of the controller are shown."""
        await self.page.goto(f"{url}/#{view}")
        await self.page.wait_for_selector(".connection[data-connection=live]")
        return self.page


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="session")
async def watched(browser: Browser) -> AsyncIterator[Watched]:
    """A page in which errors, violations, dialogs and requests elsewhere are faults."""
    context = await browser.new_context(viewport={"width": 1360, "height": 860})
    watched = Watched(await context.new_page())

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            watched.note(f"console: {message.text}")

    async def dismiss(dialog: Dialog) -> None:
        watched.note(f"dialog: {dialog.message}")
        await dialog.dismiss()

    def request(one: Request) -> None:
        if not one.url.startswith((f"http://{LOOPBACK}:", "data:")):
            watched.note(f"request: {one.url}")

    page = watched.page
    page.on("console", hear)
    page.on("pageerror", lambda error: watched.note(f"error: {error}"))
    page.on("dialog", lambda dialog: asyncio.ensure_future(dismiss(dialog)))
    page.on("request", request)
    yield watched
    await context.close()

    assert watched.faults == []
