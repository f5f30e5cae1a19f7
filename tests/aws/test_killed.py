"""podroute dies between any two requests, before or after their effect: the next one finishes."""

import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from podroute.model.cidr import parse_cidr
from podroute.providers.aws.settings import AwsOptions
from podroute.testing.aws.faults import Asked, When
from podroute.testing.aws.server import Ec2Server, ec2_server
from podroute.testing.aws.vpc import Vpc
from tests.aws.commands import ADDRESSES, three_workers
from tests.aws.opened import converged, nodes, provider_at
from tests.unit.command import CLEAN

ADD, REPLACE, DELETE = "CreateRoute", "ReplaceRoute", "DeleteRoute"
PLACES = [
    (action, number, when)
    for action, most in (("CreateTags", 2), (ADD, 2), (REPLACE, 1), (DELETE, 1))
    for number in range(most)
    for when in ("before", "after")
]


def set_up(server: Ec2Server) -> tuple[Vpc, str]:
    """One route leads astray, one is stale, two are missing."""
    vpc = Vpc(server)
    table = vpc.table()
    workers = [vpc.worker(f"worker{at}", f"10.240.0.{30 + at}") for at in range(3)]
    for at, worker in ((1, workers[2]), (9, workers[0])):
        destination = parse_cidr(f"10.200.{at}.0/24")
        vpc.route(table, destination, InstanceId=worker.instance)
        vpc.mark(table, destination, worker)
    server.layer.asked.clear()
    return vpc, table


class Halt:
    """Holds the request that is waited for, until whoever asked is dead."""

    def __init__(self, action: str, number: int, when: When) -> None:
        self.reached, self.dead = Event(), Event()
        self._place = action, when
        self._left = number

    def __call__(self, asked: Asked, when: When) -> None:
        """The layer tells of each request."""
        if (asked.action, when) != self._place or self.reached.is_set():
            return
        self._left -= 1
        if self._left < 0:
            self.reached.set()
            self.dead.wait(60)


def killed(server: Ec2Server, halt: Halt, folder: Path) -> bool:
    """Whether ``podroute apply`` has come so far."""
    server.layer.told = halt
    command = [sys.executable, "-m", "podroute", "apply", "--auto-approve", *ADDRESSES]
    flags = ["--provider", "aws", "-f", str(three_workers(folder))]
    environment = {**CLEAN, **server.environment}
    with subprocess.Popen([*command, *flags], env=environment, stderr=subprocess.DEVNULL) as victim:
        found = halt.reached.wait(60)
        victim.kill()
        victim.wait()
    halt.dead.set()
    return found


@pytest.mark.parametrize(("action", "number", "when"), PLACES)
async def test_the_next_pass_ends_where_an_undisturbed_one_would(
    action: str, number: int, when: When, tmp_path: Path
) -> None:
    """F20."""
    with ec2_server() as server:
        vpc, table = set_up(server)
        assert killed(server, Halt(action, number, when), tmp_path)
        provider = provider_at(AwsOptions(endpoint=server.endpoint))

        passes = await converged(provider, nodes(3), within=2)

        assert passes <= 2
        destinations = [destination for destination, _, _ in vpc.routes(table)]
        assert destinations == [f"10.200.{at}.0/24" for at in range(3)]
        assert {one.ownership for one in (await provider.read()).routes} == {"ours"}
