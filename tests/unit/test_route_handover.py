"""Removals that one leader has let through count for the next one."""

from podroute.routing.brake import Brake
from podroute.routing.guardrails import LATELY
from podroute.routing.lately import spelled, understood
from tests.unit.route_ledgers import Run
from tests.unit.test_route_brake import NODES, ROUTES, full, held


def test_the_next_leader_counts_what_the_last_one_has_let_through() -> None:
    first = Brake("t0")
    run = full(first)
    for number in range(4):
        run.gone(NODES[number])
        run.settle()
        run.wait(1)
    text = spelled(first.lately, ahead=1000)

    second = Brake("t1", understood(text, 1000, run.now))
    later = Run(NODES[4:], run.table, brake=second, now=run.now).start()
    later.gone(NODES[4])

    assert later.sent() == []
    assert held(later)[1].startswith("1 more of our 16 routes would be removed")
    assert spelled(second.lately, ahead=1000) == text
    later.wait(LATELY)
    later.wait(later.ledger.next_moment() - later.now)
    assert len(later.sent()) == 1


def test_what_a_leader_left_undone_is_no_reason_to_hold_it() -> None:
    first = Brake("t0")
    run = full(first)
    run.gone(*NODES[:3])
    run.carry(run.take(1))
    run.read()
    run.look()
    text = spelled(first.lately, ahead=0)

    later = Run(NODES[3:], run.table, brake=Brake("t1", understood(text, 0, run.now)), now=run.now)
    later.start()

    assert text == "60:1 60@10.200.1.0/24 60@10.200.2.0/24"
    assert len(later.sent()) == 2


def test_what_was_carried_out_and_not_read_by_one_leader_counts_for_the_next() -> None:
    """A rollout of the controller, again and again, with a router that answers late."""
    nodes, routes, text, now = list(NODES), list(ROUTES), "", 100.0
    removed: list[int] = []
    for number in range(4):
        brake = Brake(f"t{number}", understood(text, 0, now))
        run = Run(nodes, routes, brake=brake, now=now).start()
        gone, nodes = nodes[:3], nodes[3:]
        run.gone(*gone)
        changes = run.take()
        run.carry(changes)
        removed.append(len(changes))
        text, routes, now = spelled(brake.lately, 0), run.table, run.now + 30

    assert removed == [3, 0, 0, 0]


def test_the_count_ends_after_ten_minutes_though_it_changes_hands_every_minute() -> None:
    text, now, ages = "60:3", 110.0, list[float]()
    while text:
        lately = understood(text, 0.25 * len(ages) / 1000, now)
        text, now = spelled(lately, 0.25 * len(ages) / 1000), now + 61
        ages.append(now)

    assert ages[-1] - 120 <= LATELY + 61 + 60


def test_what_comes_back_and_is_to_go_again_is_counted_once() -> None:
    brake = Brake()
    run = full(brake)
    run.gone(NODES[0])
    run.settle()
    assert spelled(brake.lately, 0) == "60:1"

    run.table = list(ROUTES)
    run.read()
    run.take()

    assert spelled(brake.lately, 0) == "60@10.200.0.0/24"
