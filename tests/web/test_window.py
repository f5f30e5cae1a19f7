"""The browser's window is zoomed, or another screen's."""

from operator import methodcaller

import pytest
from playwright.async_api import expect

from tests.web.boards import mixed
from tests.web.conftest import Watched, served

pytestmark = [pytest.mark.web, pytest.mark.asyncio(loop_scope="session")]


async def test_a_drawing_is_sharp_at_once_when_the_page_is_zoomed(watched: Watched) -> None:
    async with served(mixed(40)) as url:
        page = await watched.open(url, "addresses")
        canvas = page.locator(".field canvas")
        width = await canvas.evaluate("one => one.clientWidth")
        await expect(canvas).to_have_attribute("width", str(width))
        metrics = {"width": 1361, "height": 860, "deviceScaleFactor": 2, "mobile": False}
        browser = await page.context.new_cdp_session(page)
        await methodcaller("send", "Emulation.setDeviceMetricsOverride", metrics)(browser)

        await expect(canvas).to_have_attribute("width", str(2 * width))
        assert await canvas.evaluate("one => one.clientWidth") == width
