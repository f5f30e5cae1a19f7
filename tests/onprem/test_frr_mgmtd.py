"""FRRouting 10, which has static routes from mgmtd: many changes at once, beside others."""

import asyncio
import subprocess
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from podroute.providers.frr.provider import KIND
from podroute.providers.interface import ProviderUnreachable, RouteProvider
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Create, Delete, Replace
from podroute.testing.netns import Namespace
from tests.builders import route
from tests.onprem.daemons_of_debian import LATER, end
from tests.onprem.frr import FrrRouter, frr_router
from tests.waiting import until

pytestmark = pytest.mark.netns

DAEMONS = ("mgmtd", "zebra", "staticd")
MANY = [Create(route(f"10.200.{number}.0/24", "10.240.0.30")) for number in range(250)] + [
    Create(route(f"fd00:10:200:{number:x}::/64", "fd00:10:240::30")) for number in range(250)
]


@pytest.fixture
async def frr(netns: Namespace, tmp_path: Path) -> AsyncGenerator[FrrRouter]:
    with netns.entered():
        async with frr_router(netns, tmp_path, daemons=DAEMONS, edition=LATER) as made:
            yield made


@asynccontextmanager
async def connected(frr: FrrRouter, **options: str) -> AsyncGenerator[RouteProvider]:
    with frr.node.entered():
        async with KIND.connect(frr.options(**options)) as provider:
            yield provider


def failed(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [one for one in outcomes if not isinstance(one, Done)]


def noting(frr: FrrRouter, log: Path) -> str:
    """A vtysh that writes down its words."""
    program = frr.place / "noting"
    program.write_text(f'#!/bin/sh\necho "$@" >>{log}\nexec {frr.command} "$@"\n')
    program.chmod(0o755)
    return str(program)


async def test_many_changes_are_one_transaction(frr: FrrRouter) -> None:
    """They come, move and go; nothing is lost, and nothing is sent a second time."""
    log = frr.place / "said"
    async with connected(frr, vtysh=noting(frr, log)) as provider:
        assert failed(await provider.apply(MANY)) == []
        made = [one for one in (await provider.read()).routes if one.ownership == "ours"]
        moves = [Replace(one, route(str(one.destination), hop(one.handle))) for one in made]
        assert failed(await provider.apply(moves)) == []
        moved = [one for one in (await provider.read()).routes if one.ownership == "ours"]
        assert failed(await provider.apply([Delete(one) for one in moved])) == []
        left = [one for one in (await provider.read()).routes if one.ownership == "ours"]

    assert (len(made), left) == (len(MANY), [])
    assert {str(one.next_hop) for one in moved} == {"10.240.0.40", "fd00:10:240::40"}
    said = log.read_text().splitlines()
    assert [line for line in said if "/dev/stdin" in line] == ["-d mgmtd -f /dev/stdin"] * 3


def hop(handle: str) -> str:
    return "fd00:10:240::40" if handle.startswith("ipv6") else "10.240.0.40"


async def looking(frr: FrrRouter, over: asyncio.Event) -> int:
    """What monitoring does, again and again; how often it did."""
    count = 0
    while not over.is_set():
        asked = await asyncio.create_subprocess_exec(
            frr.command, "-c", "show version", stdout=asyncio.subprocess.DEVNULL
        )
        await asked.wait()
        count += 1
    return count


async def test_while_others_come_and_go_nothing_is_lost(frr: FrrRouter) -> None:
    """Before 10.4 each vtysh that ends throws away what another has said and not yet committed."""
    over = asyncio.Event()
    async with connected(frr) as provider:
        others = asyncio.create_task(looking(frr, over))
        outcomes = await provider.apply(MANY[:60])
        over.set()
        count = await others

    assert count
    assert failed(outcomes) == []


async def test_one_of_many_that_is_refused_stops_no_other(frr: FrrRouter) -> None:
    """Somebody is faster by a moment; what was refused is forgotten, and others can go on."""
    faster = frr.place / "faster"
    hole = "ip route 10.200.7.0/24 blackhole"
    planted = f"{frr.command} -c 'configure terminal' -c '{hole}' >/dev/null 2>&1"
    faster.write_text(
        f"#!/bin/sh\n[ $1 != -d ] || until {planted}; do sleep 0.1; done\n"  # it may be locked
        f'exec {frr.command} "$@"\n'
    )
    faster.chmod(0o755)
    wishes = MANY[:20]
    async with connected(frr, vtysh=str(faster)) as provider:
        outcomes = await provider.apply(wishes)

    (one,) = failed(outcomes)
    assert isinstance(one, Failed)
    assert one.step == wishes[7]
    assert "blackhole and non-blackhole nexthops" in one.reason
    assert hole in frr.running()
    frr.configure("ip route 10.99.0.0/16 10.240.0.99")
    assert "ip route 10.99.0.0/16 10.240.0.99" in frr.running()


def vtysh_of_a_person(frr: FrrRouter, said: Path) -> subprocess.Popen[bytes]:
    with said.open("wb") as shown:
        return subprocess.Popen([frr.command], stdin=subprocess.PIPE, stdout=shown)


async def test_a_person_who_holds_its_lock_is_waited_for(frr: FrrRouter) -> None:
    """Not for ever; who holds everybody up is told, and nothing is lost."""
    said = frr.place / "said"
    person = vtysh_of_a_person(frr, said)
    assert person.stdin is not None
    try:
        person.stdin.write(b"configure terminal file-lock\n")
        person.stdin.flush()
        await until(lambda: "(config)#" in said.read_text())
        async with connected(frr, timeout="8") as provider:
            (one,) = await provider.apply(MANY[:1])
            person.communicate(b"end\n", timeout=10)
            assert failed(await provider.apply(MANY[:1])) == []
    finally:
        person.kill()
        person.communicate()

    assert isinstance(one, Failed)
    assert one.reason.startswith("FRRouting here: no answer within 8 s; it waits for who is in ")
    assert "'configure terminal file-lock' there, if anybody is" in one.reason


async def test_without_mgmtd_there_is_no_empty_table(frr: FrrRouter) -> None:
    async with connected(frr) as provider:
        assert failed(await provider.apply(MANY[:1])) == []
        end(frr.processes["mgmtd"])
        for attempt in (provider.read(), provider.apply(MANY[:2])):
            with pytest.raises(ProviderUnreachable, match="mgmtd is not running"):
                await attempt


async def test_what_others_have_configured_is_as_before(frr: FrrRouter) -> None:
    frr.configure("hostname edge", "ip route 10.99.0.0/16 10.240.0.99 tag 201")
    before = frr.running()
    async with connected(frr) as provider:
        assert failed(await provider.apply(MANY[:3])) == []
        ours = [one for one in (await provider.read()).routes if one.ownership == "ours"]
        assert failed(await provider.apply([Delete(one) for one in ours])) == []

    assert len(ours) == 3
    assert frr.running() == before
