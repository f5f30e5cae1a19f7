"""What axe-core, the accessibility checker of the field, finds on the page: nothing."""

from importlib.resources import files
from typing import Literal

import pytest
from playwright.async_api import expect

from tests.web.boards import mixed
from tests.web.conftest import Watched, served

pytestmark = [pytest.mark.web, pytest.mark.asyncio(loop_scope="session")]

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
FINDINGS = """axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) =>
  nodes.map(({ html, any }) => `${id}: ${html.slice(0, 200)} ${any[0]?.message ?? ""}`)))"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("view", ["routes", "topology", "addresses", "timeline"])
async def test_nothing_is_in_the_way(
    watched: Watched, view: str, scheme: Literal["light", "dark"]
) -> None:
    await watched.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    async with served(mixed(212)) as url:
        page = await watched.open(url, view)
        if view == "routes":
            await page.click("#row-3")
            await expect(page.locator(".commands code")).to_be_visible()
        await page.evaluate(AXE)

        assert await page.evaluate(FINDINGS) == []


async def test_no_view_needs_more_width_than_a_telephone_has(watched: Watched) -> None:
    await watched.page.set_viewport_size({"width": 390, "height": 800})
    async with served(mixed(40)) as url:
        page = await watched.open(url)
        await page.evaluate("document.body.style.letterSpacing = '1px'")  # as of a wide font
        for view in ("routes", "topology", "addresses", "timeline"):
            await page.click(f"#tab-{view}")
            await expect(page.locator(f"#tab-{view}")).to_have_attribute("aria-selected", "true")

            assert await page.evaluate("document.documentElement.scrollWidth") <= 390, view
