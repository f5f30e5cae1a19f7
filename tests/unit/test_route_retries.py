"""RouteLedger: what has failed, what is not proven, what changes often, and reads that lag."""

from dataclasses import replace

from podroute.routing.attempts import CALM
from podroute.routing.facts import Disproven, Proven
from podroute.routing.outcome import Done, Failed
from podroute.routing.policy import Policy
from tests.builders import installed, node
from tests.unit.route_ledgers import PERIOD, STEADY, Run

A, B = node("a", "10.240.0.30", "10.200.0.0/24"), node("b", "10.240.0.31", "10.200.1.0/24")
OF_A, OF_B = installed("10.200.0.0/24", "10.240.0.30"), installed("10.200.1.0/24", "10.240.0.31")

CREATE_A = "+ 10.200.0.0/24 via 10.240.0.30"
DELETE_B = "- 10.200.1.0/24 via 10.240.0.31"
ABSENT = "Missing: no such route is installed"
UNREAD = "the router took it, but it is not so when read back"


def test_what_has_failed_is_tried_again_alone_with_a_growing_pause() -> None:
    run = Run([A, B]).start()
    first, second = run.take()
    run.carry([second])
    run.read()

    for tries, pause in enumerate([1, 2, 4, 8, 8], 1):
        told = run.fail([first])
        busy = Failed(first, "busy", "worth it")
        assert told == [Disproven(busy, again=tries > 1, uid=A.uid)]
        assert run.sent() == []
        assert run.state("10.200.0.0/24") == "Missing: busy"
        run.wait(pause - 0.5)
        assert run.sent() == []
        run.wait(0.5)
        assert run.take() == [first]


def test_where_only_somebody_else_can_change_what_was_refused_it_is_tried_seldom() -> None:
    run = Run([A]).start()

    run.fail(run.take(), "not allowed", pointless=True)

    run.wait(299)
    assert run.sent() == []
    run.wait(1)
    assert run.sent() == [CREATE_A]


def test_a_failure_that_had_its_effect_is_over_when_that_is_seen() -> None:
    run = Run([A]).start()
    (change,) = run.take()
    run.put(change)
    run.fail([change], "time-out")

    run.read()

    assert run.sent() == []
    assert run.state("10.200.0.0/24") == "InSync: "
    run.table.clear()
    run.read()
    assert run.sent() == [CREATE_A]


def test_what_a_router_says_and_a_read_does_not_show_has_failed() -> None:
    run = Run([A]).start()
    (change,) = run.take()
    run.answer(Done(change))

    (told,) = run.read()

    assert isinstance(told, Disproven)
    assert (told.failed.reason, told.again) == (UNREAD, False)
    assert run.sent() == []
    run.wait(1)
    assert run.sent() == [CREATE_A]


def test_a_read_that_began_before_the_answer_says_nothing_about_it() -> None:
    run = Run([A]).start()
    (change,) = run.take()
    run.wait(1)
    run.answer(Done(change))

    assert run.read(began=run.now - 1) == []
    assert run.ledger.unproven == 1
    run.put(change)
    assert [type(one) for one in run.read()] == [Proven]


def test_what_was_not_sent_is_sent_when_it_can_be() -> None:
    run = Run([A]).start()
    changes = run.take()

    run.ledger.unreached(changes)

    assert run.take() == changes


def test_a_failure_is_told_anew_when_its_reason_is_another() -> None:
    run = Run([A]).start()

    again: list[bool] = []
    for reason in ("busy", "busy", "full", "busy"):
        changes = run.take()
        (told,) = run.fail(changes, reason)
        assert isinstance(told, Disproven)
        again.append(told.again)
        run.wait(STEADY.longest)

    assert again == [False, True, False, False]


def test_what_was_not_sent_after_a_failure_rests_no_longer_and_no_less_than_before() -> None:
    run = Run([A]).start()
    for _ in range(2):
        run.fail(run.take())
        run.wait(STEADY.longest)
    changes = run.take()

    run.ledger.unreached(changes)

    assert run.state("10.200.0.0/24") == "Missing: busy"
    assert run.take() == changes
    run.fail(changes)
    assert run.ledger.next_moment() <= run.now
    run.look()
    assert run.ledger.next_moment() == run.now + 4


def test_a_destination_that_changes_again_and_again_calms_down() -> None:
    run = Run([A]).start()

    pauses: list[float] = []
    for _ in range(8):
        (change,) = run.take()
        run.carry([change])
        run.read()
        run.table.clear()
        run.read()
        run.look()
        pauses.append(run.ledger.next_moment() - run.now if not run.ledger.ready else 0.0)
        said = run.state("10.200.0.0/24")
        assert said == ("Missing: " + CALM if pauses[-1] else ABSENT)
        run.wait(pauses[-1])

    assert pauses == [0, 0, 0, 2, 4, 8, 8, 8]


def test_one_that_was_quiet_for_a_while_is_no_longer_surprising() -> None:
    run = Run([A]).start()
    for _ in range(3):
        run.settle()
        run.table.clear()
        run.read()
    run.wait(STEADY.calm)
    run.settle()
    run.table.clear()
    run.read()

    assert run.sent() == [CREATE_A]


LAGGING = Policy(PERIOD, replace(STEADY, lag=5.0))


def test_where_reads_lag_a_change_is_disproven_only_after_that() -> None:
    run = Run([A], policy=LAGGING).start()
    (change,) = run.take()
    run.answer(Done(change))

    run.wait(4.9)
    assert run.read() == []
    run.wait(0.1)
    assert [type(one) for one in run.read()] == [Disproven]


def test_where_reads_lag_what_is_proven_is_not_done_again_because_of_an_older_sight() -> None:
    run = Run([A], policy=LAGGING).start()
    run.settle()

    run.table.clear()
    run.read()
    assert run.sent() == []
    run.wait(5)
    assert run.sent() == [CREATE_A]


def test_where_reads_lag_another_wish_is_tried_at_once() -> None:
    run = Run([A], policy=LAGGING).start()
    run.settle()

    run.see(replace(A, internal_ips=B.internal_ips))

    assert run.sent() == ["~ 10.200.0.0/24 via 10.240.0.31, was 10.240.0.30"]


def test_where_reads_lag_what_calms_down_rests_no_less() -> None:
    run = Run([A], policy=LAGGING).start()
    moments: list[float] = []
    for _ in range(4):
        run.settle()
        run.table.clear()
        run.read()
        run.look()
        moments.append(run.ledger.next_moment())
        run.wait(5)

    assert moments[-1] == run.now


def test_where_reads_lag_a_removal_is_not_done_twice_because_of_an_older_sight() -> None:
    run = Run([A, B], [OF_A, OF_B], policy=LAGGING).start()
    run.gone(B)
    run.settle()

    run.table.append(OF_B)
    run.read()
    assert run.sent() == []
    run.wait(5)
    assert run.sent() == [DELETE_B]


def test_a_removal_that_failed_is_over_when_the_route_is_gone() -> None:
    run = Run([A, B], [OF_A, OF_B]).start()
    run.gone(B)
    run.fail(run.take(), pointless=True)
    run.table = [OF_A]
    run.read()
    assert run.sent() == []

    run.table = [OF_A, OF_B]
    run.read()

    assert run.sent() == ["- 10.200.1.0/24 via 10.240.0.31"]
