"""A running route loop over a router that boots: what is lost, and when it is back."""

import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pytest

from podroute.providers.linux.ssh_provider import KIND
from podroute.testing.netns import Namespace
from tests.builders import node
from tests.machine_root import needs_machine_root
from tests.onprem.daemons_of_debian import end
from tests.onprem.sshd import SshRouter, sessions, ssh_router
from tests.unit.played_router import QUICK, Api, listed, running
from tests.waiting import until

pytestmark = [pytest.mark.netns, needs_machine_root]

Way: TypeAlias = Callable[[SshRouter], Mapping[str, str]]
WAYS: tuple[Way, ...] = (SshRouter.options, SshRouter.open)
NODES = [node(f"n{last}", f"10.240.0.{last}", f"10.200.{last}.0/24") for last in range(30, 50)]


def routes(node: Namespace) -> int:
    """How many the kernel has."""
    return len(node.ip("route", "show", "proto", "200").splitlines())


def boot(router: SshRouter) -> None:
    """It loses its connections and its table, and is not there."""
    for session in sessions(router):
        os.kill(session, signal.SIGKILL)
    end(router.process)
    router.node.ip("route", "flush", "proto", "200")


@pytest.mark.parametrize("options_of", WAYS, ids=["on-router", "ip"])
async def test_what_a_person_removes_is_back_at_once(router: SshRouter, options_of: Way) -> None:
    """The router tells: the period would be a minute."""
    api, seldom = Api(listed(*NODES)), replace(QUICK, period=60.0)
    async with (
        KIND.connect(options_of(router)) as provider,
        running(api, provider, rhythm=seldom, within=60) as world,
    ):
        await until(lambda: world.states() == [f"10.200.{n}.0/24 InSync" for n in range(30, 50)])
        router.node.ip("route", "flush", "proto", "200")
        await until(lambda: routes(router.node) == len(NODES))


@pytest.mark.parametrize("options_of", WAYS, ids=["on-router", "ip"])
async def test_after_a_boot_all_routes_are_written_anew(
    netns: Namespace, tmp_path: Path, options_of: Way
) -> None:
    """The loop says why it waits, and goes on by itself."""
    api, soon = Api(listed(*NODES)), replace(QUICK, period=0.5)
    async with (
        ssh_router(netns, tmp_path) as before,
        KIND.connect(options_of(before)) as provider,
        running(api, provider, rhythm=soon, within=60) as world,
    ):
        await until(lambda: routes(netns) == len(NODES))
        boot(before)
        await until(lambda: "Connection refused" in world.loop.fault)
        async with ssh_router(netns, tmp_path) as after:
            options_of(after)
            await until(lambda: routes(netns) == len(NODES))
            await until(lambda: not world.loop.fault)
