"""A disk under FRRouting's startup configuration that is full."""

import subprocess
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

from podroute.providers.frr.provider import KIND
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Create
from podroute.testing.netns import Namespace
from tests.builders import route
from tests.onprem.frr import FrrRouter, frr_router

pytestmark = pytest.mark.netns

PAGE = 4096  # bytes


@pytest.fixture
async def frr(netns: Namespace, tmp_path: Path) -> AsyncGenerator[FrrRouter]:
    async with frr_router(netns, tmp_path) as made:
        yield made


@pytest.fixture
def disk(frr: FrrRouter) -> Generator[Path]:
    """A small one."""
    folder = frr.place / "etc"
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    subprocess.run(mount, check=True)
    try:
        (folder / "frr.conf").touch()
        (folder / "vtysh.conf").touch()
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


async def test_a_startup_configuration_that_breaks_off_is_told(frr: FrrRouter, disk: Path) -> None:
    """There is room for a part of it: FRRouting says that all is well."""
    wishes = [Create(route(f"10.200.{one}.0/24", "10.240.0.30")) for one in range(200)]
    more = Create(route("10.200.201.0/24", "10.240.0.31"))
    fill = disk / "fill"
    async with KIND.connect({"vtysh": frr.command, "write": "true"}) as provider:
        assert {type(one) for one in await provider.apply(wishes)} == {Done}
        with pytest.raises(OSError, match="No space left"), fill.open("wb", 0) as file:
            while True:
                file.write(b"x" * PAGE)
        with fill.open("r+b") as file:
            file.truncate(fill.stat().st_size - PAGE)
        (full,) = await provider.apply([more])
        size = (disk / "frr.conf").stat().st_size
        fill.unlink()
        await provider.read()

    assert size == PAGE
    assert isinstance(full, Failed)
    assert "is the disk full? the former ends in .sav" in full.reason
    assert (disk / "frr.conf").read_text().count("tag 200") == 201
