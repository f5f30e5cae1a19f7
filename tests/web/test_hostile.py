"""Nodes write what they like; the page shows it as text and does nothing else."""

import pytest
from playwright.async_api import expect

from podroute.observe.board import Board, Happening, HeldBack, RouteRecord, Standing
from tests.web.boards import NOON, small, standing
from tests.web.conftest import Watched, served

pytestmark = [pytest.mark.web, pytest.mark.asyncio(loop_scope="session")]

TEXTS = {
    "image": '<img src=x onerror="window.pwned=1">',
    "script": '"><script>window.pwned=1;alert(1)</script>',
    "svg": "<svg/onload=window.pwned=1>",
    "link": "javascript:window.pwned=1",
    "css": "</style><style>*{background:url(http://evil.example/x)}</style>",
    "template": "${window.pwned=1}{{constructor.constructor('window.pwned=1')()}}",
    "event": "x\ndata: {}\n\nevent: snapshot\ndata: {}\n\n",
    "ansi": "\x1b[2J\x1b[31mroot\x07\x00",
    "right to left": "\u202eworker-0\u2066gnp.exe\u200b",
    "prototype": "__proto__",
    "long": "A" * 10_000,
    "long markup": "<b>" * 3_000,
}

STRANGERS = (
    "#page :is(script, style, iframe, object, form, a, b b, img:not([src='assets/icon.svg']))"
)


def hostile(text: str) -> Board:
    """``text`` in every field that can carry it."""
    board = Board()
    line = RouteRecord(text, (text, text), "10.200.0.0/24", text, "Blocked", "foreign", text)
    board.put("10.200.0.0/24", [line, line])
    board.put(f"node/{text}", [RouteRecord(text, (text,), None, None, "Pending", None, text)])
    fine = standing(held=HeldBack(3, text, text, text))
    board.stand(
        Standing(
            leader=text, leads=True, provider=text, server=text, read=fine.read, quota=fine.quota,
            held=fine.held, pools=fine.pools, unreadable=((text, text),), deleting=(text,),
        )
    )  # fmt: skip
    board.happened(Happening(NOON, "failed", "10.200.0.0/24", text, text, 0.5))
    board.happened(Happening(NOON, "node", f"node/{text}", text, text))
    board.happened(Happening(NOON, "read", text, text, text))
    return board


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
async def test_it_stays_text(watched: Watched, text: str) -> None:
    """No script runs, nothing is asked elsewhere, no element comes from it (see ``Watched``)."""
    async with served(hostile(text)) as url:
        page = await watched.open(url)
        await expect(page.locator(".row")).to_have_count(3)
        for place in (0, 2):
            await page.click(f"#row-{place}")
            await expect(page.locator(".detail .badge").first).to_be_visible()
            await page.keyboard.press("Escape")
        await page.get_by_label("Filter the routes").fill(text[:200])
        await page.get_by_label("Filter the routes").fill("")
        await page.click(".held summary")
        for view in ("topology", "addresses", "timeline"):
            await page.click(f"#tab-{view}")
            await expect(page.get_by_role("tabpanel")).to_contain_text("10.200.0.0")
        await page.click("#tab-addresses")
        await page.locator(".field canvas").hover(position={"x": 5, "y": 5})
        await expect(page.locator(".tip")).to_be_visible()

        assert await page.evaluate("window.pwned") is None
        assert await page.locator(STRANGERS).count() == 0
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_what_is_not_seen_is_written_out(watched: Watched) -> None:
    async with served(hostile("\u202eevil\x1b[31m\u200b")) as url:
        page = await watched.open(url)

        await expect(page.locator("#row-0 .name")).to_have_text("\\u202eevil\\u001b[31m\\u200b")


async def test_what_is_long_is_cut(watched: Watched) -> None:
    async with served(hostile("A" * 10_000)) as url:
        page = await watched.open(url)

        await expect(page.locator("#row-0 .reason")).to_contain_text("… (10000 characters)")
        assert len(await page.content()) < 100_000


async def test_who_claims_everything_in_vain_is_in_no_cell_of_the_map(watched: Watched) -> None:
    board = small()
    for cidr in ("10.200.0.0/16", "0.0.0.0/0"):
        line = RouteRecord("wide", ("10.240.0.9",), cidr, "10.240.0.9", "Blocked", None, "no")
        board.put(cidr, [line])
    async with served(board) as url:
        page = await watched.open(url, "addresses")

        await expect(page.locator(".pool p")).to_contain_text("3 in use, 0 in trouble")
