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

    assert text.endswith(":1")
    assert len(later.sent()) == 2


def test_what_comes_back_and_is_to_go_again_is_not_done() -> None:
    brake = Brake()
    run = full(brake)
    run.gone(NODES[0])
    run.settle()
    assert len(brake.lately) == 1

    run.table = list(ROUTES)
    run.read()
    run.take()

    assert brake.lately == []
