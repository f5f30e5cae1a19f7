"""The page in a real browser."""

import asyncio
from dataclasses import replace
from typing import get_args

import pytest
from playwright.async_api import Locator, Page, expect

from podroute.observe.board import Board, Happening, Kind
from tests.web.boards import NOON, mixed, put, record, small, standing
from tests.web.conftest import Watched, served

pytestmark = [pytest.mark.web, pytest.mark.asyncio(loop_scope="session")]

VIEWS = ("routes", "topology", "addresses", "timeline")


@pytest.mark.parametrize("view", VIEWS)
async def test_every_view_loads_without_a_fault(watched: Watched, view: str) -> None:
    async with served(mixed(212)) as url:
        page = await watched.open(url, view)

        await expect(page.get_by_role("tab", selected=True)).to_have_id(f"tab-{view}")
        await expect(page.locator(".of")).to_have_text(" of 214 routes in sync")
        await expect(page.locator("#view .nothing")).to_have_count(0)


async def test_the_table_says_what_the_command_line_says(watched: Watched) -> None:
    async with served(mixed(30)) as url:
        page = await watched.open(url)

        cells = page.locator("#row-3 [role=gridcell]")
        await expect(cells).to_have_text(
            [
                "WrongNextHop",
                "10.200.3.0/24",
                "worker-3",
                "172.16.0.13",
                "ours",
                "10.200.3.0/24 via 172.16.0.99 dev eth0 proto 112",
            ]
        )
        await expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "37")


async def test_nodes_come_and_go_in_their_place(watched: Watched) -> None:
    board = small()
    async with served(board) as url:
        page = await watched.open(url)
        put(board, record(10), record(5))
        board.put("10.200.1.0/24", [])

        names = page.locator(".row .name")
        await expect(names).to_have_text(["worker-0", "worker-2", "worker-5", "worker-10"])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("worker-2", ["worker-2", "worker-20", "worker-21", "worker-22", "worker-23"]),
        ("10.200.7.250", ["worker-7"]),
        ("missing", ["worker-17", "worker-18"]),
        ("proto static", ["worker-41"]),
        ("bird foreign", ["no Node"]),
    ],
)
async def test_the_filter_finds_names_addresses_and_reasons(
    watched: Watched, text: str, names: list[str]
) -> None:
    async with served(mixed(24)) as url:
        page = await watched.open(url)
        await page.keyboard.press("/")
        await page.keyboard.type(text)

        await expect(page.locator(".row .name")).to_have_text(names)
        await page.keyboard.press("Escape")
        await expect(page.get_by_label("Filter the routes")).to_have_value("")


async def test_a_chip_shows_one_state_only(watched: Watched) -> None:
    async with served(mixed(24)) as url:
        page = await watched.open(url)
        await page.click(".chip[data-state=Stale]")

        await expect(page.locator(".row .badge")).to_have_text(["Stale", "Stale"])
        await page.click("text=show all")
        await expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "31")


async def test_a_row_tells_what_a_person_would_type(watched: Watched) -> None:
    board = mixed(24)
    board.happened(Happening(NOON, "drift", "10.200.3.0/24", "worker-3", "gone elsewhere"))
    async with served(board) as url:
        await watched.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = await watched.open(url)
        await page.click("#row-3")

        detail = page.locator(".detail")
        await expect(detail.locator("pre")).to_contain_text("ip route replace 10.200.3.0/24")
        await expect(detail.locator(".entry .words").first).to_have_text("gone elsewhere")
        await detail.locator(".commands .copy").click()
        await expect(detail.locator(".commands .copy")).to_have_text("Copied")
        copied = await page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith("ip route replace 10.200.3.0/24")


async def test_a_column_sorts(watched: Watched) -> None:
    async with served(mixed(24)) as url:
        page = await watched.open(url)
        await page.get_by_role("columnheader", name="State").get_by_role("button").click()

        await expect(page.locator("#row-0 .badge")).to_have_text("Missing")
        heading = page.get_by_role("columnheader", name="State")
        await expect(heading).to_have_attribute("aria-sort", "ascending")


async def test_the_keyboard_walks_through_the_table(watched: Watched) -> None:
    async with served(mixed(40)) as url:
        page = await watched.open(url)
        title = page.locator(".detail h2")
        grid = page.get_by_role("grid")
        await grid.focus()
        await pressed(page, "ArrowDown", "ArrowDown", "ArrowDown")
        await expect(grid).to_have_attribute("aria-activedescendant", "row-3")
        await pressed(page, "Enter")
        await expect(title).to_have_text("10.200.3.0/24")
        await pressed(page, "ArrowDown")
        await expect(title).to_have_text("10.200.4.0/24")
        await pressed(page, "End")
        await expect(title).to_have_text("No podCIDR yet")
        await expect(page.locator(".row.active")).to_be_in_viewport()
        await pressed(page, "Escape")
        await expect(title).to_have_count(0)
        await expect(grid).to_be_focused()


async def test_the_keyboard_walks_through_views_and_map(watched: Watched) -> None:
    async with served(mixed(40)) as url:
        page = await watched.open(url)
        await pressed(page, "2")
        await expect(page.get_by_role("tab", selected=True)).to_have_text("Topology")
        await page.locator("#tab-topology").focus()
        await pressed(page, "ArrowRight")
        await expect(page.locator("#tab-addresses")).to_be_focused()
        await expect(page.locator(".field canvas")).to_be_visible()
        await pressed(page, "Tab")
        await expect(page.get_by_label("Filter the routes")).to_be_focused()
        await pressed(page, "Tab", "ArrowRight", "ArrowRight", "ArrowRight")
        await expect(page.locator(".tip")).to_contain_text("10.200.3.0/24")
        await pressed(page, "Enter")
        await expect(page.locator(".detail h2")).to_have_text("10.200.3.0/24")


async def pressed(page: Page, *keys: str) -> None:
    """One after the other, as a person presses them."""
    for key in keys:
        await page.keyboard.press(key)


async def test_the_map_tells_of_used_free_and_kept_blocks(watched: Watched) -> None:
    async with served(mixed(212)) as url:
        page = await watched.open(url, "addresses")
        await expect(page.locator(".pool p")).to_contain_text("212 in use, 7 in trouble")
        canvas = page.locator(".field canvas")

        async def pointed(block: int, words: str) -> None:
            width = await canvas.evaluate("one => one.clientWidth")
            height = await canvas.evaluate("one => one.clientHeight")
            size = (width * height / 256) ** 0.5
            columns = round(width / size)
            x, y = block % columns * size + size / 2, block // columns * size + size / 2
            await canvas.hover(position={"x": x, "y": y})
            await expect(page.locator(".tip")).to_contain_text(words, use_inner_text=True)

        await pointed(17, "worker-17")
        await pointed(17, "Missing")
        await pointed(220, "10.200.220.0/24 free")
        await pointed(241, "10.200.240.0/20 is reserved")


async def test_the_topology_has_a_card_for_each_of_few_nodes(watched: Watched) -> None:
    board = small()
    put(board, record(2, "Missing", "no such route is installed"))
    async with served(board) as url:
        page = await watched.open(url, "topology")

        await expect(page.locator(".around .card")).to_have_count(3)
        await expect(page.locator(".around .edge")).to_have_count(3)
        await expect(page.locator(".card[data-state=Missing]")).to_contain_text("worker-2")
        await page.locator(".card[data-state=Missing]").click()
        await expect(page.locator(".detail h2")).to_have_text("10.200.2.0/24")


async def test_light_and_dark(watched: Watched) -> None:
    async with served(mixed(24)) as url:
        await watched.page.emulate_media(color_scheme="dark")
        page = await watched.open(url)
        colour = "getComputedStyle(document.body).backgroundColor"
        dark = await page.evaluate(colour)
        await page.emulate_media(color_scheme="light")
        await expect(page.locator("html")).to_have_attribute("data-theme", "light")
        light = await page.evaluate(colour)
        await page.get_by_role("button", name="Colours: system").click()
        await page.get_by_role("button", name="Colours: light").click()
        chosen = await page.evaluate(colour)
        await page.reload()
        await page.wait_for_selector(".connection[data-connection=live]")
        kept = await page.evaluate(colour)

    assert dark == chosen == kept == "rgb(16, 21, 19)"
    assert light != dark


async def test_an_empty_controller_is_no_fault(watched: Watched) -> None:
    async with served(Board()) as url:
        for view in VIEWS:
            page = await watched.open(url, view)
            await expect(page.locator("#view .nothing")).to_be_visible()


async def test_two_families(watched: Watched) -> None:
    board = small()
    six = record(1)
    board.put("fd00:10:200:1::/64", [
        type(six)(six.node, ("fd00:10:240::31",), "fd00:10:200:1::/64", "fd00:10:240::31",
                  "Missing", None, "no such route is installed")
    ])  # fmt: skip
    board.stand(standing())
    async with served(board) as url:
        page = await watched.open(url)
        await page.get_by_label("Filter the routes").fill("fd00:10:200:1::7")
        await expect(page.locator(".row .mono").first).to_have_text("fd00:10:200:1::/64")
        await page.get_by_label("Filter the routes").fill("")
        await page.click("#tab-topology")
        await expect(page.locator(".card", has_text="worker-1")).to_contain_text("Missing")


async def until_fits(place: Locator) -> None:
    """A drawing hears of its room a frame later."""
    async with asyncio.timeout(30):
        while not await place.evaluate("one => one.scrollWidth <= one.clientWidth"):
            await place.page.wait_for_timeout(10)


@pytest.mark.parametrize("nodes", [3, 212])
async def test_the_topology_stands_beside_open_details(watched: Watched, nodes: int) -> None:
    async with served(small() if nodes == 3 else mixed(nodes)) as url:
        page = await watched.open(url, "topology")
        await page.locator(".card").first.click()
        await expect(page.locator(".detail")).to_be_visible()

        await until_fits(page.locator(".topology"))
        await expect(page.locator(".around")).to_have_count(1 if nodes == 3 else 0)


async def test_the_timeline_says_in_a_word_what_each_entry_is(watched: Watched) -> None:
    board, kinds = small(), get_args(Kind)
    for kind in kinds:
        board.happened(Happening(NOON, kind, "10.200.1.0/24", "worker-1", "so it is"))
    async with served(board) as url:
        page = await watched.open(url, "timeline")

        await expect(page.locator(".full .kind")).to_have_text(kinds[::-1])
        await expect(page.locator(".looker")).to_have_count(0)
        states = await page.locator(".full .kind").evaluate_all(
            "all => all.map(one => one.dataset.state)"
        )
        assert "undefined" not in states
        assert states[kinds[::-1].index("duplicate")] == "Blocked"


@pytest.mark.parametrize(
    ("read", "words"), [(NOON, "between two looks"), (None, "No router is read here")]
)
async def test_who_only_looks_says_what_its_timeline_lacks(
    watched: Watched, read: float | None, words: str
) -> None:
    board = small()
    board.stand(replace(board.standing, leads=False, leader="", read=read))
    async with served(board) as url:
        page = await watched.open(url, "timeline")

        await expect(page.locator(".looker")).to_contain_text(words)
        await expect(page.locator(".nothing")).to_be_visible()
        board.happened(Happening(NOON, "created", "10.200.1.0/24", "worker-1", "via 172.16.0.11"))
        await expect(page.locator(".full .kind")).to_have_text(["created"])
        await expect(page.locator(".looker")).to_contain_text(words)
