"""Block assignment and lease hand-over as a system of states: every way in which it can go on.

An API server that keeps a Node's block for ever and checks a patch's UID; patches that are under
way for any time, then carried out, refused, or carried out with their answer lost; Nodes that end
and come back under their name; leaders that follow each other, and one that was stopped and goes on
without knowing. Time is what may happen before what: waiting for old writes is "not before none is
under way".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

NO_BLOCK = -1


@dataclass(frozen=True, slots=True)
class Rules:
    """What keeps one block from having two owners; each can be left out."""

    uid_in_patch: bool = True  # the server refuses a patch for a former Node of that name
    release_by_owner: bool = True  # only the end of a block's last owner frees it
    unknown_stays_pending: bool = True  # no answer frees nothing
    settle_before_list: bool = True  # a new leader waits until old patches have landed
    network_forgets: bool = True  # by then the sender's kernel has given up what was not delivered
    deadline_before_send: bool = True  # a leader whose lease has ended sends nothing
    list_before_send: bool = True  # the first thing that a leader knows is everything


@dataclass(frozen=True, slots=True)
class Size:
    """How large the world is."""

    names: int = 2
    blocks: int = 3
    creations: int = 4
    leaders: int = 2
    under_way: int = 2  # patches at once


class Node(NamedTuple):
    """As the API server has it."""

    name: int
    uid: int
    block: int


class Patch(NamedTuple):
    """A block for the Node of that name, and with the UID rule for no other."""

    leader: int
    name: int
    uid: int
    block: int


Nodes: TypeAlias = frozenset[Node]


class Leader(NamedTuple):
    """What one process believes."""

    number: int
    seen: Nodes = frozenset()
    held: frozenset[int] = frozenset()  # blocks that it does not give
    pending: frozenset[Patch] = frozenset()  # sent, and not known to have ended
    knows: bool = False  # whether it has listed


class World(NamedTuple):
    """One state; equal ones are one."""

    nodes: Nodes = frozenset()
    uids: int = 0
    under_way: frozenset[Patch] = frozenset()
    leaders: tuple[Leader, ...] = (Leader(0, knows=True),)
    holder: int = 0  # of the lease


Step: TypeAlias = tuple[str, World]


def is_broken(world: World) -> bool:
    """Two living Nodes have one block."""
    blocks = [node.block for node in world.nodes if node.block != NO_BLOCK]
    return len(blocks) != len(set(blocks))


def steps(world: World, rules: Rules, size: Size) -> Iterator[Step]:
    """All that can happen next."""
    yield from _nodes_come_and_go(world, size)
    yield from _the_server_decides(world, rules)
    yield from _the_lease_moves(world, size)
    for leader in world.leaders:
        yield from _observe(world, leader, rules)
        yield from _send(world, leader, rules, size)
        yield from _hear_nothing(world, leader, rules)
        yield from _settle(world, leader)


def _nodes_come_and_go(world: World, size: Size) -> Iterator[Step]:
    there = {node.name: node for node in world.nodes}
    for name in range(size.names):
        node = there.get(name)
        if node is not None:
            yield f"node {name} ends", world._replace(nodes=world.nodes - {node})
        elif world.uids < size.creations:
            new = Node(name, world.uids, NO_BLOCK)
            nodes = world.nodes | {new}
            yield (
                f"node {name} registers as {new.uid}",
                world._replace(nodes=nodes, uids=world.uids + 1),
            )


def _the_server_decides(world: World, rules: Rules) -> Iterator[Step]:
    for patch in world.under_way:
        rest = world.under_way - {patch}
        node = next((node for node in world.nodes if node.name == patch.name), None)
        if node is None or node.block != NO_BLOCK or (rules.uid_in_patch and node.uid != patch.uid):
            yield f"refused: {_words(patch)}", world._replace(under_way=rest)
        else:
            nodes = world.nodes - {node} | {node._replace(block=patch.block)}
            yield f"lands: {_words(patch)}", world._replace(nodes=nodes, under_way=rest)


def _the_lease_moves(world: World, size: Size) -> Iterator[Step]:
    """To a new process; the former one may be dead, or stopped and not know it."""
    number = world.holder + 1
    if number < size.leaders:
        new = Leader(number)
        died = world._replace(leaders=(new,), holder=number)
        yield f"leader {world.holder} dies, leader {number} takes over", died
        stopped = world._replace(leaders=(*world.leaders, new), holder=number)
        yield f"leader {world.holder} is stopped, leader {number} takes over", stopped


def _observe(world: World, leader: Leader, rules: Rules) -> Iterator[Step]:
    if not leader.knows:
        waits = rules.settle_before_list and rules.network_forgets
        if waits and any(one.leader < leader.number for one in world.under_way):
            return
        if not rules.list_before_send:
            for node in world.nodes:
                known = leader._replace(seen=frozenset({node}), knows=True)
                yield f"leader {leader.number} sees {node}", _with(world, known)
    if leader.knows and world.nodes == leader.seen:
        return
    freed = _freed(leader, world.nodes, rules) if leader.knows else frozenset[int]()
    shown = {node.block for node in world.nodes if node.block != NO_BLOCK}
    held = leader.held - freed | shown
    yield (
        f"leader {leader.number} lists",
        _with(world, leader._replace(seen=world.nodes, held=frozenset(held), knows=True)),
    )


def _freed(leader: Leader, nodes: Nodes, rules: Rules) -> frozenset[int]:
    living = {node.uid for node in nodes}
    gone = {node.block for node in leader.seen if node.uid not in living and node.block != NO_BLOCK}
    if rules.release_by_owner:
        gone -= {node.block for node in nodes}
        gone -= {patch.block for patch in leader.pending}
    return frozenset(gone)


def _send(world: World, leader: Leader, rules: Rules, size: Size) -> Iterator[Step]:
    late = rules.deadline_before_send and leader.number != world.holder
    if late or not leader.knows or len(world.under_way) >= size.under_way:
        return
    block = next((one for one in range(size.blocks) if one not in leader.held), None)
    waiting = {(patch.name, patch.uid) for patch in leader.pending}
    for node in sorted(leader.seen):
        if block is not None and node.block == NO_BLOCK and node[:2] not in waiting:
            patch = Patch(leader.number, node.name, node.uid, block)
            sender = leader._replace(held=leader.held | {block}, pending=leader.pending | {patch})
            sent = _with(world, sender)._replace(under_way=world.under_way | {patch})
            yield f"sends: {_words(patch)}", sent


def _hear_nothing(world: World, leader: Leader, rules: Rules) -> Iterator[Step]:
    """No answer in time; with the rule that changes nothing, so it is no step."""
    if rules.unknown_stays_pending:
        return
    for patch in leader.pending:
        forgetful = leader._replace(
            held=leader.held - {patch.block}, pending=leader.pending - {patch}
        )
        yield f"no answer, freed: {_words(patch)}", _with(world, forgetful)


def _settle(world: World, leader: Leader) -> Iterator[Step]:
    """A patch has ended, and its Node is seen: with a block, as another one, or not at all."""
    seen = {node.name: node for node in leader.seen}
    for patch in leader.pending - world.under_way:
        node = seen.get(patch.name)
        if node is None or node.uid != patch.uid or node.block != NO_BLOCK:
            shown = any(one.block == patch.block for one in leader.seen)
            held = leader.held if shown else leader.held - {patch.block}
            done = leader._replace(held=held, pending=leader.pending - {patch})
            yield f"settled: {_words(patch)}", _with(world, done)


def _with(world: World, leader: Leader) -> World:
    leaders = tuple(leader if one.number == leader.number else one for one in world.leaders)
    return world._replace(leaders=leaders)


def _words(patch: Patch) -> str:
    return f"leader {patch.leader}, node {patch.name} (uid {patch.uid}) gets block {patch.block}"
