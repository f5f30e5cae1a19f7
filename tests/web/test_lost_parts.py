"""A part of the page does not come: its browser has dropped it."""

from collections.abc import Callable

import pytest
from playwright.async_api import Page, Route, expect

from tests.waiting import until
from tests.web.boards import small
from tests.web.conftest import Watched, served

pytestmark = [pytest.mark.web, pytest.mark.asyncio(loop_scope="session")]


async def lose_once(page: Page, part: str) -> Callable[[], int]:
    """The first time that a page loads it; returns how often one has done so until now."""
    asked = 0

    async def answer(route: Route) -> None:
        nonlocal asked
        loads = route.request.resource_type != "fetch"
        asked += loads
        await (route.abort("connectionreset") if loads and asked == 1 else route.continue_())

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
    page.on("requestfailed", lambda one: refused.append(f"{one.resource_type} {one.url}"))
    await lose_once(page, "main.js")
    await page.clock.install(time=0)
    await page.clock.pause_at(1)
    async with served(small()) as url:
        await page.goto(url)
        await expect(page.locator(".first-words")).to_contain_text("a part of this page did not")
        port = int(url.rpartition(":")[2])

    await page.clock.run_for(1000)
    await until(lambda: refused.count(f"fetch {url}/assets/main.js") == 1)
    await page.clock.run_for(1000)
    await until(lambda: refused.count(f"fetch {url}/assets/main.js") == 2)
    async with served(small(), port):
        await page.clock.resume()
        await expect(page.locator(".connection")).to_have_text("Live")


async def test_a_page_that_works_without_a_part_waits_for_it_and_stays(watched: Watched) -> None:
    """An extension may keep one away for good."""
    watched.expected, asked = "ERR_BLOCKED_BY_CLIENT", list[str]()

    async def block(route: Route) -> None:
        asked.append(route.request.resource_type)
        await route.abort("blockedbyclient")

    await watched.page.route("**/page.css", block)
    async with served(small()) as url:
        page = await watched.open(url)
        await page.fill(".filter input", "worker-1")
        await until(lambda: asked.count("fetch") >= 3)

        assert asked.count("stylesheet") == 1
        await expect(page.locator(".filter input")).to_have_value("worker-1")


@pytest.mark.parametrize(("name", "address"), [("link", "href"), ("script", "src")])
async def test_what_an_extension_adds_and_does_not_get_is_not_minded(
    watched: Watched, name: str, address: str
) -> None:
    watched.expected = "ERR_CONNECTION_RESET"
    page, loads = watched.page, list[str]()
    page.on("request", lambda one: loads.append(one.url))
    await page.route("**/not-there", lambda route: route.abort("connectionreset"))
    await page.clock.install()
    async with served(small()) as url:
        await watched.open(url)
        await page.evaluate(
            """([name, address]) => new Promise((lost) => {
                const one = Object.assign(document.createElement(name), { rel: "stylesheet" });
                one.addEventListener("error", lost);
                one[address] = "/not-there";
                document.head.append(one);
            })""",
            [name, address],
        )
        await page.clock.run_for(1000)
        await page.evaluate("fetch('api/v1alpha1/status')")  # after what the clock has set off

        assert loads.count(f"{url}/not-there") == 1
        assert loads.count(f"{url}/") == 1
