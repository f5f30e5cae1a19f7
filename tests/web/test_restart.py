"""The controller goes and comes back while somebody looks."""

import pytest
from playwright.async_api import Route, expect

from tests.web.boards import put, record, small
from tests.web.conftest import Watched, served

pytestmark = [pytest.mark.web, pytest.mark.asyncio(loop_scope="session")]


async def test_after_a_restart_the_page_shows_what_is_true_now(watched: Watched) -> None:
    async with served(small()) as url:
        page = await watched.open(url)
        port = int(url.rpartition(":")[2])
        await page.click("#row-1")
    await expect(page.locator(".connection")).to_have_text("Reconnecting")
    await expect(page.locator(".row .name")).to_have_text(["worker-0", "worker-1", "worker-2"])

    board = small()
    board.put("10.200.0.0/24", [])
    put(board, record(1, "Missing", "no such route is installed"), record(3))
    async with served(board, port):
        await expect(page.locator(".connection")).to_have_text("Live", timeout=15_000)
        await expect(page.locator(".row .name")).to_have_text(["worker-1", "worker-2", "worker-3"])
        await expect(page.locator(".detail .badge")).to_have_text("Missing")
        put(board, record(1))
        await expect(page.locator(".detail .badge")).to_have_text("InSync")


async def test_a_page_that_was_refused_comes_back_by_itself(watched: Watched) -> None:
    """An answer that is no event stream ends a browser's own tries."""
    watched.expected = "503"
    async with served(small()) as url:
        page = watched.page
        refuse = True

        async def answer(route: Route) -> None:
            await (route.fulfill(status=503) if refuse else route.continue_())

        await page.route("**/events*", answer)
        await page.goto(url)
        await expect(page.locator(".connection")).to_have_text("Reconnecting")
        refuse = False
        await expect(page.locator(".connection")).to_have_text("Live", timeout=15_000)


async def test_commands_that_were_asked_for_in_vain_are_asked_for_again(watched: Watched) -> None:
    async with served(small()) as url:
        page = await watched.open(url)
        port = int(url.rpartition(":")[2])
    await expect(page.locator(".connection")).to_have_text("Reconnecting")
    await page.click("#row-1")
    await expect(page.locator(".detail")).to_contain_text("podroute does not answer.")

    async with served(small(), port):
        await expect(page.locator(".connection")).to_have_text("Live", timeout=15_000)
        await expect(page.locator(".detail pre")).to_contain_text("ip route replace 10.200.1.0/24")


async def test_commands_that_the_browser_has_lost_are_asked_for_again(watched: Watched) -> None:
    """While the stream of events goes on: no word of it says that there is something to do."""
    watched.expected, lost = "ERR_CONNECTION_RESET", list[str]()

    async def lose_once(route: Route) -> None:
        lost.append(route.request.url)
        await (route.abort("connectionreset") if len(lost) == 1 else route.continue_())

    await watched.page.route("**/commands*", lose_once)
    async with served(small()) as url:
        page = await watched.open(url)
        await page.click("#row-1")
        await expect(page.locator(".detail pre")).to_contain_text("ip route replace 10.200.1.0/24")
        await expect(page.locator(".connection")).to_have_text("Live")
        assert len(lost) == 2
