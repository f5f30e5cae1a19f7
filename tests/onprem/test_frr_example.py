"""The configuration that docs/providers/frr.md shows, as the real daemon reads it."""

import re
import subprocess
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from podroute.providers.frr.provider import KIND
from podroute.routing.outcome import Done
from podroute.routing.steps import Create, Delete
from podroute.testing.netns import Namespace
from tests.builders import route
from tests.onprem.bgp import BGP
from tests.onprem.daemons_of_debian import LATER
from tests.onprem.frr import FrrRouter, frr_router

pytestmark = pytest.mark.netns

WISHES = (
    Create(route("10.200.0.0/24", "10.240.0.30")),
    Create(route("fd00:10:200::/64", "fd00:10:240::30")),
)


@pytest.fixture
async def frr(netns: Namespace, tmp_path: Path) -> AsyncGenerator[FrrRouter]:
    with netns.entered():
        async with frr_router(netns, tmp_path) as made:
            yield made


def example() -> str:
    """The configuration of the router that the page shows."""
    page = (Path(__file__).parents[2] / "docs/providers/frr.md").read_text()
    (text,) = re.findall(r"^```text\n(route-map .*?)^```", page, re.MULTILINE | re.DOTALL)
    return str(text)


@pytest.mark.parametrize(
    ("wrong", "status"), [("", 0), ("redistribute statics", 2), ("match tags 200", 2)]
)
async def test_frr_reads_what_the_page_shows(frr: FrrRouter, wrong: str, status: int) -> None:
    """And says so where it does not."""
    path = frr.place / "example.conf"
    right = wrong.replace("statics", "static").replace("tags", "tag")
    path.write_text(example().replace(right, wrong) if wrong else example())

    checked = checked_only(frr, path)

    assert checked.returncode == status, checked


@pytest.mark.parametrize("edition", ["", LATER], ids=["8.4", "10.3"])
async def test_an_announcers_configuration_is_as_before(
    netns: Namespace, tmp_path: Path, edition: str
) -> None:
    """Whose neighbours, filters and redistribution are a person's."""
    daemons = ("mgmtd", *BGP) if edition else BGP
    shown = example().replace("neighbor 10.240.0.1 ", "neighbor 10.240.0.9 ")  # we are the other
    with netns.entered():
        async with frr_router(netns, tmp_path, daemons=daemons, edition=edition) as frr:
            frr.configure(*(line for line in shown.splitlines() if line.strip() != "!"))
            before = frr.running()
            async with KIND.connect(frr.options()) as provider:
                assert [type(one) for one in await provider.apply(WISHES)] == [Done, Done]
                added = set(frr.running().splitlines()) - set(before.splitlines())
                ours = [one for one in (await provider.read()).routes if one.ownership == "ours"]
                outcomes = await provider.apply([Delete(one) for one in ours])
            after = frr.running()

    assert added == {one.handle for one in ours}
    assert [type(one) for one in outcomes] == [Done, Done]
    assert after == before


def checked_only(frr: FrrRouter, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [frr.command, "-C", "-f", str(path)], check=False, capture_output=True, text=True
    )
