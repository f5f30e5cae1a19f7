"""The Lease's life: claimed, released with or without a mark, deleted by hand; and another writer.

Who claims an expired Lease, or saw the deleted one and waits as long, comes after the renew
deadline of everybody before. Who finds a released one, or none, claims it at once.
"""

from collections.abc import Iterator

from tests.model.world import (
    NONE,
    Leader,
    Lease,
    Phase,
    Rules,
    Size,
    Step,
    World,
    name_of,
    unsettled,
    with_older_ended,
    without,
)


def moves(world: World, rules: Rules, size: Size) -> Iterator[Step]:
    """All that can happen to the Lease, and to who may write."""
    for leader in world.leaders:
        yield f"{name_of(world, leader.number)} dies", without(world, leader)
        yield from _release(world, leader, rules)
        yield from _record_halt(world, leader)
    yield from _claim(world, rules, size)
    yield from _delete(world, size)
    yield from _other_writer(world, rules, size)
    if world.lease.halted and not _other_lives(world):
        lease = world.lease._replace(halted=False)
        yield "a person removes the halt", world._replace(lease=lease)


def _holds(world: World, leader: Leader) -> bool:
    return leader.in_time and world.lease.held and world.lease.term == leader.number


def _release(world: World, leader: Leader, rules: Rules) -> Iterator[Step]:
    settled = leader.phase in ("knows", "handed over")
    is_fresh = leader.phase in ("fresh", "fresh, waits")
    if not _holds(world, leader) or (is_fresh and rules.fresh_settles_before_release):
        return
    gone = without(world, leader)
    marks = (
        (settled or not rules.mark_when_settled)
        and not (rules.mark_when_none_lands and world.under_way.intersection(unsettled(leader)))
        and not (rules.halted_leaves_no_mark and leader.halted)
    )
    if marks:
        lease = world.lease._replace(held=False, mark=leader.number)
        yield f"leader {leader.number} ends and leaves its mark", gone._replace(lease=lease)
    else:
        lease = world.lease._replace(held=False, mark=NONE)
        yield f"leader {leader.number} ends without a mark", gone._replace(lease=lease)


def _claim(world: World, rules: Rules, size: Size) -> Iterator[Step]:
    number, lease = world.started, world.lease
    if number - (world.other != NONE) >= size.leaders:
        return
    if rules.other_writer_alone and _other_lives(world):
        return
    if lease.term == NONE:
        yield f"leader {number} finds no lease", _won(world, "fresh", rules)
    elif _is_marked(lease, rules) and _may_have_seen(world, rules):
        handed = world if not lease.held else with_older_ended(world, number, rules)
        yield f"leader {number} is handed the lease", _won(handed, "handed over", rules)
    may_be_late = lease.term != NONE and not lease.held
    taken = world if may_be_late else with_older_ended(world, number, rules)
    yield f"leader {number} takes over", _won(taken, "took over", rules)


def _may_have_seen(world: World, rules: Rules) -> bool:
    """Who saw the last term lead has lived since; then no other writer has, by the rules."""
    since = world.other > world.lease.term
    return not (since and rules.saw_it_lead and rules.other_writer_alone)


def _is_marked(lease: Lease, rules: Rules) -> bool:
    if rules.mark_of_last_term:
        return not lease.held and lease.mark == lease.term
    return lease.mark != NONE


def _won(world: World, phase: Phase, rules: Rules) -> World:
    number, lease = world.started, world.lease
    leader = Leader(
        number,
        phase=phase,
        halted=lease.halted and rules.halt_in_lease,
        mended=world.halt_seen and not _other_lives(world),
    )
    return world._replace(
        leaders=(*world.leaders, leader),
        lease=lease._replace(term=number, held=True),
        started=number + 1,
    )


def _delete(world: World, size: Size) -> Iterator[Step]:
    """Its leader goes on until it renews in vain, at the latest until its renew deadline."""
    if world.lease.term != NONE and world.deletions < size.deletions:
        lease = Lease(term=NONE, held=False)
        yield "the lease is deleted", world._replace(lease=lease, deletions=world.deletions + 1)


def _other_lives(world: World) -> bool:
    return any(one.number == world.other for one in world.leaders)


def _other_writer(world: World, rules: Rules, size: Size) -> Iterator[Step]:
    if not size.others or world.other != NONE:
        return
    if rules.other_writer_alone and world.leaders:
        return
    lease = world.lease
    is_told = lease.term != NONE and not lease.held and lease.mark == lease.term
    if rules.other_writer_waits and not is_told and world.under_way:
        return
    number = world.started
    other = Leader(number, phase="handed over")
    yield (
        f"another writer starts as {number}",
        world._replace(leaders=(*world.leaders, other), started=number + 1, other=number),
    )


def _record_halt(world: World, leader: Leader) -> Iterator[Step]:
    if leader.halted and _holds(world, leader) and not world.lease.halted:
        lease = world.lease._replace(halted=True)
        yield f"leader {leader.number} records its halt", world._replace(lease=lease)
