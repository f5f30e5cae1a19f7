"""RouteLedger: what counts no more of a destination is forgotten, and nothing else."""

from podroute.routing.facts import Disproven, Proven
from tests.builders import node
from tests.unit.route_ledgers import STEADY, Run

A = node("a", "10.240.0.30", "10.200.0.0/24")


def test_what_is_wished_no_more_and_was_never_made_is_forgotten_in_time() -> None:
    run = Run([A]).start()
    for _ in range(3):
        run.fail(run.take())
        run.wait(STEADY.longest)
    run.gone(A)
    run.look()
    run.wait(STEADY.calm)
    run.read()

    run.see(A)

    (told,) = run.fail(run.take())
    assert isinstance(told, Disproven)
    assert not told.again
    run.look()
    assert run.ledger.next_moment() == run.now + STEADY.first


def test_what_is_under_way_for_long_is_not_forgotten() -> None:
    run = Run([A]).start()
    (change,) = run.take()
    run.wait(STEADY.calm)
    run.read()

    assert run.sent() == []
    run.carry([change])
    (told,) = run.read()
    assert isinstance(told, Proven)


def test_a_destination_that_has_calmed_down_begins_anew() -> None:
    run = Run([A]).start()
    for _ in range(4):
        run.settle()
        run.table.clear()
        run.read()
    run.look()
    assert run.ledger.next_moment() > run.now
    run.wait(2 * STEADY.first + STEADY.calm)
    run.read()

    for _ in range(3):
        assert len(run.settle()) == 1
        run.table.clear()
        run.read()
