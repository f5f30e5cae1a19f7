"""A part of the page does not come: its browser has dropped it."""

from collections.abc import Callable

import pytest
from playwright.async_api import Page, Route, expect

from tests.waiting import until
from tests.web.boards import small
from tests.web.conftest import Watched, served

pytestmark = [pytest.mark.web, pytest.mark.asyncio(loop_scope="session")]


async def lose_once(page: Page, part: str) -> Callable[[], int]:
    """The first time it is asked for; returns how often that was until now."""
    asked = 0

    async def answer(route: Route) -> None:
        nonlocal asked
        asked += 1
        await (route.abort("connectionreset") if asked == 1 else route.continue_())

    await page.route(f"**/{part}", answer)
    return lambda: asked


@pytest.mark.parametrize(
    "part", ["theme.js", "page.css", "uPlot.iife.min.js", "main.js", "live.js", "htm-preact.js"]
)
async def test_a_part_that_was_lost_is_asked_for_again(watched: Watched, part: str) -> None:
    watched.expected = "ERR_CONNECTION_RESET"
    asked = await lose_once(watched.page, part)
    async with served(small()) as url:
        page = await watched.open(url)
        await until(lambda: asked() == 2)
        await expect(page.locator(".connection")).to_have_text("Live")
        await expect(page.locator(".row .badge")).to_have_text(["InSync"] * 3)
        assert await page.evaluate("performance.getEntriesByType('navigation')[0].type") == "reload"


async def test_a_controller_that_ends_meanwhile_is_waited_for(watched: Watched) -> None:
    """With a clock that only the test moves."""
    watched.expected = "ERR_CONNECTION_RESET"
    page, refused = watched.page, list[str]()
    page.on("requestfailed", lambda one: refused.append(one.url))
    await lose_once(page, "main.js")
    await page.clock.install(time=0)
    await page.clock.pause_at(1)
    async with served(small()) as url:
        await page.goto(url)
        await expect(page.locator(".first-words")).to_contain_text("a part of this page did not")
        port = int(url.rpartition(":")[2])

    await page.clock.run_for(1000)
    await until(lambda: refused.count(f"{url}/") == 1)
    await page.clock.run_for(1000)
    await until(lambda: refused.count(f"{url}/") == 2)
    async with served(small(), port):
        await page.clock.resume()
        await expect(page.locator(".connection")).to_have_text("Live")
