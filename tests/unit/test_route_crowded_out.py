"""A new route that has failed, and waits for room: when is it tried, and what is said meanwhile?"""

import pytest

from podroute.routing.facts import Disproven
from podroute.routing.outcome import Done
from tests.builders import installed, node
from tests.unit.route_ledgers import Run

NODES = [node(f"n{i}", f"10.240.0.{i + 1}", f"10.200.{i}.0/24") for i in range(2)]
FIRST, SECOND = (f"+ 10.200.{i}.0/24 via 10.240.0.{i + 1}" for i in range(2))
SOMEBODY = installed("10.99.0.0/24", "10.240.0.9", "foreign")


def test_two_that_fail_give_each_other_no_further_try() -> None:
    """There is room for one, which each takes for the moment of its try."""
    run = Run(NODES, quota=1).start()
    for _ in NODES:
        run.fail(run.take(), "not allowed", pointless=True)
        run.look()
        run.read()
        run.wait(100)
    run.wait(100)

    (tried,) = run.take()
    run.table = [SOMEBODY]
    run.read()
    run.look()
    assert run.state("10.200.1.0/24").startswith("Blocked: the router takes 1 routes")
    run.table = []
    run.fail([tried], "not allowed", pointless=True)
    run.look()
    run.read()

    assert run.sent() == []
    assert run.state("10.200.1.0/24") == "Missing: not allowed"
    run.wait(100)
    assert run.sent() == [SECOND]


@pytest.mark.parametrize(("seconds", "again"), [(-1, []), (0, [FIRST])])
def test_a_read_that_began_before_a_failure_ends_no_pause(seconds: float, again: list[str]) -> None:
    run = Run(NODES[:1], quota=1).start()
    run.fail(run.take(), pointless=True)

    run.table = [SOMEBODY]
    run.read(run.now + seconds)
    assert run.sent() == []
    assert run.state("10.200.0.0/24").startswith("Blocked: ")
    run.table = []
    run.read()

    assert run.sent() == again


def test_removals_under_way_take_no_room() -> None:
    run = Run(NODES[:1], [installed("10.200.9.0/24", "10.240.0.9")], quota=2).start()
    new, gone = run.take()
    run.fail([new], pointless=True)
    run.table.append(SOMEBODY)
    run.wait(1)
    run.read()

    run.carry([gone])
    run.read()

    assert run.sent() == [FIRST]


def test_what_fails_again_for_the_same_reason_is_told_so_in_a_full_router_too() -> None:
    run = Run(NODES[:1], quota=1).start()
    told: list[bool] = []
    for _ in range(2):
        run.answer(*map(Done, run.take()))
        run.table = [SOMEBODY] if told else []
        told += [one.again for one in run.read() if isinstance(one, Disproven)]
        run.wait(10)

    assert told == [False, True]
    assert run.sent() == []


def test_what_waits_for_room_is_sent_where_no_quota_is_told_any_more() -> None:
    run = Run(NODES, quota=1).start()
    assert run.settle() == [FIRST]

    run.quota = None
    run.read()

    assert run.settle() == [SECOND]
