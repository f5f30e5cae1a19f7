"""What changes is pushed to the page, in a real browser."""

from time import monotonic

import pytest
from playwright.async_api import expect

from tests.web.boards import put, record, small
from tests.web.conftest import Watched, served

pytestmark = [pytest.mark.web, pytest.mark.asyncio(loop_scope="session")]


async def test_a_drift_is_shown_within_a_second(watched: Watched) -> None:
    """At least one of two each way: a loaded machine may stand still for longer in the other."""
    board, seconds = small(), list[float]()
    async with served(board) as url:
        page = await watched.open(url)
        badge = page.locator("#row-1 .badge")
        for changed in (
            record(1, "Missing", "no such route is installed"),
            record(1),
        ) * 2:
            await expect(badge).not_to_have_text(changed.state)
            began = monotonic()
            put(board, changed)
            await expect(badge).to_have_text(changed.state)
            seconds.append(monotonic() - began)
            said = f"{changed.pod_cidr} {changed.state}."
            await expect(page.get_by_role("status").first).to_have_text(said)
            count = page.locator(f".chip[data-state={changed.state}] b")
            await expect(count).to_have_text("1" if changed.state == "Missing" else "3")

    lost, back = seconds[::2], seconds[1::2]
    assert max(min(lost), min(back)) <= 1, seconds
