"""Tabs of the browser that nobody sees."""

import pytest
from playwright.async_api import Page, expect

from tests.web.boards import put, record, small
from tests.web.conftest import Watched, served

pytestmark = [pytest.mark.web, pytest.mark.asyncio(loop_scope="session")]

TURN = """(hidden) => {
  Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""  # no window has tabs where nobody sees it
MORE = 7  # than a browser has connections to one place


async def opened(page: Page, url: str) -> None:
    await page.goto(url)
    await expect(page.locator(".connection")).to_have_text("Live")


async def test_pages_that_nobody_sees_leave_the_connections_to_others(watched: Watched) -> None:
    board = small()
    async with served(board) as url:
        await opened(watched.page, url)
        for _ in range(MORE):
            await watched.page.context.pages[-1].evaluate(TURN, arg=True)
            await opened(await watched.page.context.new_page(), url)
        put(board, record(1, "Missing", "no such route is installed"))
        seen = watched.page.context.pages[-1]
        await expect(seen.locator("#row-1 .badge")).to_have_text("Missing")
        await seen.click("#row-1")
        await expect(seen.locator(".detail pre")).to_contain_text("ip route replace")
        await seen.evaluate(TURN, arg=True)

        await expect(watched.page.locator("#row-1 .badge")).to_have_text("InSync")
        await watched.page.evaluate(TURN, arg=False)
        await expect(watched.page.locator("#row-1 .badge")).to_have_text("Missing")
