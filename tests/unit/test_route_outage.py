"""A router is not reached for a while: what was let through meanwhile counts when it is sent."""

from itertools import pairwise

from podroute.routing.facts import Stopped
from podroute.routing.guardrails import LATELY
from tests.builders import SEED_RULES, installed, node, pool, rules
from tests.unit.route_ledgers import PERIOD, Run

MANY = [node(f"n{i}", f"10.240.0.{i + 1}", f"10.200.{i}.0/24") for i in range(100)]
ROUTES = [installed(f"10.200.{i}.0/24", f"10.240.0.{i + 1}") for i in range(100)]
FIFTH = 20


def crowd() -> Run:
    run = Run(MANY, ROUTES).start()
    run.look()
    return run


def test_an_outage_gathers_no_more_removals_than_ten_minutes_may_have() -> None:
    run, left = crowd(), list(MANY)
    for _ in range(8):
        going, left = left[:9], left[9:]
        run.gone(*going)
        run.look()
        run.wait(LATELY / 2)
    run.look()

    run.read()

    assert len(run.settle()) <= FIFTH
    assert run.ledger.verdict.held


def test_ten_minutes_begin_when_removals_are_sent() -> None:
    run = crowd()
    for first in (0, 9):
        run.gone(*MANY[first : first + 9])
        run.look()
    run.wait(LATELY - 5)
    assert len(run.settle()) == 18
    run.wait(10)

    run.gone(*MANY[18:26])
    assert not run.settle()
    assert run.ledger.verdict.cause == "lately"

    run.wait(LATELY)
    assert len(run.settle()) == 8


def test_a_route_that_is_made_again_begins_no_new_ten_minutes() -> None:
    """A router that has lost everything: its routes come back, which disturbs nobody."""
    run = crowd()
    for first in (0, 9):
        moved = range(first, first + 9)
        run.see(*(node(f"n{i}", f"10.240.1.{i + 1}", f"10.200.{i}.0/24") for i in moved))
        assert len(run.settle()) == 9
    run.wait(LATELY - 60)
    run.table.clear()
    run.read()
    assert len(run.settle()) == 100

    run.wait(60)
    run.gone(*MANY[20:29])

    assert len(run.settle()) == 9


def test_a_word_is_good_for_what_waits_for_the_router() -> None:
    run = crowd()
    run.gone(*MANY[:30])
    run.look()
    run.ledger.confirm(run.ledger.verdict.confirmation)
    run.look()
    run.wait(2 * LATELY)
    run.gone(MANY[30])
    run.look()
    run.read()

    assert len(run.settle()) == 31
    assert not run.ledger.verdict.held


def test_the_word_is_good_too_where_everything_is_looked_at_when_the_router_is_back() -> None:
    """As after a gap of the watch, or where the router has another link."""
    run = crowd()
    run.gone(*MANY[:30])
    run.look()
    run.ledger.confirm(run.ledger.verdict.confirmation)
    run.look()
    run.wait(2 * LATELY)
    run.relist(*MANY[30:])
    run.look()
    run.read()
    run.wait(PERIOD)

    assert len(run.settle()) == 30
    assert not run.ledger.verdict.held


def test_what_a_person_has_let_pass_is_not_said_to_wait_for_a_person() -> None:
    run = crowd()
    run.gone(*MANY[:30])
    run.look()
    assert "held back" in run.state("10.200.0.0/24")

    run.ledger.confirm(run.ledger.verdict.confirmation)
    run.look()

    assert run.state("10.200.0.0/24") == "Stale: no Node needs it"


def test_removals_wait_for_a_period_after_the_first_read() -> None:
    run = Run(MANY[:8], ROUTES[:10])
    run.relist(*run.nodes)
    run.wait(6 * PERIOD)  # the router is not reached
    run.read()
    assert not run.sent()

    run.wait(PERIOD)
    assert len(run.sent()) == 2


def test_a_removal_that_waited_for_the_router_is_seen_twice_after_a_list() -> None:
    run = crowd()
    run.relist(*MANY[2:])
    run.wait(PERIOD)
    run.look()
    assert run.ledger.ready == 2

    run.read()  # the first one since the list
    assert not run.sent()

    run.wait(PERIOD)
    assert len(run.sent()) == 2


def test_a_new_route_that_is_under_way_takes_one_place_only() -> None:
    nodes, routes = MANY[:3], ROUTES[:2]
    run = Run(nodes[:2], routes, quota=3, links="10.240.0.0/16").start()
    run.see(nodes[2])
    (change,) = run.take()

    run.links = "10.240.0.0/16 10.250.0.0/24"  # everything is looked at
    run.read()
    run.look()
    run.carry([change])
    run.read()
    run.look()

    assert not [one for one in run.facts if isinstance(one, Stopped)]
    assert run.state("10.200.2.0/24") == "InSync: "


def test_two_new_routes_of_a_node_take_the_last_two_places_one_after_the_other() -> None:
    both = rules(pool("10.200.0.0/16", 24), pool("fd00:10:200::/48", 64))
    run = Run(MANY[:2], ROUTES[:2], rules=both, quota=4).start()
    run.conditions()
    run.see(node("d", "10.240.0.30 fd00::30", "10.200.40.0/24", "fd00:10:200::/64"))
    four, six = run.take()

    run.carry([four])
    run.read()
    assert run.conditions() == []
    run.put(six)  # not answered yet
    run.read()
    run.see(node("e", "10.240.0.41", "10.200.41.0/24"))
    assert "the router takes 4 routes" in "".join(run.conditions())

    assert len([one for one in run.facts if isinstance(one, Stopped)]) == 1


def test_a_destination_that_is_changed_all_the_time_stays_slow() -> None:
    run = Run(MANY[:1], rules=SEED_RULES).start()
    moments: list[float] = []
    while run.now < 100.0 + LATELY:
        if run.settle():
            moments.append(run.now)
            run.table.clear()
            run.read()
        else:
            run.now = run.ledger.next_moment()

    gaps = [then - first for first, then in pairwise(moments)]
    assert gaps == sorted(gaps)
    assert gaps[-1] == run.policy.patience.longest
