"""The configuration that docs/providers/frr.md shows, as the real daemon reads it."""

import re
import subprocess
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from podroute.testing.netns import Namespace
from tests.onprem.frr import FrrRouter, frr_router

pytestmark = pytest.mark.netns


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


def checked_only(frr: FrrRouter, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [frr.command, "-C", "-f", str(path)], check=False, capture_output=True, text=True
    )
