"""Block assignment and lease hand-over as a system of states: every way in which it can go on.

An API server that keeps a Node's block for ever and checks a patch's UID; patches that are under
way for any time, then carried out, refused, or carried out with their answer lost; Nodes that end
and come back under their name; leaders that follow each other (``lease``), and one that was stopped
and goes on without knowing. Time is what may happen before what: waiting for old writes is "not
before none is under way".
"""

from collections.abc import Iterator

from tests.model import lease
from tests.model.world import (
    NO_BLOCK,
    Leader,
    Node,
    Nodes,
    Patch,
    Rules,
    Size,
    Step,
    World,
    name_of,
    replaced,
    unsettled,
    with_older_ended,
    words,
)


def steps(world: World, rules: Rules, size: Size) -> Iterator[Step]:
    """All that can happen next."""
    yield from _nodes_come_and_go(world, size)
    yield from _the_server_decides(world, rules, size)
    yield from lease.moves(world, rules, size)
    for leader in world.leaders:
        if leader.phase == "knows":
            yield from _observe(world, leader, rules)
            yield from _send(world, leader, rules, size)
            yield from _send_again(world, leader, rules, size)
            yield from _hear_nothing(world, leader, rules)
            yield from _settle(world, leader)
        else:
            yield from _begin(world, leader, rules)


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


def _the_server_decides(world: World, rules: Rules, size: Size) -> Iterator[Step]:
    for patch in world.under_way:
        rest = world._replace(under_way=world.under_way - {patch})
        node = next((node for node in world.nodes if node.name == patch.name), None)
        if node is None or node.block != NO_BLOCK or (rules.uid_in_patch and node.uid != patch.uid):
            yield f"refused: {words(patch)}", rest
            continue
        nodes = world.nodes - {node} | {node._replace(block=patch.block)}
        yield f"lands: {words(patch)}", rest._replace(nodes=nodes)
        if world.denials < size.denials:
            yield f"denied: {words(patch)}", rest._replace(denials=world.denials + 1)


def _begin(world: World, leader: Leader, rules: Rules) -> Iterator[Step]:
    """The first list, as soon as the way in which the term began allows it."""
    if leader.phase == "fresh" and any(node.block != NO_BLOCK for node in world.nodes):
        waits = leader._replace(phase="fresh, waits")
        yield f"leader {leader.number} sees a block and waits", replaced(world, waits)
        return
    if not _may_list(world, leader, rules):
        return
    waited = leader.phase in ("took over", "fresh, waits")
    begun = with_older_ended(world, leader.number, rules) if waited else world
    if not rules.list_before_send:
        for node in world.nodes:
            known = leader._replace(seen=frozenset({node}), phase="knows")
            yield f"leader {leader.number} sees {node}", replaced(begun, known)
    held = frozenset(node.block for node in world.nodes if node.block != NO_BLOCK)
    known = leader._replace(seen=world.nodes, held=held, phase="knows")
    yield f"{name_of(world, leader.number)} lists", replaced(begun, known)


def _may_list(world: World, leader: Leader, rules: Rules) -> bool:
    """Who still sends may go on after a wait that is only for what was sent before."""
    older = {one.number for one in world.leaders if one.in_time and one.number < leader.number}
    senders, patches = older - {world.other}, {one.leader for one in world.under_way}
    patches = {number for number in patches if number < leader.number}
    match leader.phase:
        case "fresh":
            return not (rules.blocks_before_deletion and (senders or patches))
        case "fresh, waits" if rules.fresh_waits_for_senders and rules.settle_before_list:
            return not (senders or patches - older)
        case "fresh, waits" | "took over":
            waits = rules.settle_before_list and rules.network_forgets
            return not (waits and patches - older)
        case _:
            return True


def _observe(world: World, leader: Leader, rules: Rules) -> Iterator[Step]:
    if world.nodes == leader.seen:
        return
    shown = {node.block for node in world.nodes if node.block != NO_BLOCK}
    held = leader.held - _freed(leader, world.nodes, rules) | shown
    knows = leader._replace(seen=world.nodes, held=frozenset(held))
    what = f"{name_of(world, leader.number)} lists"
    if leader.number == world.other or not (leader.in_time and _sees_foreign(world, leader)):
        yield what, replaced(world, knows)
    else:
        halted = knows._replace(halted=True)
        yield f"{what} and halts", replaced(world, halted)._replace(halt_seen=True)


def _sees_foreign(world: World, leader: Leader) -> bool:
    """A Node that was seen without a block has one that was not sent to it."""
    waited = {node.uid for node in leader.seen if node.block == NO_BLOCK}
    sent = {(patch.uid, patch.block) for patch in leader.pending}
    return any(
        node.uid in waited and node.block != NO_BLOCK and node[1:] not in sent
        for node in world.nodes
    )


def _freed(leader: Leader, nodes: Nodes, rules: Rules) -> frozenset[int]:
    living = {node.uid for node in nodes}
    gone = {node.block for node in leader.seen if node.uid not in living and node.block != NO_BLOCK}
    if rules.release_by_owner:
        gone -= {node.block for node in nodes}
        gone -= {patch.block for patch in leader.pending}
    return frozenset(gone)


def _send(world: World, leader: Leader, rules: Rules, size: Size) -> Iterator[Step]:
    if not _may_send(world, leader, rules, size) or (leader.halted and rules.halted_grants_nothing):
        return
    block = next((one for one in range(size.blocks) if one not in leader.held), None)
    waiting = {(patch.name, patch.uid) for patch in leader.pending}
    for node in sorted(leader.seen):
        if block is not None and node.block == NO_BLOCK and node[:2] not in waiting:
            patch = Patch(leader.number, node.name, node.uid, block)
            sender = leader._replace(held=leader.held | {block}, pending=leader.pending | {patch})
            yield f"sends: {words(patch)}", _sent(replaced(world, sender), sender, patch)


def _send_again(world: World, leader: Leader, rules: Rules, size: Size) -> Iterator[Step]:
    """What was denied, or has found nobody: the same block to the same Node."""
    if not world.denials or not _may_send(world, leader, rules, size):
        return
    if leader.halted and rules.halted_repeats_nothing:
        return
    for patch in unsettled(leader):
        if patch not in world.under_way:
            yield f"sends again: {words(patch)}", _sent(world, leader, patch)


def _may_send(world: World, leader: Leader, rules: Rules, size: Size) -> bool:
    late = rules.deadline_before_send and not leader.in_time
    return not late and len(world.under_way) < size.under_way


def _sent(world: World, leader: Leader, patch: Patch) -> World:
    """Who sends after a halt was recorded, or began after it, answers for what comes of it."""
    sent = world._replace(under_way=world.under_way | {patch})
    if leader.number == world.other or not (world.lease.halted or leader.mended):
        return sent
    return sent._replace(answered_for=world.answered_for | {(patch.uid, patch.block)})


def _hear_nothing(world: World, leader: Leader, rules: Rules) -> Iterator[Step]:
    """No answer in time; with the rule that changes nothing, so it is no step."""
    if rules.unknown_stays_pending:
        return
    for patch in leader.pending:
        forgetful = leader._replace(
            held=leader.held - {patch.block}, pending=leader.pending - {patch}
        )
        yield f"no answer, freed: {words(patch)}", replaced(world, forgetful)


def _settle(world: World, leader: Leader) -> Iterator[Step]:
    """A patch has ended, and its Node is seen: with a block, as another one, or not at all."""
    for patch in leader.pending - world.under_way - set(unsettled(leader)):
        shown = any(one.block == patch.block for one in leader.seen)
        held = leader.held if shown else leader.held - {patch.block}
        done = leader._replace(held=held, pending=leader.pending - {patch})
        yield f"settled: {words(patch)}", replaced(world, done)
