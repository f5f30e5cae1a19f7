"""What FRRouting does to us, and we to it, on a router that others use too."""

import asyncio
import subprocess
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from podroute.providers.frr.provider import KIND
from podroute.providers.interface import (
    CheckedRouter,
    ProviderUnreachable,
    Question,
    RouteProvider,
)
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Adopt, Create, Delete, Replace
from podroute.testing.netns import Namespace
from tests.builders import route
from tests.onprem.daemons_of_debian import end
from tests.onprem.frr import FrrRouter, daemon, frr_router
from tests.waiting import until

pytestmark = pytest.mark.netns

OTHERS = (
    "hostname edge",
    "ip prefix-list PODS seq 5 permit 10.200.0.0/16 le 24",
    "route-map PODS permit 10",
    "match tag 200",
    "exit",
    "interface node0",
    "description up; no ip route 10.200.0.0/24",
    "exit",
    "ip route 10.99.0.0/16 10.240.0.99",
    "ip route 10.200.50.0/24 10.240.0.99 tag 201",
    "ip route 10.200.51.0/24 10.240.0.99 5",
    "ip route 10.200.52.0/24 node0",
    "ip route 10.200.53.0/24 Null0",
    "ipv6 route fd00:10:200:50::/64 fd00:10:240::99",
)
A = route("10.200.0.0/24", "10.240.0.30")
A_6 = route("fd00:10:200::/64", "fd00:10:240::30")
B = route("10.200.1.0/24", "10.240.0.31")


@pytest.fixture
async def frr(netns: Namespace, tmp_path: Path) -> AsyncGenerator[FrrRouter]:
    with netns.entered():
        async with frr_router(netns, tmp_path) as made:
            yield made


@asynccontextmanager
async def connected(frr: FrrRouter, **options: str) -> AsyncGenerator[RouteProvider]:
    with frr.node.entered():
        async with KIND.connect(frr.options(**options)) as provider:
            yield provider


def lines(configuration: str) -> list[str]:
    return [line.strip() for line in configuration.splitlines()]


def done(outcomes: Sequence[Outcome]) -> bool:
    return all(isinstance(one, Done) for one in outcomes)


async def test_what_others_have_configured_is_as_before(frr: FrrRouter) -> None:
    """While our routes come, move and go, the configuration differs by exactly them."""
    frr.configure(*OTHERS)
    before = lines(frr.running())
    async with connected(frr) as provider:
        assert done(await provider.apply([Create(A), Create(A_6), Create(B)]))
        more = [line for line in lines(frr.running()) if line not in before]
        assert more == [
            "ip route 10.200.0.0/24 10.240.0.30 tag 200",
            "ip route 10.200.1.0/24 10.240.0.31 tag 200",
            "ipv6 route fd00:10:200::/64 fd00:10:240::30 tag 200",
        ]
        assert [line for line in before if line not in lines(frr.running())] == []
        ours = [one for one in (await provider.read()).routes if one.ownership == "ours"]
        moved = [Replace(one, route(str(one.destination), hop(one.next_hop))) for one in ours]
        assert done(await provider.apply(moved))
        everything = [Delete(one) for one in (await provider.read()).routes]
        outcomes = await provider.apply(everything)

    assert lines(frr.running()) == before
    assert sum(isinstance(one, Done) for one in outcomes) == 3


def hop(was: object) -> str:
    return "fd00:10:240::40" if ":" in str(was) else "10.240.0.40"


async def test_whether_it_forwards_is_asked(frr: FrrRouter) -> None:
    question = Question((), (A.destination, A_6.destination))

    async with connected(frr) as provider:
        assert isinstance(provider, CheckedRouter)
        frr.configure("no ip forwarding", "ipv6 forwarding")
        before, *more = await provider.checks(question)
        frr.configure("ip forwarding")
        after, *_ = await provider.checks(question)

    assert [one.subject for one in before.problems] == ["ip forwarding"]
    assert after.verdict == "passed"
    assert {one.verdict for one in more} == {"passed"}


async def test_traffic_goes_there(frr: FrrRouter) -> None:
    async with connected(frr) as provider:
        assert done(await provider.apply([Create(A), Create(A_6)]))

    await until(lambda: frr.sends(A) and frr.sends(A_6))


async def test_routes_of_others_are_seen(frr: FrrRouter) -> None:
    """Of the kernel, static ones with several ways, and ours that lead nowhere."""
    frr.node.ip(*["route", "add", "10.200.7.0/24", "via", "10.240.0.9", "proto", "16"])
    frr.configure(*(f"ip route 10.200.8.0/24 10.240.0.{last}" for last in (8, 9)))
    frr.configure("ip route 10.200.9.0/24 10.250.0.9 tag 200")
    async with connected(frr) as provider:
        table = await provider.read()
        found = {one.handle: one for one in table.routes}
        adopted = await provider.apply([Adopt(found[KERNEL], route("10.200.7.0/24", "10.240.0.9"))])

    assert found[KERNEL].ownership == "foreign"
    assert found["ip route 10.200.8.0/24 10.240.0.8"].preference == 1
    assert found["ip route 10.200.9.0/24 10.250.0.9 tag 200"].deviation == ""
    assert [str(one) for one in table.on_link or ()] == ["10.240.0.0/24", "fd00:10:240::/64"]
    (refused,) = adopted
    assert isinstance(refused, Failed)
    assert refused.reason == f"{KERNEL} is no static route: change it where it comes from"


KERNEL = "kernel route 10.200.7.0/24 via 10.240.0.9 [0/0]"


async def test_one_of_many_that_is_refused_stops_no_other(frr: FrrRouter) -> None:
    """Somebody is faster by a moment, and FRRouting throws away our whole transaction."""
    faster = frr.place / "faster"
    hole = "ip route 10.200.7.0/24 blackhole"
    faster.write_text(
        f"#!/bin/sh\n[ $1 != -f ] || {frr.command} -c 'configure terminal' -c '{hole}'\n"
        f'exec {frr.command} "$@"\n'
    )
    faster.chmod(0o755)
    wishes = [Create(route(f"10.200.{number}.0/24", "10.240.0.30")) for number in range(20)]
    async with connected(frr, vtysh=str(faster)) as provider:
        outcomes = await provider.apply(wishes)

    assert [one.step for one in outcomes] == wishes
    (failed,) = [one for one in outcomes if isinstance(one, Failed)]
    assert failed.step == wishes[7]
    assert "cannot have blackhole and non-blackhole nexthops simultaneously" in failed.reason
    assert hole in lines(frr.running())


async def test_a_node_name_reaches_nobody(frr: FrrRouter) -> None:
    trace = frr.place / "trace"
    name = f"a\nno ip route 10.200.50.0/24 10.240.0.99 tag 201\n$(touch {trace}); `touch {trace}`"
    frr.configure(*OTHERS)
    before = lines(frr.running())
    async with connected(frr) as provider:
        wish = Create(route("10.200.0.0/24", "10.240.0.30", name))
        assert done(await provider.apply([wish]))
        (line,) = provider.commands([Create(route("10.200.1.0/24", "10.240.0.30", name))])
        frr.node.run("sh", "-c", line)

    more = [one for one in lines(frr.running()) if one not in before]
    assert more == [f"ip route 10.200.{number}.0/24 10.240.0.30 tag 200" for number in (0, 1)]
    assert not trace.exists()


def in_configuration_mode(frr: FrrRouter) -> subprocess.Popen[bytes]:
    """Somebody who has written one line, and goes on."""
    person = subprocess.Popen(
        [frr.command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert person.stdin is not None
    person.stdin.write(b"configure terminal\nip route 10.99.0.0/16 10.240.0.99\n")
    person.stdin.flush()
    return person


async def test_a_person_in_configuration_mode(frr: FrrRouter) -> None:
    """Neither waits for the other, and both get what they asked for."""
    person = in_configuration_mode(frr)
    try:
        async with connected(frr) as provider:
            assert done(await provider.apply([Create(A)]))
        person.communicate(b"ip route 10.98.0.0/16 10.240.0.98\nend\n", timeout=10)
    finally:
        end_one(person)

    found = lines(frr.running())
    assert "ip route 10.98.0.0/16 10.240.0.98" in found
    assert "ip route 10.99.0.0/16 10.240.0.99" in found
    assert "ip route 10.200.0.0/24 10.240.0.30 tag 200" in found


def end_one(started: subprocess.Popen[bytes]) -> None:
    if started.poll() is None:
        started.kill()
    started.wait()


@pytest.fixture
def disk(frr: FrrRouter) -> Generator[Path]:
    """A small one under the startup configuration."""
    folder = frr.place / "etc"
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)]
    subprocess.run(mount, check=True)
    try:
        (folder / "frr.conf").touch()
        (folder / "vtysh.conf").touch()
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


async def test_a_full_disk_is_told_and_nothing_is_lost(frr: FrrRouter, disk: Path) -> None:
    """FRRouting itself says that all is well, and leaves an empty file."""
    fill = disk / "fill"
    async with connected(frr, write="true") as provider:
        assert done(await provider.apply([Create(A)]))
        assert "10.240.0.30 tag 200" in (disk / "frr.conf").read_text()
        with pytest.raises(OSError, match="No space left"):
            fill.write_bytes(b"x" * 100_000)
        (full,) = await provider.apply([Create(B)])
        routed = {one.destination for one in (await provider.read()).routes}
        fill.unlink()
        again = await provider.apply([Create(B)])

    assert isinstance(full, Failed)
    assert full.reason.startswith(
        f"running, but not in the startup configuration: {disk}/frr.conf does not have it: "
        "is the disk full? the former ends in .sav; by hand: "
    )
    assert routed >= {A.destination, B.destination}
    assert done(again)
    startup = lines((disk / "frr.conf").read_text())
    assert [line for line in startup if "tag 200" in line] == [
        "ip route 10.200.0.0/24 10.240.0.30 tag 200",
        "ip route 10.200.1.0/24 10.240.0.31 tag 200",
    ]


async def test_a_daemon_that_is_down_is_no_empty_table(netns: Namespace, tmp_path: Path) -> None:
    """It boots, and has no routes; they are written anew."""
    async with frr_router(netns, tmp_path) as frr, connected(frr) as provider:
        assert done(await provider.apply([Create(A)]))
        end(frr.processes["staticd"])
        for attempt in (provider.read(), provider.apply([Create(B)])):
            with pytest.raises(ProviderUnreachable, match="staticd is not running"):
                await attempt
        async with daemon(netns, tmp_path, "staticd"):
            assert not [one for one in (await provider.read()).routes if one.ownership == "ours"]
            assert done(await provider.apply([Create(A), Create(B)]))
        end(frr.processes["zebra"])
        with pytest.raises(ProviderUnreachable, match="failed to connect to any daemons"):
            await provider.read()


async def test_a_slow_router_is_waited_for(frr: FrrRouter) -> None:
    """A second for each call."""
    slow = frr.place / "slow"
    slow.write_text(f'#!/bin/sh\nsleep 1\nexec {frr.command} "$@"\n')
    slow.chmod(0o755)
    async with connected(frr, vtysh=str(slow)) as provider:
        assert done(await provider.apply([Create(A)]))
    async with connected(frr, vtysh=str(slow), timeout="0.5") as provider:
        with pytest.raises(ProviderUnreachable, match=r"^FRRouting here: no answer within 0.5 s$"):
            await provider.read()


async def test_without_vtysh(frr: FrrRouter) -> None:
    async with connected(frr, vtysh="/none/vtysh") as provider:
        with pytest.raises(ProviderUnreachable, match="/none/vtysh: No such file"):
            await provider.read()


async def test_several_podroutes_at_once(frr: FrrRouter) -> None:
    """Each writes what it is told, and nobody loses a route."""
    wishes = [
        [Create(route(f"10.200.{10 * who + one}.0/24", "10.240.0.30")) for one in range(10)]
        for who in range(3)
    ]
    async with connected(frr) as one, connected(frr) as two, connected(frr) as three:
        outcomes = await asyncio.gather(
            *(who.apply(some) for who, some in zip((one, two, three), wishes, strict=True))
        )
        table = await one.read()

    assert all(map(done, outcomes))
    assert sum(one.ownership == "ours" for one in table.routes) == 30
