"""podroute lab: a router, workers and Pods on one machine, to look at and to play with."""

import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from cyclopts import App, Parameter

from podroute.cli.failure import Exit, Failure
from podroute.cli.text import NONE, columns, wants_colour, warn
from podroute.lab import session
from podroute.lab.clouds import CloudName, options, variables
from podroute.lab.demo import play
from podroute.lab.directory import DEFAULT_NAME, Record, which
from podroute.lab.failure import LabFailed, Unsuitable
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
) -> int:
    """Make a lab and keep it; its routes are yours to add.

    Parameters
    ----------
    name
        Which lab; there may be several.
    cloud
        The router follows the route table of this simulated cloud: routes go through its API.
    """
    with _reported():
        nodes_file, record = session.up(name, session.Size(size.workers, size.dual_stack), cloud)
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
        for one in session.residents(record.topology())
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
    topology = record.topology()
    flags = f"{_provider(record, nodes_file)} --cluster-cidr {joined(topology.cluster_cidrs())}"
    flags += f" -f {nodes_file}"
    router = " ".join(["podroute lab exec" + flag, "router --", *_variables(record)])
    first, last = topology.workers[0], topology.workers[-1]
    there = last.pod_addresses(last.pods()[-1])[0]
    yield f"The Nodes: {nodes_file}"
    yield "Try:"
    yield f"  podroute lab status{flag}"
    yield f"  {router} podroute table {flags}"
    yield f"  {router} podroute apply {flags}"
    yield f"  podroute lab exec{flag} {first.pods()[0]} -- ping -c3 {there}"
    yield f"  podroute lab down{flag}"


def _provider(record: Record, nodes_file: Path) -> str:
    if record.cloud is None:
        return "--provider linux"
    given = options(record.cloud, record.endpoint, nodes_file.parent)
    words = (f"--provider-option {key}={value}" for key, value in given.items())
    return " ".join([f"--provider {record.cloud}", *words])


def _variables(record: Record) -> Sequence[str]:
    if record.cloud is None or not variables(record.cloud):
        return ()
    return ["env", *(f"{key}={value}" for key, value in variables(record.cloud).items())]


def _write(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
