"""The whole story on one machine, in acts; every act proves what it says, or the demo fails."""

import secrets
import signal
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from podroute.lab.agents import Agents
from podroute.lab.failure import LabFailed
from podroute.lab.machine import TO_BUILD, need
from podroute.lab.matrix import Matrix
from podroute.lab.network import build_nodes, remove_worker
from podroute.lab.nodes_file import write_nodes
from podroute.lab.pods import Attachment, attach_pods, attachment
from podroute.lab.screen import Screen
from podroute.lab.session import Size, new_lab, now, served
from podroute.lab.stage import HERE, Stage
from podroute.lab.topology import (
    BRIDGE,
    FOREIGN_CIDR,
    FOREIGN_NEXT_HOP,
    joined,
    registered,
    route_line,
)

FEWEST_WORKERS: Final = 2
LONGEST_REPAIR: Final = 10.0  # seconds


def play(size: Size, screen: Screen) -> None:
    """All acts; nothing is left afterwards, however it ends.

    Raises:
        LabFailed: something is not as claimed, or the machine cannot hold a lab.
    """
    need((*TO_BUILD, "ping"))
    started = time.monotonic()
    way = attachment()
    name = f"demo-{secrets.token_hex(4)}"
    with _ended_by_signals(), new_lab(name, size, fewest=FEWEST_WORKERS) as (lab, _, places):
        topology = registered(size.workers, dual_stack=size.dual_stack)
        stage = Stage(places, screen, lab.path, topology, Agents(places, way.plugins, lab.path))
        screen.title(f"podroute: Pods on {size.workers} machines talk over plain Layer 3")
        screen.say("Router, workers and Pods are network namespaces of this machine. All of it is")
        screen.say("real: the kernel, the packets, the commands and what they print.")
        _nodes_get_blocks(stage)
        _pods_without_routes(stage, way)
        _what_is_missing(stage)
        _routes_are_added(stage)
        _every_pod_reaches_every_pod(stage)
        _a_lost_route_comes_back(stage)
        _a_worker_leaves(stage, way)
        holder = places.holder
    screen.act(8, "All of it is taken away")
    screen.say("One process held every namespace; with it the kernel removed them all.")
    stage.claim("nothing is left", true=not holder.is_there() and not lab.path.exists())
    seconds = time.monotonic() - started
    screen.title(f"\n{stage.claims} claims, all checked, in {seconds:.1f} seconds.")
    screen.title("Keep one to play with: podroute lab up")


def _nodes_get_blocks(stage: Stage) -> None:
    screen, count = stage.screen, len(stage.topology.workers)
    stage.topology = served(stage.topology)
    cidrs = joined(stage.topology.cluster_cidrs())
    screen.act(1, f"Workers register as Nodes, and each gets a block of {cidrs}")
    write_nodes(stage.folder / "nodes.yaml", stage.topology, created=now())
    read_out = stage.podroute("table", "-o", "plain", place=HERE)
    expected = "".join(
        f"{' '.join(map(str, one.internal_ips))} {one.pod_cidrs[0]} \n"
        for one in stage.topology.workers
    )
    blocks = {cidr for worker in stage.topology.workers for cidr in worker.pod_cidrs}
    all_different = len(blocks) == count * stage.topology.families
    stage.claim(
        f"{count} Nodes, {len(blocks)} different blocks",
        true=read_out == expected and all_different,
    )


def _pods_without_routes(stage: Stage, way: Attachment) -> None:
    screen, topology = stage.screen, stage.topology
    screen.act(2, "Each worker gets its bridge cbr0 and two Pods; nobody has told the router yet")
    build_nodes(stage.places, topology)
    stage.start_agents()
    stage.claim(
        f"{len(topology.workers)} workers have {BRIDGE}, and forward",
        true=all(stage.has_bridge(worker) for worker in topology.workers),
    )
    attach_pods(stage.places, topology, way)
    screen.say(f"Attached by {way.describe()}.")
    if topology.families > 1:
        screen.say("Each pair is pinged twice: first IPv4, then IPv6.")
    matrix = stage.matrix(Matrix.only_on_one_worker)
    near, far = matrix.count(on_one_worker=True), matrix.count(on_one_worker=False)
    stage.claim(
        f"on one worker {near} pings are answered, across workers {far}",
        true=matrix.only_on_one_worker(),
    )


def _what_is_missing(stage: Stage) -> None:
    screen = stage.screen
    screen.act(3, "podroute compares the Nodes with the router's kernel; it changes nothing yet")
    screen.say("Somebody else has a route of their own there:")
    stage.ip(route_line("add", FOREIGN_CIDR, FOREIGN_NEXT_HOP) + " proto static")
    table = stage.routed("table")
    wished = stage.wished()
    stage.claim(f"{len(wished)} routes are missing", true=table.count(" Missing") == len(wished))
    plan = stage.routed("plan")
    planned = all(f"+ {cidr} via {hop}" in plan for cidr, hop in wished.items())
    stage.claim("the plan adds exactly these", true=planned and plan.count("+ ") == len(wished))


def _routes_are_added(stage: Stage) -> None:
    stage.screen.act(4, "The plan is carried out, and read back from the kernel")
    stage.routed("apply", "--auto-approve")
    stage.claim("the kernel has every route", true=_in_kernel(stage))
    stage.claim("the foreign route is as it was", true=_foreign_is_there(stage))


def _every_pod_reaches_every_pod(stage: Stage) -> None:
    stage.screen.act(5, "Now every Pod reaches every Pod, without overlay or address translation")
    matrix = stage.matrix(Matrix.complete)
    far = matrix.count(on_one_worker=False)
    stage.claim(f"across workers {far} pings are answered", true=matrix.complete())


def _a_lost_route_comes_back(stage: Stage) -> None:
    screen, victim = stage.screen, stage.topology.workers[1]
    screen.act(6, f"Somebody deletes the route to {victim.name} behind podroute's back")
    stage.ip(route_line("delete", victim.pod_cidrs[0], victim.internal_ips[0]))
    table = stage.routed("table")
    lost = [line for line in table.splitlines() if " Missing" in line]
    seen = len(lost) == 1 and str(victim.pod_cidrs[0]) in lost[0]
    stage.claim("the table tells it", true=seen)
    stage.routed("apply", "--auto-approve")
    stage.claim("it is back in the kernel", true=_in_kernel(stage))
    screen.say(f"And on {victim.name} somebody deletes its bridge; there the agent is watching:")
    stage.ip(f"link delete {BRIDGE}", victim.name)
    seconds = _until(lambda: stage.has_bridge(victim) and stage.has_ports(victim))
    stage.claim(f"{BRIDGE} is back with its Pods, after {seconds:.1f} seconds", true=True)
    stage.claim_all_reached("every Pod reaches every Pod again")


def _a_worker_leaves(stage: Stage, way: Attachment) -> None:
    screen, leaver = stage.screen, stage.topology.workers[-1]
    screen.act(7, f"{leaver.name} is switched off and its Node deleted: its route leaves too")
    way.detach(stage.places, leaver)
    stage.agents.kill(leaver)
    remove_worker(stage.places, leaver)
    stage.topology = stage.topology.without(leaver)
    write_nodes(stage.folder / "nodes.yaml", stage.topology, created=now())
    plan = stage.routed("plan")
    leaving = all(f"- {cidr} via" in plan for cidr in leaver.pod_cidrs)
    stage.claim("the plan removes what nobody needs", true=leaving and plan.count("+ ") == 0)
    stage.routed("apply", "--auto-approve")
    gone = not stage.kernel().keys() & set(map(str, leaver.pod_cidrs))
    stage.claim(f"the router no longer knows {leaver.name}", true=gone and _in_kernel(stage))
    stage.claim_all_reached("the others reach each other as before")
    stage.claim("the foreign route is still as it was", true=_foreign_is_there(stage))


def _until(condition: Callable[[], bool]) -> float:
    """The seconds until it held.

    Raises:
        LabFailed: it never did.
    """
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > LONGEST_REPAIR:
            message = f"the agent has repaired nothing within {LONGEST_REPAIR:g} seconds"
            raise LabFailed(message)
    return time.monotonic() - began


def _in_kernel(stage: Stage) -> bool:
    return stage.wished().items() <= stage.kernel().items()


def _foreign_is_there(stage: Stage) -> bool:
    return stage.kernel().get(str(FOREIGN_CIDR)) == str(FOREIGN_NEXT_HOP)


@contextmanager
def _ended_by_signals() -> Generator[None]:
    """A closed terminal or a polite kill is like Ctrl-C: everything is still taken away."""

    def interrupt(number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt(number)

    before = {one: signal.signal(one, interrupt) for one in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
