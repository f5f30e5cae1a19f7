"""Bringing a lab up, looking at it, entering it and ending it."""

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from podroute.lab import clouds, routers
from podroute.lab.agents import Agents
from podroute.lab.clouds import CloudName
from podroute.lab.directory import LabDirectory, Record, claimed, discard, end, find, which
from podroute.lab.driver import Driver
from podroute.lab.failure import LabFailed, Unsuitable
from podroute.lab.holder import Tether, start_holder
from podroute.lab.machine import TO_BUILD, TO_ENTER, need, need_ipv6
from podroute.lab.network import build_nodes
from podroute.lab.nodes_file import write_nodes
from podroute.lab.places import Places
from podroute.lab.pods import attach_pods, attachment
from podroute.lab.routers import RouterName
from podroute.lab.topology import (
    ANNOUNCER,
    ANNOUNCERS,
    MOST_WORKERS,
    NODE_NETWORKS,
    ROUTER,
    Topology,
    gateway,
    joined,
    registered,
)


@dataclass(frozen=True, slots=True)
class Size:
    """How big a lab is wanted."""

    workers: int = 3
    dual_stack: bool = False


@dataclass(frozen=True, slots=True)
class Resident:
    """One line of a lab's status: a router, a worker or a Pod."""

    name: str
    addresses: str
    pod_cidrs: str = ""
    worker: str = ""


@contextmanager
def new_lab(
    name: str, size: Size, *, fewest: int = 1
) -> Generator[tuple[LabDirectory, Tether, Places]]:
    """Empty namespaces and a folder; both are gone afterwards, unless the holder was kept.

    Raises:
        Unsuitable: the machine cannot hold it, or nobody can build it of that size.
        LabFailed: there is such a lab.
    """
    if not fewest <= size.workers <= MOST_WORKERS:
        message = f"--workers {size.workers}: from {fewest} to {MOST_WORKERS}"
        raise Unsuitable(message)
    need(TO_BUILD)
    if size.dual_stack:
        need_ipv6()
    with claimed(name) as lab:
        try:
            holder, tether = start_holder(lab.mount_point, lab.lock)
            try:
                yield lab, tether, Places(holder)
            finally:
                tether.cut()
        finally:
            if not lab.alive():
                discard(lab)


def up(
    name: str, size: Size, cloud: CloudName | None = None, router: RouterName | None = None
) -> tuple[Path, Record]:
    """A whole lab that stays; returns its Nodes' file. Not both a cloud and a router.

    Raises:
        LabFailed: it cannot be built; nothing of it is left.
    """
    if router:
        routers.need_daemons(router)
    way = attachment()
    with new_lab(name, size) as (lab, tether, places):
        topology = served(registered(size.workers, dual_stack=size.dual_stack))
        build_nodes(places, topology)
        write_nodes(lab.nodes_file, topology, created=now())
        Agents(places, way.plugins, lab.path).start(topology)
        attach_pods(places, topology, way)
        blocks = tuple(tuple(map(str, worker.pod_cidrs)) for worker in topology.workers)
        driver = Driver()
        if cloud:
            driver = clouds.start(places, lab.path, cloud, topology)
        if router:
            driver = routers.start(places, lab.path, router, topology)
        record = Record(places.holder, blocks, way.describe(), driver)
        lab.write_record(record)
        tether.keep()
    return lab.nodes_file, record


def served(topology: Topology) -> Topology:
    """The same workers, each with the blocks that podroute's node IPAM gives it."""
    from podroute.lab.registry import assigned  # noqa: PLC0415 -- the loop and its libraries would slow every verb of the lab

    return assigned(topology)


def running(name: str) -> tuple[LabDirectory, Record]:
    """The lab of that name.

    Raises:
        LabFailed: there is none, or its holder was killed.
    """
    lab = find(name)
    record = lab.record()
    if record is None:
        message = f"there is no lab {name!r}: podroute lab up{which(name)} makes one"
        raise LabFailed(message)
    if not lab.alive():
        message = f"lab {name!r} was killed: podroute lab down{which(name)} removes what is left"
        raise LabFailed(message)
    return lab, record


def residents(record: Record) -> Iterator[Resident]:
    """Who is in a lab, by the names that ``exec`` takes."""
    topology = record.topology()
    yield Resident(ROUTER, joined(map(gateway, NODE_NETWORKS[: topology.families])))
    if record.driver.place == ANNOUNCER:
        yield Resident(ANNOUNCER, joined(ANNOUNCERS[: topology.families]))
    for worker in topology.workers:
        yield Resident(worker.name, joined(worker.internal_ips), joined(worker.pod_cidrs))
    for worker in topology.workers:
        for pod in worker.pods():
            yield Resident(pod, joined(worker.pod_addresses(pod)), worker=worker.name)


def enter(name: str, place: str, command: Sequence[str]) -> None:
    """Turns this process into ``command`` in ``place``.

    Raises:
        Unsuitable: there is no such place, no command, or no program to enter with.
        LabFailed: there is no such lab, or it cannot be entered from here.
    """
    need(TO_ENTER)
    _, record = running(name)
    record.holder.require_known()
    known = [one.name for one in residents(record)]
    if place not in known:
        message = f"there is no {place!r} in lab {name!r}, only {', '.join(known)}"
        raise Unsuitable(message)
    if not command:
        message = f"what shall run? podroute lab exec{which(name)} {place} -- COMMAND"
        raise Unsuitable(message)
    try:
        directory = Path.cwd()
    except FileNotFoundError:
        message = "the current directory does not exist any more: go to another one"
        raise Unsuitable(message) from None
    Places(record.holder).become(place, command, directory)


def down(name: str) -> bool:
    """Ends the lab and removes what killed labs have left; whether it was up."""
    return end(name)


def now() -> str:
    """In RFC 3339, as a creationTimestamp."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
