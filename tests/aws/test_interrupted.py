"""Whoever is cancelled or interrupted in the middle sends nothing more, though threads block."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from podroute.providers.aws.session import AT_ONCE
from podroute.providers.aws.settings import AwsOptions
from podroute.testing.aws.faults import Asked, When
from podroute.testing.aws.server import Ec2Server
from podroute.testing.aws.vpc import Vpc
from tests.aws.commands import ADDRESSES, podroute, three_workers
from tests.aws.looped import asked_for, workers
from tests.aws.opened import converged, nodes, plan, provider_at
from tests.unit.command import CLEAN
from tests.waiting import until

MANY = 40
WAITING = (
    "podroute: interrupted: waiting for {} changes under way; interrupt again to leave at once\n"
)


async def test_after_a_lost_lease_no_call_is_begun(server: Ec2Server, vpc: Vpc) -> None:
    table = vpc.table()
    workers(vpc, MANY)
    provider = provider_at(AwsOptions(endpoint=server.endpoint))
    changes = (await plan(provider, nodes(MANY))).verdict.allowed
    server.layer.told = hanging = Hanging(1)
    applying = asyncio.create_task(provider.apply(changes))
    await until(hanging.all_made.is_set)

    applying.cancel()
    ended, _ = await asyncio.wait([applying], timeout=0.2)
    hanging.over.set()
    with pytest.raises(asyncio.CancelledError):
        await applying
    sent = asked_for(server, "CreateRoute")
    await provider.read()

    assert not ended  # it waits for what is under way
    assert sent == asked_for(server, "CreateRoute") == len(vpc.routes(table)) <= AT_ONCE
    assert await converged(provider, nodes(MANY), within=1) == 1
    assert len(vpc.routes(table)) == MANY


async def test_a_read_that_hangs_is_waited_for_by_the_next_one_alone(
    server: Ec2Server, vpc: Vpc
) -> None:
    """Whoever stops has no time for the time-outs of the library."""
    vpc.table()
    provider = provider_at(AwsOptions(endpoint=server.endpoint))
    reached, over = Event(), Event()

    def hang(_asked: Asked, _when: When) -> None:
        reached.set()
        over.wait(60)

    server.layer.told = hang
    reading = asyncio.create_task(provider.read())
    await until(reached.is_set)
    reading.cancel()
    async with asyncio.timeout(10):
        await asyncio.wait([reading])
    assert reading.cancelled()

    following = asyncio.create_task(provider.read())
    done, _ = await asyncio.wait([following], timeout=0.2)
    assert not done
    over.set()
    async with asyncio.timeout(10):
        await following


def started(server: Ec2Server, nodes_file: Path, *words: str) -> subprocess.Popen[str]:
    """As a process of its own."""
    command = [sys.executable, "-m", "podroute", *words, "--provider", "aws", *ADDRESSES]
    return subprocess.Popen(
        [*command, "-f", str(nodes_file)],
        env={**CLEAN, **server.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_an_interrupt_names_what_was_under_way_and_the_next_run_finishes(
    server: Ec2Server, vpc: Vpc, tmp_path: Path
) -> None:
    table = vpc.table()
    workers(vpc, MANY)
    nodes_file = three_workers(tmp_path, MANY)
    server.layer.told = hanging = Hanging(1)
    said: list[str] = []
    with started(server, nodes_file, "apply", "--auto-approve") as victim:
        came = hanging.all_made.wait(60)
        victim.send_signal(signal.SIGINT)
        for line in victim.stderr or ():
            said.append(line)
            if "interrupted: waiting for" in line:
                hanging.over.set()
    sent = asked_for(server, "CreateRoute")

    assert came
    first, told, last = said
    assert (first, told) == (f"podroute: applying {MANY} changes\n", WAITING.format(MANY))
    assert last.startswith("podroute: interrupted, made or not: + 10.200.0.0/24 via 10.240.0.30")
    assert last.endswith(" and 37 more; podroute plan shows what is left to do\n")
    assert (victim.returncode, sent <= AT_ONCE) == (130, True)
    assert podroute(server, "apply", nodes_file, "--auto-approve").status == 0
    assert len(vpc.routes(table)) == MANY


def test_an_interrupt_waits_for_no_answer_that_never_comes(
    server: Ec2Server, vpc: Vpc, tmp_path: Path
) -> None:
    """The library would wait for it twice, 20 seconds each time."""
    vpc.table()
    reached, over = Event(), Event()

    def hang(_asked: Asked, _when: When) -> None:
        reached.set()
        over.wait(120)

    server.layer.told = hang
    try:
        with started(server, three_workers(tmp_path), "plan") as victim:
            came = reached.wait(60)
            victim.send_signal(signal.SIGINT)
            _, said = victim.communicate(timeout=30)
    finally:
        over.set()

    assert came
    assert (victim.returncode, said) == (130, "podroute: interrupted\n")


class Hanging:
    """Routes are made, at least so many, and nobody hears of it until it is over."""

    def __init__(self, count: int) -> None:
        self.all_made, self.over = Event(), Event()
        self._made: list[Asked] = []
        self._count = count

    def __call__(self, asked: Asked, when: When) -> None:
        if (asked.action, when) == ("CreateRoute", "after"):
            self._made.append(asked)
            if len(self._made) >= self._count:
                self.all_made.set()
            self.over.wait(120)


@pytest.mark.parametrize("again", [False, True])
def test_an_interrupt_says_what_is_waited_for_and_the_next_waits_no_more(
    server: Ec2Server,
    vpc: Vpc,
    tmp_path: Path,
    again: bool,  # noqa: FBT001 -- a table
) -> None:
    """A write that hangs would be waited for twice, 20 seconds each time."""
    table = vpc.table()
    workers(vpc, 3)
    server.layer.told = hanging = Hanging(3)
    with started(server, three_workers(tmp_path), "apply", "--auto-approve") as victim:
        assert victim.stderr is not None
        came = hanging.all_made.wait(60)
        victim.send_signal(signal.SIGINT)
        told = [victim.stderr.readline() for _ in range(2)]
        began = monotonic()
        if again:
            victim.send_signal(signal.SIGINT)
        else:
            hanging.over.set()
        rest, took = victim.stderr.read(), monotonic() - began
    hanging.over.set()

    assert came
    assert told == ["podroute: applying 3 changes\n", WAITING.format(3)]
    assert rest == (
        "podroute: interrupted, made or not: + 10.200.0.0/24 via 10.240.0.30 worker-0; "
        "+ 10.200.1.0/24 via 10.240.0.31 worker-1; + 10.200.2.0/24 via 10.240.0.32 worker-2; "
        "podroute plan shows what is left to do\n"
    )
    assert victim.returncode == 130
    assert took < 10
    assert len(vpc.routes(table)) == 3
