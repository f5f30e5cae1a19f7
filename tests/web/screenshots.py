"""The pictures of docs/web.md, taken from the real page: python -m tests.web.screenshots."""

import asyncio
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page, async_playwright

from podroute.observe.board import Board
from tests.web.boards import many, mixed, put, record, small
from tests.web.conftest import CHROMIUM, served

PICTURES = Path(__file__).parents[2] / "docs/images"
NODES = 212


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture; ``press`` are keys before it is taken, ``point`` is a place on the canvas."""

    name: str
    board: Literal["small", "mixed", "many"]
    view: str
    scheme: Literal["light", "dark"]
    press: tuple[str, ...] = ()
    point: tuple[int, int] | None = None


SHOTS = (
    Shot("web-routes-light", "mixed", "routes", "light", ("ArrowDown",) * 3 + ("Enter",)),
    Shot("web-routes-dark", "mixed", "routes", "dark"),
    Shot("web-topology-dark", "mixed", "topology", "dark"),
    Shot("web-topology-small-light", "small", "topology", "light"),
    Shot("web-addresses-light", "mixed", "addresses", "light", point=(559, 17)),
    Shot("web-timeline-dark", "mixed", "timeline", "dark"),
)


def board(kind: str) -> Board:
    """What is to be seen."""
    if kind == "small":
        return small()
    if kind == "mixed":
        return mixed(NODES, time.time())
    large = many(5000)
    put(large, record(77, "Missing", "no such route is installed", first="10.0.0.0"))
    return large


async def take(browser: Browser, shot: Shot) -> None:
    """Writes one picture."""
    context = await browser.new_context(
        viewport={"width": 1240, "height": 800}, color_scheme=shot.scheme, reduced_motion="reduce"
    )
    async with served(board(shot.board)) as url:
        page = await context.new_page()
        await page.goto(f"{url}/#{shot.view}")
        await page.wait_for_selector(".connection[data-connection=live]")
        await prepare(page, shot)
        await page.screenshot(path=PICTURES / f"{shot.name}.png")
    await context.close()


async def prepare(page: Page, shot: Shot) -> None:
    """As a person would have it before the eyes."""
    if shot.press:
        await page.locator("[data-home]").first.focus()
        for key in shot.press:
            await page.keyboard.press(key)
        await page.wait_for_selector(".commands code")
    if shot.point:
        x, y = shot.point
        await page.locator(".field canvas").hover(position={"x": x, "y": y})
        await page.wait_for_selector(".tip")


async def main() -> None:
    """All of them."""
    PICTURES.mkdir(exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        for shot in SHOTS:
            await take(browser, shot)
        await browser.close()
    if program := shutil.which("pngquant"):  # a third of the size, where it is installed
        pictures = [str(PICTURES / f"{shot.name}.png") for shot in SHOTS]
        options = ["--force", "--ext", ".png", "--strip", "--quality", "70-95", "128"]
        subprocess.run([program, *options, *pictures], check=True)  # noqa: ASYNC221 -- at the end


if __name__ == "__main__":
    asyncio.run(main())
