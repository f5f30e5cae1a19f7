"""The browser has more to do than this page."""

import pytest
from playwright.async_api import expect

from tests.web.boards import small
from tests.web.conftest import Watched, served

pytestmark = [pytest.mark.web, pytest.mark.asyncio(loop_scope="session")]

BUSY = """
(() => {
  const held = [];
  let busy = true;
  for (const name of ["requestAnimationFrame", "setTimeout"]) {
    const native = window[name].bind(window);
    window[name] = (...its) => (busy ? held.push(() => native(...its)) : native(...its));
  }
  window.EventSource = class extends EventSource {
    constructor(...its) {
      super(...its);
      this.addEventListener("snapshot", () => {
        busy = false;
        for (const go of held.splice(0)) go();
      });
    }
  };
})();
"""  # no frame and no timer before the controller's first word


async def test_the_first_word_is_shown_though_it_comes_before_the_first_frame(
    watched: Watched,
) -> None:
    """And nothing comes after it for as long as the cluster is quiet."""
    await watched.page.add_init_script(BUSY)
    async with served(small()) as url:
        page = await watched.open(url)

        await expect(page.locator(".row .name")).to_have_text(["worker-0", "worker-1", "worker-2"])


HELD = """
for (const name of ["requestAnimationFrame", "setTimeout"]) window[name] = () => 0;
"""  # no frame and no timer from now on


async def test_a_key_finds_what_the_key_before_it_has_done(watched: Watched) -> None:
    async with served(small()) as url:
        page = await watched.open(url)
        await page.get_by_role("grid").focus()
        await page.evaluate(HELD)
        await page.keyboard.press("Enter")
        await expect(page.locator(".detail")).to_be_attached()
        await page.keyboard.press("Escape")

        await expect(page.locator(".detail")).not_to_be_attached()
