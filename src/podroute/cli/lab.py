"""podroute lab: a router, workers and Pods on one machine, to look at and to play with."""

import shlex
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from cyclopts import App, Parameter

from podroute.cli.failure import Exit, Failure
from podroute.cli.text import NONE, columns, wants_colour, warn
from podroute.lab import session
from podroute.lab.clouds import CloudName
from podroute.lab.demo import play
from podroute.lab.directory import DEFAULT_NAME, Record, which
from podroute.lab.failure import LabFailed, Unsuitable
from podroute.lab.routers import RouterName
from podroute.lab.screen import Screen
from podroute.lab.topology import joined

lab_app = App(
    name="lab",
    help="A router, workers and Pods as network namespaces: no cluster, no cloud, no traces.",
)


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class LabSize:
    """How big it is."""

    workers: int = 3
    "How many workers, with two Pods each."
    dual_stack: Annotated[bool, Parameter(negative=())] = False
    "IPv6 beside IPv4."


THREE_WORKERS: Final = LabSize()


@lab_app.command
def demo(*, size: LabSize = THREE_WORKERS) -> int:
    """See it all in one minute: Nodes, Pods, routes, a repair, a farewell."""
    screen = Screen(sys.stdout, wants_colour(sys.stdout))
    with _reported():
        play(session.Size(size.workers, size.dual_stack), screen)
    return Exit.OK


@lab_app.command
def up(
    *,
    name: str = DEFAULT_NAME,
    size: LabSize = THREE_WORKERS,
    cloud: CloudName | None = None,
    router: RouterName | None = None,
) -> int:
    """Make a lab and keep it; its routes are yours to add.

    Parameters
    ----------
    name
        Which lab; there may be several.
    cloud
        The router follows the route table of this simulated cloud: routes go through its API.
    router
        The router has these daemons, and podroute reaches it by that provider.
    """
    if cloud and router:
        raise Failure(Exit.USAGE, "--cloud and --router both say what the router is: give one")
    with _reported():
        wanted = session.Size(size.workers, size.dual_stack)
        nodes_file, record = session.up(name, wanted, cloud, router)
    warn(f"lab {name!r} is up, its Pods attached by {record.attached_by}")
    _write(*_suggestions(name, nodes_file, record))
    return Exit.OK


@lab_app.command
def status(*, name: str = DEFAULT_NAME) -> int:
    """Show who is in the lab.

    Parameters
    ----------
    name
        Which lab.
    """
    with _reported():
        lab, record = session.running(name)
    rows = [["NAME", "ADDRESS", "POD-CIDR", "WORKER"]]
    rows += [
        [one.name, one.addresses, one.pod_cidrs or NONE, one.worker or NONE]
        for one in session.residents(record)
    ]
    _write(
        f"Lab:    {name}, alive (process {record.holder.pid})",
        f"Nodes:  {lab.nodes_file}",
        f"Pods:   attached by {record.attached_by}",
        "",
        *columns(rows),
    )
    return Exit.OK


@lab_app.command(name="exec")
def execute(
    place: str,
    /,
    *command: Annotated[str, Parameter(allow_leading_hyphen=True)],
    name: str = DEFAULT_NAME,
) -> int:
    """Run a command on the router, a worker or a Pod: podroute lab exec router -- ip route.

    Parameters
    ----------
    place
        A name that podroute lab status shows.
    command
        What to run there; its exit status is ours.
    name
        Which lab.
    """
    with _reported():
        session.enter(name, place, command)
    return Exit.OK


@lab_app.command
def down(*, name: str = DEFAULT_NAME) -> int:
    """End the lab, and remove what killed labs have left.

    Parameters
    ----------
    name
        Which lab.
    """
    with _reported():
        was_up = session.down(name)
    warn(f"lab {name!r} {'has ended' if was_up else 'was not up'}")
    return Exit.OK


@contextmanager
def _reported() -> Generator[None]:
    """What the lab cannot do, as the end of a verb."""
    try:
        yield
    except Unsuitable as error:
        raise Failure(Exit.USAGE, str(error)) from None
    except LabFailed as error:
        raise Failure(Exit.DIFFERENT, str(error)) from None


def _suggestions(name: str, nodes_file: Path, record: Record) -> Iterator[str]:
    flag = which(name)
    topology, driver = record.topology(), record.driver
    cidrs = joined(topology.cluster_cidrs())
    flags = shlex.join([*driver.flags(), "--cluster-cidr", cidrs, "-f", str(nodes_file)])
    there = " ".join(["podroute lab exec" + flag, driver.place, "--", *driver.environment()])
    first, last = topology.workers[0], topology.workers[-1]
    target = last.pod_addresses(last.pods()[-1])[0]
    yield f"The Nodes: {nodes_file}"
    yield "Try:"
    yield f"  podroute lab status{flag}"
    yield f"  {there} podroute table {flags}"
    yield f"  {there} podroute apply {flags}"
    yield f"  podroute lab exec{flag} {first.pods()[0]} -- ping -c3 {target}"
    yield f"  podroute lab down{flag}"


def _write(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
