"""What goes wrong with BIRD, its configuration and its disk is one message, and passes."""

import subprocess
from collections.abc import AsyncGenerator, Callable, Generator, Sequence
from pathlib import Path

import pytest

from podroute.providers.interface import ProviderUnreachable
from podroute.routing.outcome import Failed, Outcome
from podroute.routing.steps import Create, Delete, Replace
from podroute.testing.netns import Namespace
from tests.builders import route
from tests.onprem.bird_static import StaticBird, connected, done, ours, static_bird
from tests.onprem.daemons_of_debian import end
from tests.waiting import until

pytestmark = pytest.mark.netns

A = route("10.200.0.0/24", "10.240.0.30")
A_6 = route("fd00:10:200::/64", "fd00:10:240::30")
B = route("10.200.1.0/24", "10.240.0.31")
THEIRS = "protocol static theirs { ipv4; route 10.99.0.0/16 via 10.240.0.99; }\n"


@pytest.fixture
async def bird(netns: Namespace, tmp_path: Path) -> AsyncGenerator[StaticBird]:
    with netns.entered():
        async with static_bird(netns, tmp_path, more=THEIRS) as made:
            await until(lambda: made.routes() >= 1)
            yield made


def reason(outcomes: Sequence[Outcome]) -> str:
    """Of the one that failed."""
    (one,) = outcomes
    assert isinstance(one, Failed), one
    return one.reason


async def test_a_configuration_that_a_person_has_broken(bird: StaticBird) -> None:
    """BIRD goes on by the former one, our file says the same as it, and what is wrong is told."""
    configuration = bird.place / "bird.conf"
    right = configuration.read_text()
    async with connected(bird) as provider:
        assert done(await provider.apply([Create(B)]))
        file = bird.file.read_text()
        configuration.write_text(f"{right}\nprotocol nonsense {{ }}\n")
        words = reason(await provider.apply([Create(A)]))
        assert words.startswith("BIRD has refused its configuration: ")
        assert "bird.conf:" in words
        assert bird.file.read_text() == file
        configuration.write_text(right)
        assert done(await provider.apply([Create(A)]))


async def test_a_configuration_that_has_our_file_twice(bird: StaticBird) -> None:
    """No change is to blame: none is looked for, and BIRD can start with the file that stays."""
    configuration, asked = bird.place / "bird.conf", bird.place / "asked"
    configuration.write_text(f'{configuration.read_text()}include "{bird.file}";\n')
    birdc = bird.place / "birdc"
    birdc.write_text(f'#!/bin/sh\necho "$@" >>{asked}\nexec {bird.options()["birdc"]} "$@"\n')
    birdc.chmod(0o755)
    many = [Create(route(f"10.200.{number}.0/24", "10.240.0.30")) for number in range(16)]
    async with connected(bird, birdc=str(birdc)) as provider:
        words = {reason([one]) for one in await provider.apply(many)}

    (told,) = words
    assert told.startswith("BIRD has refused its configuration: ")
    assert asked.read_text().count("configure soft") == 2
    assert bird.file.read_text() == ""
    assert "Configuration OK" in bird.router.birdc("configure", "check")


async def test_a_file_that_is_not_included(netns: Namespace, tmp_path: Path) -> None:
    async with static_bird(netns, tmp_path) as bird, connected(bird) as provider:
        configuration = bird.place / "bird.conf"
        configuration.write_text(configuration.read_text().replace("include", "# include"))
        words = reason(await provider.apply([Create(A)]))

    assert f"is {bird.file} included in bird.conf" in words


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("protocol bgp theirs { }\n", r"podroute.conf:1 has 'protocol bgp theirs \{ \}'"),
        (None, "No such file or directory: make it, empty, and include it in bird.conf"),
    ],
)
async def test_a_file_that_is_not_ours(bird: StaticBird, content: str | None, words: str) -> None:
    """It is not written over."""
    if content is None:
        bird.file.unlink()
    else:
        bird.file.write_text(content)
    async with connected(bird) as provider:
        for attempt in (provider.read(), provider.apply([Create(A)])):
            with pytest.raises(ProviderUnreachable, match=words):
                await attempt

    assert (bird.file.read_text() if bird.file.exists() else None) == content


def link_to_itself(file: Path) -> None:
    file.symlink_to(file)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (Path.mkdir, "podroute.conf: Is a directory: option file is to name a file"),
        (link_to_itself, "symbolic links: podroute must be able to read and"),
    ],
    ids=["directory", "link to itself"],
)
async def test_what_is_no_file_is_not_to_be_made(
    bird: StaticBird, made: Callable[[Path], None], words: str
) -> None:
    bird.file.unlink()
    made(bird.file)
    async with connected(bird) as provider:
        with pytest.raises(ProviderUnreachable, match=words) as told:
            await provider.read()

    assert "make it" not in str(told.value)


def text(file: Path) -> str:
    return file.read_text()


@pytest.fixture
def disk(bird: StaticBird) -> Generator[Path]:
    """A small one under a file of ours."""
    folder = bird.place / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)], check=True)
    try:
        file = folder / "podroute.conf"
        file.touch()
        configuration = bird.place / "bird.conf"
        configuration.write_text(configuration.read_text().replace(str(bird.file), str(file)))
        yield file
    finally:
        subprocess.run(["umount", str(folder)], check=True)


async def test_a_full_disk_is_told_and_nothing_is_lost(bird: StaticBird, disk: Path) -> None:
    fill = disk.parent / "fill"
    async with connected(bird, file=str(disk)) as provider:
        assert done(await provider.apply([Create(A)]))
        before = text(disk)
        with pytest.raises(OSError, match="No space left"):
            fill.write_bytes(b"x" * 100_000)
        words = reason(await provider.apply([Create(B)]))
        assert f"{disk} is not written: " in words
        assert "No space left on device" in words
        assert text(disk) == before
        assert sorted(one.name for one in disk.parent.iterdir()) == ["fill", "podroute.conf"]
        fill.unlink()
        assert done(await provider.apply([Create(B)]))
        assert len(await ours(provider)) == 2


async def test_a_daemon_that_boots_has_its_routes(netns: Namespace, tmp_path: Path) -> None:
    """They are in the file: nobody has to write them anew."""
    async with static_bird(netns, tmp_path) as bird, connected(bird) as provider:
        assert done(await provider.apply([Create(A), Create(A_6)]))
        end(bird.router.process)
        with pytest.raises(ProviderUnreachable, match="Unable to connect to server control socket"):
            await provider.read()
        written = bird.file.read_text()
        async with static_bird(netns, tmp_path, written) as again:
            await until(lambda: again.routes() == 2)
            found = (await provider.read()).routes

    assert [(one.ownership, one.deviation) for one in found] == [("ours", "")] * 2


async def test_a_podroute_that_died_after_it_had_written(bird: StaticBird) -> None:
    """The next one sees that BIRD has not read it, and has it read."""
    async with connected(bird) as provider:
        assert done(await provider.apply([Create(A), Create(B)]))
        written = bird.file.read_text().replace("10.240.0.30", "10.240.0.40")
        bird.file.write_text(written.replace("    route 10.200.1.0/24 via 10.240.0.31;\n", ""))
        found = {one.destination: one for one in await ours(provider)}
        a, b = found[A.destination], found[B.destination]
        assert a.deviation == "configured, but not in BIRD's table"
        assert b.deviation == f"in BIRD's table, but not in {bird.file}"
        assert done(await provider.apply([Replace(a, A), Delete(b)]))


async def test_a_slow_router_is_waited_for(bird: StaticBird) -> None:
    """A second for each call."""
    slow = bird.place / "slow"
    slow.write_text(f'#!/bin/sh\nsleep 1\nexec {bird.options()["birdc"]} "$@"\n')
    slow.chmod(0o755)
    async with connected(bird, birdc=str(slow)) as provider:
        assert done(await provider.apply([Create(A)]))
    async with connected(bird, birdc=str(slow), timeout="0.5") as provider:
        with pytest.raises(ProviderUnreachable, match=r"^BIRD here: no answer within 0.5 s$"):
            await provider.read()


async def test_without_birdc(bird: StaticBird) -> None:
    async with connected(bird, birdc="/none/birdc") as provider:
        with pytest.raises(ProviderUnreachable, match=r"/none/birdc: No such file.*is BIRD in"):
            await provider.read()


async def test_a_wrong_table(bird: StaticBird) -> None:
    words = {"ipv4-table": "nosuch"}
    async with connected(bird, **words) as provider:
        with pytest.raises(ProviderUnreachable, match="syntax error"):
            await provider.read()
