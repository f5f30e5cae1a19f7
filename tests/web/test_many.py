"""Fifteen thousand routes, on one page."""

from collections.abc import Callable

import pytest
from playwright.async_api import expect

from tests.web.boards import many, put, record
from tests.web.conftest import Watched, served

pytestmark = [pytest.mark.web, pytest.mark.asyncio(loop_scope="session")]

NODES = 15_000
SCROLL = """async (pixels) => {
  const grid = document.querySelector("[role=grid]");
  const times = [];
  let last = performance.now();
  const end = grid.scrollHeight - grid.clientHeight;
  grid.scrollTop = 0;
  for (let step = 1; step <= 120; step += 1) {
    grid.scrollTop = pixels ? pixels * step : end * step / 120;
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    times.push(now - last);
    last = now;
  }
  return times;
}"""


async def test_they_load_and_scroll_to_the_end(
    watched: Watched, record_property: Callable[[str, object], None]
) -> None:
    async with served(many(NODES)) as url:
        page = await watched.open(url)
        await expect(page.locator(".big")).to_have_text("15,000")
        loaded = await page.evaluate("performance.now()")
        gentle = sorted(await page.evaluate(SCROLL, 60))
        leaping = sorted(await page.evaluate(SCROLL, 0))

        await expect(page.locator(f"#row-{NODES - 1} .name")).to_have_text(f"worker-{NODES - 1}")
        await expect(page.locator(f"#row-{NODES - 1}")).to_be_in_viewport()
        assert await page.locator(".row").count() < 60
    words = (
        f"{NODES} routes: shown after {loaded:.0f} ms; frames while scrolling (ms): "
        f"{figures(gentle)} by rows, {figures(leaping)} from end to end in 120 leaps"
    )
    record_property("frames", words)
    print(words)  # noqa: T201 -- the figures are the point


def figures(times: list[float]) -> str:
    """Of sorted milliseconds."""
    median, most = times[len(times) // 2], times[int(len(times) * 0.95)]
    return f"median {median:.1f}, 95 % {most:.1f}, longest {times[-1]:.1f}"


async def test_each_change_comes_through_and_the_filter_is_ready(watched: Watched) -> None:
    board = many(NODES)
    async with served(board) as url:
        page = await watched.open(url)
        put(board, record(12_345, "Missing", "no such route", first="10.0.0.0"))
        await page.click(".chip[data-state=Missing]")
        await expect(page.locator(".row .name")).to_have_text(["worker-12345"])
        await page.click("text=show all")
        await page.get_by_label("Filter the routes").fill("10.48.57.9")
        await expect(page.locator(".row .name")).to_have_text(["worker-12345"])


async def test_all_of_them_change_at_once(watched: Watched) -> None:
    board = many(NODES)
    async with served(board) as url:
        page = await watched.open(url)
        put(board, *(record(n, "Missing", "gone", first="10.0.0.0") for n in range(NODES)))

        await expect(page.locator(".chip[data-state=Missing] b")).to_have_text("15,000")
        await expect(page.locator("#row-0 .badge")).to_have_text("Missing")


@pytest.mark.parametrize("view", ["topology", "addresses"])
async def test_the_drawings_hold_five_thousand(watched: Watched, view: str) -> None:
    board = many(5000)
    put(board, record(77, "Missing", "no such route is installed", first="10.0.0.0"))
    async with served(board) as url:
        page = await watched.open(url, view)

        drawn = page.locator(".field canvas").last
        await expect(drawn).to_be_visible()
        if view == "topology":
            await expect(page.locator(".group[data-state=InSync] h2")).to_contain_text("4,999")
            await expect(page.locator(".card[data-state=Missing]")).to_contain_text("worker-77")
        else:
            await expect(page.locator(".pool p")).to_contain_text("5,000 in use, 1 in trouble")
        assert await page.locator("#view *").count() < 500
