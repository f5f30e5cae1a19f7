"""BIRD's file is one of ours, whole, whoever else writes there and whatever stands beside it."""

import asyncio
from pathlib import Path

import pytest

from podroute.model.cidr import Cidr, parse_address, parse_cidr
from podroute.providers.bird.client import Birdc
from podroute.providers.bird.include_file import Entry, text_of
from podroute.providers.bird.settings import BirdOptions
from podroute.providers.ssh.shell import ShellHere

MANY = 2_000


def entries(last: int, count: int = MANY) -> dict[Cidr, Entry]:
    hop = parse_address(f"10.240.0.{last}")
    cidrs = (parse_cidr(f"10.{200 + one // 256}.{one % 256}.0/24") for one in range(count))
    return {cidr: Entry(cidr, hop, 200) for cidr in cidrs}


@pytest.fixture
def options(tmp_path: Path) -> BirdOptions:
    file = tmp_path / "bird" / "podroute.conf"
    file.parent.mkdir()
    file.touch()
    return BirdOptions(file=str(file))


def writer(options: BirdOptions) -> Birdc:
    return Birdc(ShellHere("BIRD", "birdc", 20.0), options)


def file(options: BirdOptions) -> Path:
    return Path(options.file)


def content(options: BirdOptions) -> str:
    return file(options).read_text()


def beside(options: BirdOptions) -> list[str]:
    return sorted(one.name for one in file(options).parent.iterdir())


async def test_what_is_written_is_the_file_and_all_may_read_it(options: BirdOptions) -> None:
    assert await writer(options).write(text_of(entries(30), options)) == ""

    assert content(options) == text_of(entries(30), options)
    assert file(options).stat().st_mode & 0o777 == 0o644
    assert beside(options) == ["podroute.conf"]


async def test_a_link_that_somebody_has_put_there_is_not_followed(options: BirdOptions) -> None:
    """Under the name that the new file once had."""
    victim = file(options).parent.parent / "shadow"
    victim.write_text("root:secret\n")
    link = file(options).with_name("podroute.conf.new")
    link.symlink_to(victim)
    assert await writer(options).write(text_of(entries(30), options)) == ""

    assert victim.read_text() == "root:secret\n"
    assert link.is_symlink()
    assert not file(options).is_symlink()
    assert content(options) == text_of(entries(30), options)


async def test_of_several_writers_one_has_written_all(options: BirdOptions) -> None:
    said = [text_of(entries(30 + one), options) for one in range(4)]
    for _ in range(5):
        told = await asyncio.gather(*(writer(options).write(text) for text in said))
        assert told == [""] * len(said)
        assert content(options) in said

    assert beside(options) == ["podroute.conf"]


async def test_what_cannot_be_written_is_told_and_the_former_file_stays(
    options: BirdOptions,
) -> None:
    nowhere = BirdOptions(file=f"{options.file}/none/podroute.conf")
    told = await writer(nowhere).write(text_of(entries(30), options))

    assert told.startswith(f"{nowhere.file} is not written: ")
    assert "none/podroute.conf." in told
    assert content(options) == ""
