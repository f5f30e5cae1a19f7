"""What BIRD does to us, and we to it, on a router that others use too."""

import subprocess
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from podroute.model.route import InstalledRoute
from podroute.providers.bird.provider import KIND
from podroute.providers.interface import ProviderUnreachable, RouteProvider
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Create, Delete, Replace
from podroute.testing.netns import Namespace
from tests.builders import route
from tests.machine_root import needs_machine_root
from tests.onprem.bird_static import StaticBird, static_bird
from tests.onprem.daemons_of_debian import end
from tests.onprem.lan import Lan, lan
from tests.onprem.sshd import ssh_router
from tests.waiting import until

pytestmark = pytest.mark.netns

OTHERS = """\
protocol direct { ipv4; ipv6; }
filter pods { if net ~ 10.200.0.0/16 then accept; reject; }
protocol static theirs {
  ipv4;
  route 10.99.0.0/16 via 10.240.0.99;
  route 10.98.0.0/16 via 10.240.0.99 via 10.240.0.98;
  route 10.97.0.0/16 via "node0";
  route 10.96.0.0/16 prohibit;
  route 10.200.50.0/24 via 10.240.0.99;
}
protocol static lower { ipv4 { preference 20; }; route 10.200.0.0/24 via 10.240.0.77; }
protocol static their6 { ipv6; route fd00:10:200:50::/64 via fd00:10:240::99; }
"""
A = route("10.200.0.0/24", "10.240.0.30")
A_6 = route("fd00:10:200::/64", "fd00:10:240::30")
B = route("10.200.1.0/24", "10.240.0.31")


@pytest.fixture
async def bird(netns: Namespace, tmp_path: Path) -> AsyncGenerator[StaticBird]:
    with netns.entered():
        async with static_bird(netns, tmp_path, more=OTHERS) as made:
            await until(lambda: made.routes() >= 9)
            yield made


@asynccontextmanager
async def connected(bird: StaticBird, **options: str) -> AsyncGenerator[RouteProvider]:
    with bird.router.node.entered():
        async with KIND.connect(bird.options(**options)) as provider:
            yield provider


def done(outcomes: Sequence[Outcome]) -> bool:
    return all(isinstance(one, Done) for one in outcomes)


def reason(outcomes: Sequence[Outcome]) -> str:
    """Of the one that failed."""
    (one,) = outcomes
    assert isinstance(one, Failed), one
    return one.reason


def table(bird: StaticBird) -> list[str]:
    """All of BIRD's own tables without times."""
    said = bird.router.birdc("show", "route", "table", "all").splitlines()
    return sorted(line.partition(" [")[0] + line.partition("]")[2] for line in said)


async def test_what_others_have_configured_is_as_before(bird: StaticBird) -> None:
    """While our routes come, move and go; bird.conf is not touched, nor what it makes."""
    configuration, before = (bird.place / "bird.conf").read_text(), table(bird)
    async with connected(bird) as provider:
        assert done(await provider.apply([Create(A), Create(A_6), Create(B)]))
        ours = [one for one in (await provider.read()).routes if one.ownership == "ours"]
        assert [one.deviation for one in ours] == ["", "", ""]
        moved = [Replace(one, route(str(one.destination), hop(one.next_hop))) for one in ours]
        assert done(await provider.apply(moved))
        everything = [Delete(one) for one in (await provider.read()).routes]
        outcomes = await provider.apply(everything)

    assert sum(isinstance(one, Done) for one in outcomes) == 3
    assert table(bird) == before
    assert (bird.place / "bird.conf").read_text() == configuration


def hop(was: object) -> str:
    return "fd00:10:240::40" if ":" in str(was) else "10.240.0.40"


async def test_traffic_goes_there(bird: StaticBird) -> None:
    """A route of others that is less preferred is behind ours."""
    async with connected(bird) as provider:
        assert done(await provider.apply([Create(A), Create(A_6)]))

    node = bird.router.node
    await until(lambda: "via 10.240.0.30 dev node0" in node.ip("route", "get", "10.200.0.7"))
    await until(lambda: "fd00:10:240::30 dev node0" in node.ip("route", "get", "fd00:10:200::7"))


async def test_routes_of_others_are_seen(bird: StaticBird) -> None:
    async with connected(bird) as provider:
        found = await provider.read()

    kinds = {str(one.destination): one.kind for one in found.routes}
    assert kinds == {
        "10.99.0.0/16": "unicast",
        "10.98.0.0/16": "multipath",
        "10.97.0.0/16": "link",
        "10.96.0.0/16": "blackhole",
        "10.200.50.0/24": "unicast",
        "10.200.0.0/24": "unicast",
        "10.240.0.0/24": "link",
        "fd00:10:200:50::/64": "unicast",
        "fd00:10:240::/64": "link",
    }
    assert [str(one) for one in found.on_link or ()] == ["10.240.0.0/24", "fd00:10:240::/64"]
    assert {"10.240.0.1", "fd00:10:240::1"} <= set(map(str, found.own_addresses))


async def test_a_node_name_reaches_nobody(bird: StaticBird) -> None:
    trace = bird.place / "trace"
    name = f"a\n}}; protocol static evil {{ }}\n$(touch {trace}); `touch {trace}`"
    async with connected(bird) as provider:
        assert done(await provider.apply([Create(route("10.200.0.0/24", "10.240.0.30", name))]))
        (line,) = provider.commands([Create(route("10.200.1.0/24", "10.240.0.30", name))])
        bird.router.node.run("sh", "-c", line)

    assert not trace.exists()
    assert "evil" not in bird.file.read_text()
    assert "10.200.1.0/24" in "".join(table(bird))


async def test_what_a_person_types_does_the_same(bird: StaticBird) -> None:
    """A route is added, moved and removed; a second time nothing is changed, and it fails."""
    async with connected(bird) as provider:
        assert done(await provider.apply([Create(B)]))
        (adding,) = provider.commands([Create(A)])
        bird.router.node.run("sh", "-c", adding)
        (mine,) = [one for one in await ours(provider) if one.destination == A.destination]
        assert (mine.next_hop, mine.deviation) == (A.next_hop, "")
        moved = route("10.200.0.0/24", "10.240.0.40")
        (moving,) = provider.commands([Replace(mine, moved)])
        bird.router.node.run("sh", "-c", moving)
        (mine,) = [one for one in await ours(provider) if one.destination == A.destination]
        assert (mine.next_hop, mine.deviation) == (moved.next_hop, "")
        (removing,) = provider.commands([Delete(mine)])
        bird.router.node.run("sh", "-c", removing)
        assert [one.destination for one in await ours(provider)] == [B.destination]


async def ours(provider: RouteProvider) -> list[InstalledRoute]:
    return [one for one in (await provider.read()).routes if one.ownership == "ours"]


async def test_a_configuration_that_a_person_has_broken(bird: StaticBird) -> None:
    """BIRD goes on by the former one, our file says the same as it, and what is wrong is told."""
    configuration = bird.place / "bird.conf"
    right, before = configuration.read_text(), table(bird)
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

    assert len(table(bird)) > len(before)


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


@needs_machine_root
async def test_on_a_router_by_ssh(bird: StaticBird) -> None:
    async with ssh_router(bird.router.node, bird.place) as sshd:
        sshd.allow("")
        async with connected(bird, **sshd.options()) as provider:
            assert done(await provider.apply([Create(A), Create(A_6)]))
            assert [one.deviation for one in (await provider.read()).routes] == [""] * 11
            (line,) = provider.commands([Create(B)])

    assert line.startswith("ssh -p 2222 router@10.240.0.1 ")


@pytest.fixture
def network() -> Generator[Lan]:
    with lan() as made:
        yield made


async def test_pods_meet_through_it(network: Lan, tmp_path: Path) -> None:
    wishes = [A, A_6, B, route("fd00:10:200:1::/64", "fd00:10:240::31")]
    with network.router.entered():
        async with static_bird(network.router, tmp_path) as bird, connected(bird) as provider:
            assert not network.pods_meet()
            assert done(await provider.apply([Create(one) for one in wishes]))
            await until(network.pods_meet)
