"""Links of the machine come and go while a browser loads the page: it drops what is on its way."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from itertools import cycle

import pytest
from playwright.async_api import Error, async_playwright, expect

from podroute.testing.netns import Namespace
from tests.web.boards import small
from tests.web.conftest import CHROMIUM, served

pytestmark = pytest.mark.netns

WITHIN = 60  # seconds until a browser has dropped something


@asynccontextmanager
async def addresses_that_change(netns: Namespace) -> AsyncGenerator[None]:
    """One after the other for as long as the block runs."""
    over = asyncio.Event()

    async def change() -> None:
        for word in cycle(("add", "delete")):
            await asyncio.to_thread(netns.ip, "address", word, "10.9.9.9/24", "dev", "node0")
            if over.is_set() and word == "delete":
                return

    changing = asyncio.create_task(change())
    yield
    over.set()
    await changing


async def test_the_page_comes_by_itself_though_its_browser_has_dropped_a_part_of_it(
    netns: Namespace,
) -> None:
    async with served(small()) as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page, lost = await browser.new_page(), list[str]()
        page.on("requestfailed", lambda one: lost.append(f"{one.url} {one.failure}"))
        async with asyncio.timeout(WITHIN):
            while not any(".js net::ERR_NETWORK_CHANGED" in one for one in lost):
                async with addresses_that_change(netns):
                    with suppress(Error):  # the page itself is dropped, too
                        await page.goto(url)

        await expect(page.locator(".row .badge")).to_have_text(["InSync"] * 3)
        await browser.close()
