"""The controller that serves the page dies and comes back, while a real browser looks."""

import pytest
from playwright.async_api import Page, expect

from tests.cluster.node_ipam import ANYWHERE
from tests.cluster.pages import address
from tests.cluster.routes import Routed, ip
from tests.cluster.test_live_page import looking

pytestmark = pytest.mark.cluster

ROUTES = {f"10.200.{number}.0/24": f"10.240.1.{number}" for number in range(3)}
LATER = 30_000  # milliseconds: a controller starts, and a browser comes back when it may


async def test_the_page_goes_on_by_itself_where_its_controller_is_killed_and_started_again(
    routed: Routed,
) -> None:
    for number, (block, hop) in enumerate(ROUTES.items()):
        routed.register(f"worker-{number}", hop, block)
    first = routed.controller(ANYWHERE)
    served = address(first)
    routed.router.until(ROUTES)

    async with looking(f"http://{served}/") as page:
        connection = page.locator(".connection")
        await expect(page.locator(".row .badge")).to_have_text(["InSync"] * 3)
        await page.evaluate("window.neverLoadedAgain = true")

        first.kill()
        await expect(connection).to_have_text("Reconnecting", timeout=LATER)
        second = routed.controller(f"--metrics-bind-address={served}")
        await expect(connection).to_have_text("Live", timeout=LATER)
        assert address(second) == served

        await the_next_drift_is_shown(page)
        assert await page.evaluate("window.neverLoadedAgain")


async def the_next_drift_is_shown(page: Page) -> None:
    """One that is mended at once, on the timeline, and one that stays, as a state."""
    states = page.locator(".row .badge")
    await expect(states).to_have_text(["InSync"] * 3, timeout=LATER)
    await page.click("#tab-timeline")
    drifts = page.locator(".full .kind", has_text="drift")
    await expect(drifts).to_have_count(0)
    ip("route delete 10.200.1.0/24 proto 200")
    await expect(drifts).to_have_count(1)

    await page.click("#tab-routes")
    ip("route replace 10.200.1.0/24 via 10.240.5.5 proto static")
    await expect(states.nth(1)).to_have_text("Blocked")
    ip("route delete 10.200.1.0/24 via 10.240.5.5")
    await expect(states).to_have_text(["InSync"] * 3)
