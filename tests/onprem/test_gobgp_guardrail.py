"""Most Nodes are gone from one moment to the next: nothing is withdrawn without a person's word."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from podroute.providers.gobgp.provider import KIND
from tests.builders import node
from tests.onprem.bgp import Pair
from tests.onprem.daemons_of_debian import end
from tests.onprem.gobgp import Gobgp
from tests.unit.command import node_list, process, worker
from tests.unit.played_router import QUICK, Api, World, listed, running
from tests.waiting import until

pytestmark = pytest.mark.netns

ANSWERED = ("--auto-approve", "--provider", "gobgp")
NODES = [node(f"worker-{n}", f"10.240.0.{30 + n}", f"10.200.{n}.0/24") for n in range(20)]


@asynccontextmanager
async def announcing(pair: Pair, daemon: Gobgp) -> AsyncGenerator[World]:
    """The router knows the way to each Node's Pods."""
    soon = replace(QUICK, period=0.5, first_pause=0.1, last_pause=0.5)
    async with (
        KIND.connect(daemon.options()) as provider,
        running(Api(listed(*NODES)), provider, rhythm=soon, within=120) as world,
    ):
        await until(lambda: len(pair.learned()) == len(NODES))
        yield world


async def lose_nodes(world: World, left: int) -> None:
    """The API server lists only so many, and podroute has seen it."""
    world.api.news.put_nowait(listed(*NODES[:left]))
    await until(lambda: len(world.ledger.verdict.held) == len(NODES) - left)


@pytest.mark.parametrize("left", [0, 5])
async def test_what_vanishes_at_once_stays_announced(pair: Pair, left: int) -> None:
    async with pair.announcer() as daemon, announcing(pair, daemon) as world:
        told = daemon.gobgp("neighbor", "10.240.0.1", "adj-out")
        await lose_nodes(world, left)
        assert daemon.gobgp("neighbor", "10.240.0.1", "adj-out").split() == told.split()
        assert len(pair.learned()) == len(NODES)

        world.keeping.confirm(world.ledger.verdict.confirmation)
        await until(lambda: len(pair.learned()) == left)


@pytest.mark.parametrize("left", [0, 5])
async def test_a_daemon_that_is_killed_meanwhile_withdraws_nothing(pair: Pair, left: int) -> None:
    """Its successor is told of all before the router is."""
    async with pair.announcer() as daemon, announcing(pair, daemon) as world:
        await lose_nodes(world, left)
        end(daemon.process)
        await until(lambda: world.loop.fault)
        async with pair.announcer("-r") as again:
            await until(lambda: "Establ" in again.gobgp("neighbor"))
            await until(lambda: "stale" not in pair.router.vtysh("show bgp ipv4 json"))
            assert len(pair.learned()) == len(NODES)
            await until(lambda: len(world.ledger.verdict.held) == len(NODES) - left)
            world.keeping.confirm(world.ledger.verdict.confirmation)
            await until(lambda: len(pair.learned()) == left)


async def test_apply_asks_for_a_word(pair: Pair) -> None:
    async with pair.announcer() as daemon:
        address = ("--provider-option", f"address={daemon.address}")
        flags = (*ANSWERED, *address, "-f", "-", "--cluster-cidr", "10.200.0.0/16")
        everybody, some = (node_list(*map(worker, range(many))) for many in (20, 5))
        assert process("apply", *flags, stdin=everybody).status == 0
        await until(lambda: len(pair.learned()) == len(NODES))
        refused = process("apply", *flags, stdin=some)
        assert (refused.status, len(pair.learned())) == (5, len(NODES)), refused
        word = refused.err.partition("--confirm ")[2].split()[0]
        assert process("apply", *flags, "--confirm", word, stdin=some).status == 0
        await until(lambda: len(pair.learned()) == 5)
