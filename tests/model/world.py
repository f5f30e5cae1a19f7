"""What the model is made of: the rules, the size, and one state of everything that counts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

NO_BLOCK = -1
NONE = -1  # no term, no mark, no process


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
    # a leader that ends leaves a mark, and its successor does not wait
    mark_when_none_lands: bool = True  # none while what it has sent may land
    mark_when_settled: bool = True  # none before the patches of those before it have landed
    mark_of_last_term: bool = True  # a mark that an earlier term has left counts no more
    saw_it_lead: bool = True  # nor one that was there when the successor was started
    # a Lease that somebody has deleted
    fresh_waits_for_senders: bool = True  # also until a leader that does not know has to stop
    fresh_settles_before_release: bool = True  # before that the Lease is left to expire
    # another writer that turns up beside us
    halted_grants_nothing: bool = True  # who sees its podCIDR stops
    halted_repeats_nothing: bool = True  # and does not send again what it has sent before
    halted_leaves_no_mark: bool = True  # its successor waits for the other one's patches too
    halt_in_lease: bool = True  # and stops as well, until a person has looked at it
    # what the operator does
    other_writer_alone: bool = True  # runs only while no process of ours does
    other_writer_waits: bool = True  # starts after our mark, or when nothing of ours can land
    blocks_before_deletion: bool = True  # and before another writer's end: some Node shows a block


@dataclass(frozen=True, slots=True)
class Size:
    """How large the world is."""

    names: int = 2
    blocks: int = 3
    creations: int = 4
    leaders: int = 2
    under_way: int = 2  # patches at once
    others: int = 0  # writers that take no notice of the Lease, at most one
    deletions: int = 0  # of the Lease
    denials: int = 0  # patches that do not arrive, or are refused for the time being


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
Phase: TypeAlias = Literal["knows", "handed over", "took over", "fresh", "fresh, waits"]
"""``knows``: has listed; before that, how its term began. ``fresh, waits``: has seen a block."""


class Leader(NamedTuple):
    """What one process believes; another writer is one too."""

    number: int
    seen: Nodes = frozenset()
    held: frozenset[int] = frozenset()  # blocks that it does not give
    pending: frozenset[Patch] = frozenset()  # sent, and not known to have ended
    phase: Phase = "knows"
    in_time: bool = True  # before its renew deadline
    halted: bool = False
    mended: bool = False  # its term began after a halt and the other writer's end


class Lease(NamedTuple):
    """As the API server has it; a term has its leader's number."""

    term: int = 0  # NONE: there is no Lease
    held: bool = True  # else it was released
    mark: int = NONE  # stays while later terms hold the Lease
    halted: bool = False


class World(NamedTuple):
    """One state; equal ones are one."""

    nodes: Nodes = frozenset()
    uids: int = 0
    under_way: frozenset[Patch] = frozenset()
    leaders: tuple[Leader, ...] = (Leader(0),)
    lease: Lease = Lease()
    started: int = 1  # processes
    other: int = NONE  # the number of the other writer
    deletions: int = 0
    denials: int = 0
    halt_seen: bool = False  # by any leader
    answered_for: frozenset[tuple[int, int]] = frozenset()  # UID and block: sent after a halt


Step: TypeAlias = tuple[str, World]
START = World()


def halt_begins() -> World:
    """Another writer has given block 0; leader 0, with a patch under way, has just seen it."""
    nodes = frozenset({Node(0, 0, 0), Node(1, 1, NO_BLOCK), Node(2, 2, NO_BLOCK)})
    patch = frozenset({Patch(0, 1, 1, 1)})
    blocks = frozenset({0, 1})
    return World(
        nodes,
        uids=3,
        under_way=patch,
        leaders=(
            Leader(0, nodes, blocks, patch, halted=True),
            Leader(1, nodes, blocks - {1}),
        ),
        started=2,
        other=1,
        halt_seen=True,
    )


def is_broken(world: World) -> bool:
    """Two living Nodes have one block."""
    blocks = [node.block for node in world.nodes if node.block != NO_BLOCK]
    return len(blocks) != len(set(blocks))


def is_broken_after_halt(world: World) -> bool:
    """One of two living Nodes has its block by a patch that should not have been sent any more.

    What was sent before anybody knew of the other writer can meet its patches, whatever we do.
    """
    blocks = [node.block for node in world.nodes if node.block != NO_BLOCK]
    return any(
        (node.uid, node.block) in world.answered_for and blocks.count(node.block) > 1
        for node in world.nodes
    )


def name_of(world: World, number: int) -> str:
    """For a counterexample."""
    return f"{'other writer' if number == world.other else 'leader'} {number}"


def replaced(world: World, leader: Leader) -> World:
    """With that belief of that process."""
    leaders = tuple(leader if one.number == leader.number else one for one in world.leaders)
    return world._replace(leaders=leaders)


def without(world: World, leader: Leader) -> World:
    """The process is no more."""
    return world._replace(leaders=tuple(one for one in world.leaders if one != leader))


def with_older_ended(world: World, number: int, rules: Rules) -> World:
    """By now the terms of all older leaders have ended, by their own clocks.

    One that looks at its clock does nothing any more that counts: it is as good as dead.
    """
    leaders = [one for one in world.leaders if one.number in (number, world.other)]
    if not rules.deadline_before_send:
        leaders = [one if one in leaders else one._replace(in_time=False) for one in world.leaders]
    return world._replace(leaders=tuple(leaders))


def unsettled(leader: Leader) -> Iterator[Patch]:
    """What it has sent, and has not seen to be without effect from now on."""
    seen = {node.name: node for node in leader.seen}
    for patch in leader.pending:
        node = seen.get(patch.name)
        if node is not None and node.uid == patch.uid and node.block == NO_BLOCK:
            yield patch


def words(patch: Patch) -> str:
    """For a counterexample."""
    return f"of {patch.leader}, node {patch.name} (uid {patch.uid}) gets block {patch.block}"
