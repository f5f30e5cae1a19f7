"""Each worker announces its own podCIDRs, as docs/providers/per-node-bgp.md has it."""

import signal
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from tests.netns.agents import WorkerPlace
from tests.onprem.daemons_of_debian import end
from tests.onprem.frr import FrrRouter, daemon
from tests.onprem.gobgp import Gobgp, api_in
from tests.onprem.rack import BOTH, OWN, Rack, between_pods, meet, rack, worker_lines
from tests.waiting import until

pytestmark = pytest.mark.netns

CIDRS = "--cluster-cidr=10.200.0.0/16,fd00:10:200::/48"


@pytest.fixture
async def made(tmp_path: Path) -> AsyncGenerator[Rack]:
    async with rack(tmp_path) as one:
        yield one


@asynccontextmanager
async def frr_on_both(made: Rack, without: str = "") -> AsyncGenerator[list[FrrRouter]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(made.frr(number, without)) for number in (0, 1)]


@asynccontextmanager
async def gobgp_on_both(made: Rack) -> AsyncGenerator[list[Gobgp]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(made.gobgp(number)) for number in (0, 1)]


def announcing(place: WorkerPlace) -> tuple[str, ...]:
    """The flags of an agent with GoBGP beside it."""
    return ("--announce=gobgp", f"--announce-option=address={api_in(place.folder)}", CIDRS)


def configured(speaker: FrrRouter) -> list[str]:
    """All but what FRRouting tells of the kernel: whether it forwards."""
    return [line for line in speaker.running().splitlines() if "forwarding" not in line]


def stale(made: Rack) -> bool:
    """Whether the router goes on by what a session that is over has told."""
    return any("stale" in made.router.vtysh(f"show bgp {one} json") for one in ("ipv4", "ipv6"))


async def test_frr_announces_the_bridge_beside_it(made: Rack) -> None:
    """With Pods or without; nothing of FRRouting's is touched."""
    async with frr_on_both(made) as speakers:
        before = [configured(one) for one in speakers]
        with made.agents():
            await made.until_learned(BOTH)
            with made.pods() as (one, two):
                meet(one, two)
        assert made.learned() == BOTH
        assert made.workers[0].agent("--cleanup").status == 0
        await made.until_learned(OWN[1])
        assert [configured(one) for one in speakers] == before


async def test_an_agent_that_is_killed_costs_no_packet(made: Rack) -> None:
    async with frr_on_both(made):
        with made.agents() as (_, second):
            await made.until_learned(BOTH)
            with made.pods() as (one, two), between_pods(one, two) as pings:
                second.kill()
                second.wait()
                with made.workers[1].running(*made.flags(1)):
                    await until(lambda: made.workers[1].log().count("started") == 2)
                    await made.until_learned(BOTH)
                    counts = [ping.lost() for ping in pings]

    assert [missing for _, missing in counts] == [0, 0]


@pytest.mark.parametrize("without", ["", "graceful-restart"])
async def test_a_bgpd_that_is_killed_costs_no_packet(made: Rack, without: str) -> None:
    """Without graceful restart the router drops the routes at once, and has them again soon."""
    graceful = not without
    async with frr_on_both(made, without) as speakers:
        with made.agents():
            await made.until_learned(BOTH)
            with made.pods() as (one, two), between_pods(one, two) as pings:
                end(speakers[1].processes["bgpd"])
                if graceful:
                    await until(lambda: stale(made))
                await made.until_learned(BOTH if graceful else OWN[0])
                place = made.workers[1]
                async with daemon(place.worker, place.folder, "bgpd"):
                    speakers[1].load(*worker_lines(1, without))
                    await until(lambda: not stale(made))
                    await made.until_learned(BOTH)
                    counts = [ping.lost() for ping in pings]

    assert [missing > 0 for _, missing in counts] == [not graceful] * 2


async def test_gobgp_is_told_by_the_agent(made: Rack) -> None:
    """From when Pods can be plugged in, and until a cleanup."""
    flags = [announcing(place) for place in made.workers]
    async with gobgp_on_both(made) as daemons:
        with made.agents(*flags):
            await made.until_learned(BOTH)
            with made.pods() as (one, two):
                meet(one, two)
        assert made.learned() == BOTH
        assert "10.200.1.0" not in daemons[0].gobgp("global", "rib")
        ended = made.workers[0].agent("--cleanup", *flags[0])
        assert ended.status == 0, ended
        assert "2 announcements withdrawn.\n" in ended.out
        await made.until_learned(OWN[1])


async def test_agent_and_gobgp_that_are_killed_cost_no_packet(made: Rack) -> None:
    flags = [announcing(place) for place in made.workers]
    place = made.workers[1]
    async with gobgp_on_both(made) as daemons:
        with made.agents(*flags) as (_, second):
            await made.until_learned(BOTH)
            with made.pods() as (one, two), between_pods(one, two) as pings:
                second.kill()
                second.wait()
                with place.running(*made.flags(1, *flags[1])):
                    await until(lambda: place.log().count("started") == 2)
                    end(daemons[1].process)
                    await until(lambda: "not announced" in place.log())
                    await until(lambda: stale(made))
                    async with made.gobgp(1, "-r"):
                        await until(lambda: not stale(made))
                        assert made.learned() == BOTH
                        counts = [ping.lost() for ping in pings]

    assert [missing for _, missing in counts] == [0, 0]
    assert "over" in place.log()


async def test_one_pass_announces_too(made: Rack) -> None:
    """And without the daemon says so, cleans up all the same, and does not end well."""
    place = made.workers[0]
    flags = [*made.flags(0, *announcing(place)), "--once"]
    async with made.gobgp(0):
        shown = place.agent(*flags, "--dry-run")
        assert (shown.status, shown.out.endswith("\nAnnouncements: 2 changes.\n")) == (0, True)
        assert [place.agent(*flags).status for _ in range(2)] == [0, 0]
        await made.until_learned(OWN[0])

    away = place.agent(*flags)
    assert (away.status, "not announced" in away.err) == (4, True)
    assert place.agent(*flags, "--dry-run").status == 3
    ended = place.agent("--cleanup", *announcing(place)[:2])
    assert (ended.status, "not withdrawn: GoBGP at " in ended.err) == (4, True)
    assert "cbr0" not in place.worker.ip("link")


async def test_a_daemon_that_hangs_hinders_no_repair(made: Rack) -> None:
    """Each call of it takes thirty seconds until it has failed."""
    place = made.workers[0]
    flags = made.flags(0, *announcing(place), "--announce-option=timeout=30")
    async with made.gobgp(0) as daemon_beside:
        with place.running(*flags):
            await made.until_learned(OWN[0])
            daemon_beside.process.send_signal(signal.SIGSTOP)
            await until(lambda: "not announced" in place.log(), within=60)
            place.worker.ip("link", "delete", "cbr0")  # the next call has just begun, or soon does
            await until(lambda: "cbr0" in place.worker.ip("link"), within=20)
            daemon_beside.process.send_signal(signal.SIGCONT)
            await until(lambda: "event=over" in place.log(), within=60)
            await made.until_learned(OWN[0])


async def test_what_cannot_be_reached_is_not_announced(made: Rack) -> None:
    """A bridge of somebody else is in the way; when it is gone it is announced."""
    place = made.workers[0]
    place.worker.ip("link", "add", "cbr0", "type", "veth", "peer", "name", "other")
    async with made.gobgp(0):
        with place.running(*made.flags(0, *announcing(place))):
            await until(lambda: "blocked" in place.log())
            assert made.learned() == set()
            place.worker.ip("link", "delete", "cbr0")
            await made.until_learned(OWN[0])
