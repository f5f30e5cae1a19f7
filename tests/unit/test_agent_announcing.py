"""What an agent announces of its own Node, and when it looks again."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address
from pathlib import Path

import pytest
from typing_extensions import override

from podroute.agent.announcing import Announcer
from podroute.agent.confirmation import FOR_PATHS, Confirmation
from podroute.agent.nodes import Known
from podroute.agent.peers import PeerReport, Peers
from podroute.agent.reports import Reports
from podroute.model.cidr import Address, Cidr, parse_cidr
from podroute.model.route import InstalledRoute, RouteTable
from podroute.observe.logs import make_logger
from podroute.providers.interface import ProviderUnreachable
from podroute.providers.memory.provider import MemoryRoutes
from podroute.routing.steps import Create
from tests.builders import installed, pool, route, rules
from tests.waiting import until

CIDRS = (parse_cidr("10.200.0.0/24"), parse_cidr("fd00:10:200::/64"))
IPS: Sequence[Address] = (ip_address("10.240.0.30"), ip_address("fd00:10:240::30"))
RULES = rules(pool("10.200.0.0/16", 24), pool("fd00:10:200::/48", 64))
OTHERS = route("10.200.1.0/24", "10.240.0.31")


class Daemon(MemoryRoutes):
    """One that can be away."""

    def __init__(self, *present: InstalledRoute) -> None:
        super().__init__(present)
        self.reads = 0
        self.away = False
        self.deaf = False
        self.seen: Sequence[InstalledRoute] = ()  # at the last read

    @override
    async def read(self) -> RouteTable:
        self.reads += 1
        if self.away:
            message = "GoBGP is not there"
            raise ProviderUnreachable(message)
        table = await super().read()
        self.seen = table.routes
        return table

    @override
    async def changed(self) -> None:
        if self.deaf:
            message = "nothing is heard"
            raise ProviderUnreachable(message)
        await super().changed()

    async def has(self) -> set[str]:
        return {f"{one.destination} via {one.next_hop}" for one in (await super().read()).routes}


def announcer(daemon: Daemon, folder: Path) -> Announcer:
    return Announcer("worker-0", Peers(daemon, RULES, Confirmation(folder, FOR_PATHS)))


async def keep(paths: Announcer, cidrs: Sequence[Cidr], ips: Sequence[Address]) -> PeerReport:
    paths.wish(cidrs, ips)
    return await paths.keep()


async def test_all_podcidrs_of_its_own_node_and_nothing_else(tmp_path: Path) -> None:
    """What it finds with its own mark beside them goes when it was seen twice."""
    daemon = Daemon()
    await daemon.apply([Create(OTHERS)])
    paths = announcer(daemon, tmp_path)

    verdict = await paths.look(Known(CIDRS, tuple(IPS)))
    assert len(verdict.allowed) == 3
    reports = [await keep(paths, CIDRS, IPS) for _ in range(3)]

    assert [(one.done, one.again) for one in reports] == [(2, True), (1, False), (0, False)]
    assert await daemon.has() == {
        "10.200.0.0/24 via 10.240.0.30",
        "fd00:10:200::/64 via fd00:10:240::30",
    }


async def test_a_pod_cidr_that_changes_is_announced_before_the_former_is_withdrawn(
    tmp_path: Path,
) -> None:
    daemon = Daemon()
    paths = announcer(daemon, tmp_path)
    await keep(paths, CIDRS[:1], IPS)
    now = (parse_cidr("10.200.7.0/24"),)

    first = await keep(paths, now, IPS)
    both = await daemon.has()
    await keep(paths, now, IPS)

    assert first.again
    assert both == {"10.200.0.0/24 via 10.240.0.30", "10.200.7.0/24 via 10.240.0.30"}
    assert await daemon.has() == {"10.200.7.0/24 via 10.240.0.30"}


async def test_what_somebody_else_announces_stays_and_is_told(tmp_path: Path) -> None:
    daemon = Daemon(installed("10.200.0.0/24", "10.240.0.99", ownership="foreign"))

    report = await keep(announcer(daemon, tmp_path), CIDRS[:1], IPS)

    assert report.done == 0
    assert [one.startswith("worker-0 10.200.0.0/24: ") for one in report.blocked] == [True]
    assert await daemon.has() == {"10.200.0.0/24 via 10.240.0.99"}


async def test_a_fault_in_the_provider_is_told_and_ends_nothing(tmp_path: Path) -> None:
    """The bridge is kept by the same process."""

    class Faulty(Daemon):
        @override
        async def read(self) -> RouteTable:
            message = "not thought of"
            raise ValueError(message)

    report = await keep(announcer(Faulty(), tmp_path), CIDRS, IPS)

    assert report.failed == (
        "a fault in the provider: ValueError: not thought of; please report it",
    )


@pytest.mark.parametrize(
    ("cidr", "ips", "reason"),
    [
        (CIDRS[1], IPS[:1], "worker-0 shows no IPv6 InternalIP"),
        (parse_cidr("10.200.0.0/16"), IPS, "10.200.0.0/16"),
        (parse_cidr("192.168.0.0/24"), IPS, "192.168.0.0/24"),
    ],
)
async def test_a_claim_that_is_not_believed_is_not_announced(
    tmp_path: Path, cidr: Cidr, ips: Sequence[Address], reason: str
) -> None:
    daemon = Daemon()

    report = await keep(announcer(daemon, tmp_path), [cidr], ips)

    assert [reason in one for one in report.blocked] == [True]
    assert await daemon.has() == set()


async def test_many_withdrawals_wait_for_a_word(tmp_path: Path) -> None:
    daemon = Daemon()
    more = [route(f"10.200.{number}.0/24", "10.240.0.31") for number in range(1, 9)]
    await daemon.apply([Create(one) for one in more])
    paths = announcer(daemon, tmp_path)

    reports = [await keep(paths, CIDRS[:1], IPS) for _ in range(3)]
    assert len(await daemon.has()) == 9
    word = reports[-1].held.rpartition(" ")[2]
    Confirmation(tmp_path).say(word)  # for direct routes alone
    await keep(paths, CIDRS[:1], IPS)
    assert len(await daemon.has()) == 9
    Confirmation(tmp_path, FOR_PATHS).say(word)
    await keep(paths, CIDRS[:1], IPS)

    assert await daemon.has() == {"10.200.0.0/24 via 10.240.0.30"}
    assert await paths.withdraw() == 1
    assert await daemon.has() == set()


async def test_a_daemon_that_is_away_is_told_once_and_is_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon, reports = Daemon(), Reports(make_logger("text", debug=False))
    paths = announcer(daemon, tmp_path)
    for daemon.away in (True, True, False, False):
        reports.announced(await keep(paths, CIDRS, IPS))

    told = capsys.readouterr().err
    assert told.count("GoBGP is not there") == 2  # that it is so, and that it is over
    assert told.count("not announced") == 2
    assert told.count("announcements") == 1


@asynccontextmanager
async def kept(daemon: Daemon, folder: Path, period: float) -> AsyncGenerator[Announcer]:
    """For ever, meanwhile."""
    paths = announcer(daemon, folder)
    task = asyncio.create_task(paths.run(lambda _: None, period))
    try:
        yield paths
        assert not task.done()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_nothing_is_asked_before_there_is_a_wish_and_every_new_one_is_carried_out(
    tmp_path: Path,
) -> None:
    daemon = Daemon()
    async with kept(daemon, tmp_path, period=3600) as paths:
        await asyncio.sleep(0)
        assert daemon.reads == 0
        paths.wish(CIDRS[:1], IPS)
        await until(lambda: len(daemon.seen) == 1)
        paths.wish(CIDRS, IPS)
        await until(lambda: len(daemon.seen) == 2)
        daemon.alter(daemon.seen, ())  # somebody else withdraws them
        await until(lambda: len(daemon.seen) == 0)
        await until(lambda: len(daemon.seen) == 2)


async def test_a_daemon_that_is_away_is_asked_less_and_less_and_never_left(tmp_path: Path) -> None:
    daemon = Daemon()
    daemon.away = daemon.deaf = True
    async with kept(daemon, tmp_path, period=3600) as paths:
        paths.wish(CIDRS, IPS)
        await until(lambda: daemon.reads == 3)
        daemon.away = False
        await until(lambda: len(daemon.seen) == 2)
        reads = daemon.reads
        paths.wish(CIDRS, IPS)  # nothing new, and nothing is heard
        for _ in range(10):
            await asyncio.sleep(0)
        assert daemon.reads == reads
