"""What is held stays held through lists of the Nodes, and its cause is told as it is."""

from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from podroute.model.cidr import bounds, parse_address
from podroute.routing.brake import Brake
from podroute.routing.facts import HeldBack
from podroute.routing.guardrails import LATELY, Cause, Scale, Verdict
from podroute.routing.lately import Lately
from podroute.routing.lines import HELD
from podroute.routing.steps import Delete
from tests.unit.route_ledgers import PERIOD, Run
from tests.unit.test_route_brake import NODES, ROUTES, confirm, full, heard, held
from tests.unit.test_route_reports import world


def test_a_list_of_the_nodes_does_not_let_go_what_is_held() -> None:
    run = full()
    run.gone(*NODES[:4])
    run.look()
    word = run.ledger.verdict.confirmation
    run.wait(60)

    run.relist(*NODES[4:])
    assert run.sent() == []
    assert run.state("10.200.0.0/24") == f"Stale: {HELD}"
    assert run.ledger.verdict.confirmation == word
    run.wait(PERIOD)
    assert run.sent() == []
    assert heard(run) == [4]

    run.relist(*NODES)
    run.wait(PERIOD)
    run.look()
    assert heard(run) == [4, 0]


def test_a_word_that_comes_soon_after_a_list_counts_when_the_second_look_agrees() -> None:
    run = full()
    run.gone(*NODES[:4])
    run.look()
    run.relist(*NODES[4:])
    confirm(run)

    assert run.sent() == []
    run.wait(PERIOD)
    assert len(run.sent()) == 4


def test_why_something_is_held_is_told_anew_when_the_cause_is_another() -> None:
    run = Run([], ROUTES[:8]).start()
    run.look()
    assert held(run)[1].startswith("the Node list is empty")

    run.see(*NODES[:4])
    run.look()

    assert held(run)[1].startswith("4 of our 8 routes would be removed")
    told = [one for one in run.facts if isinstance(one, HeldBack)]
    assert told[-1].verdict == run.ledger.verdict
    run.see(NODES[10])
    run.settle()
    told = [one for one in run.facts if isinstance(one, HeldBack)]
    assert told[-1] == HeldBack(run.ledger.verdict)
    assert "our 9 routes" in told[-1].verdict.reason


def test_replacements_that_are_held_are_looked_at_again_after_a_list() -> None:
    wrong = [replace(one, next_hop=parse_address("10.240.0.99")) for one in ROUTES]
    run = Run(NODES, wrong).start()
    run.look()
    assert held(run)[0] == len(ROUTES)

    run.relist(*NODES)
    run.look()
    assert run.ledger.next_moment() == run.now + PERIOD
    run.table = wrong[:3]
    run.read()
    run.look()
    assert held(run)[0] == len(ROUTES)
    run.wait(PERIOD)
    run.look()
    assert held(run)[0] == 0


@given(then=st.floats(0, 1e6), counted=st.booleans())
@example(then=869.3448, counted=True)
@example(then=869.3448, counted=False)
def test_at_the_very_moment_at_which_a_count_ends_it_has_ended(
    then: float,
    counted: bool,  # noqa: FBT001 -- Hypothesis gives it by name
) -> None:
    """Else the loop would look again and again until its clock moves."""
    blocks = [bounds(one.destination) for one in ROUTES[:4]]
    before = Lately(((then, 3),)) if counted else Lately((), dict.fromkeys(blocks[1:], then))
    brake, scale = Brake("t1", before), Scale(10, 9)
    brake.want(blocks[0], Delete(ROUTES[0]))
    assert not brake.release(scale, then, certain_from=0.0)

    moment = brake.next_moment()

    assert moment == then + LATELY
    assert brake.release(scale, moment, certain_from=0.0)


def test_what_a_person_has_let_pass_and_is_done_is_asked_about_when_it_is_wanted_again() -> None:
    run = Run(NODES, ROUTES).start()
    run.gone(*NODES[:8])
    run.look()
    confirm(run)
    assert len(run.settle()) == 8
    run.wait(60)
    run.see(*NODES[:8])
    run.settle()
    run.wait(60)

    run.gone(*NODES[:8])

    assert run.sent() == []
    assert held(run)[0] == 8


def test_a_word_that_came_too_late_lets_nothing_pass_later() -> None:
    run = Run(NODES[:8], ROUTES[:8]).start()
    run.relist()
    run.wait(PERIOD)
    run.look()
    word = run.ledger.verdict.confirmation
    run.relist(*NODES[:8])
    run.look()
    run.ledger.confirm(word)
    run.wait(PERIOD)
    assert run.settle() == []
    assert held(run) == (0, "")

    run.relist()
    run.wait(PERIOD)

    assert run.sent() == []
    assert run.ledger.verdict.confirmation == f"{word}-2"
    confirm(run)
    assert len(run.sent()) == 8


def test_a_word_that_is_heard_again_before_anybody_has_looked_still_counts() -> None:
    run = full()
    run.gone(*NODES[:4])
    run.look()
    word = run.ledger.verdict.confirmation

    assert run.ledger.confirm(word)
    assert not run.ledger.confirm(word)

    assert len(run.sent()) == 4


def test_a_word_for_fewer_than_are_held_is_no_word_for_these_on_another_day() -> None:
    run = full()
    run.gone(*NODES[:4])
    run.look()
    word = run.ledger.verdict.confirmation
    run.gone(NODES[4])
    run.look()
    run.ledger.confirm(word)
    assert run.sent() == []
    run.see(*NODES[:5])
    run.look()

    run.gone(*NODES[:4])

    assert run.sent() == []
    assert held(run)[0] == 4


def test_removals_that_are_held_are_told_when_they_are_twice_as_many_or_half() -> None:
    told = world()

    def hold(count: int, cause: Cause = "at once") -> None:
        held = tuple(Delete(replace(ROUTES[0], preference=one)) for one in range(count))
        told.reports.tell([HeldBack(Verdict((), held, f"{count} would go", f"word{count}", cause))])
        standing = told.board.standing.held
        assert standing is not None
        assert standing.confirmation == f"word{count}"

    for count in (4, 5, 7, 8, 9, 15, 16, 9, 8, 7):
        hold(count)
    hold(7, "lately")
    hold(6, "lately")

    assert [event.split(": ")[1].split(";")[0] for event in told.events] == [
        f"{count} would go" for count in (4, 8, 16, 8, 7)
    ]
