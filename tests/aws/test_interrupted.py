"""Whoever is cancelled or interrupted in the middle sends nothing more, though threads block."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

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
UNDER_WAY = 2 * 8  # those that threads have begun, and those that they begin at that moment


async def test_after_a_lost_lease_no_call_is_begun(server: Ec2Server, vpc: Vpc) -> None:
    table = vpc.table()
    workers(vpc, MANY)
    provider = provider_at(AwsOptions(endpoint=server.endpoint))
    changes = (await plan(provider, nodes(MANY))).verdict.allowed
    server.layer.latency = 0.1
    applying = asyncio.create_task(provider.apply(changes))
    await until(lambda: asked_for(server, "CreateRoute"))

    applying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await applying
    sent = asked_for(server, "CreateRoute")
    await provider.read()

    assert sent == asked_for(server, "CreateRoute") == len(vpc.routes(table)) <= UNDER_WAY
    server.layer.latency = 0.0
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


def test_an_interrupt_is_one_message_and_the_next_run_finishes(
    server: Ec2Server, vpc: Vpc, tmp_path: Path
) -> None:
    table = vpc.table()
    workers(vpc, MANY)
    server.layer.latency = 0.1
    nodes_file = three_workers(tmp_path, MANY)
    reached = Event()

    def reach(asked: Asked, _when: When) -> None:
        if asked.action == "CreateRoute":
            reached.set()

    server.layer.told = reach
    with started(server, nodes_file, "apply", "--auto-approve") as victim:
        came = reached.wait(60)
        victim.send_signal(signal.SIGINT)
        _, said = victim.communicate(timeout=60)
    sent = asked_for(server, "CreateRoute")
    server.layer.latency = 0.0

    assert came
    assert said.splitlines() == [
        f"podroute: applying {MANY} changes",
        "podroute: interrupted; podroute plan shows what is left to do",
    ]
    assert (victim.returncode, sent <= UNDER_WAY) == (130, True)
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
