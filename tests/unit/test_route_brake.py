"""Removals in a running controller: held at once, within ten minutes, and until a person's word."""

from podroute.model.cidr import bounds
from podroute.model.node import Unreadable
from podroute.routing.brake import Brake
from podroute.routing.facts import HeldBack
from podroute.routing.guardrails import LATELY, Scale
from podroute.routing.lines import HELD
from podroute.routing.steps import Delete, Replace
from tests.builders import installed, node, route
from tests.unit.route_ledgers import PERIOD, Run

NODES = [node(f"n{i}", f"10.240.0.{i + 1}", f"10.200.{i}.0/24") for i in range(20)]
ROUTES = [installed(f"10.200.{i}.0/24", f"10.240.0.{i + 1}") for i in range(20)]


def full(brake: Brake | None = None) -> Run:
    return Run(NODES, ROUTES, brake=brake).start()


def held(run: Run) -> tuple[int, str]:
    """How many, and why."""
    return len(run.ledger.verdict.held), run.ledger.verdict.reason


def heard(run: Run) -> list[int]:
    """How many were said to be held, each time that it was said."""
    return [len(one.verdict.held) for one in run.facts if isinstance(one, HeldBack)]


def confirm(run: Run) -> None:
    assert run.ledger.confirm(run.ledger.verdict.confirmation)


def test_three_at_once_pass_and_four_do_not() -> None:
    run = full()
    run.gone(*NODES[:3])
    assert len(run.sent()) == 3

    run = full()
    run.gone(*NODES[:4])
    assert run.sent() == []
    assert held(run) == (
        4,
        "4 of our 20 routes would be removed or replaced at once; up to 3 pass unasked",
    )
    assert run.state("10.200.0.0/24") == f"Stale: {HELD}"


def test_those_that_come_one_after_the_other_are_counted_together() -> None:
    run = full()
    for number in range(4):
        run.gone(NODES[number])
        assert len(run.settle()) == 1
    run.gone(NODES[4])

    assert run.sent() == []
    assert held(run) == (
        1,
        (
            "1 more of our 16 routes would be removed or replaced, after 4 within 10 minutes; "
            "up to 4 pass unasked"
        ),
    )
    assert run.ledger.next_moment() == run.now + LATELY
    run.wait(LATELY)
    assert len(run.sent()) == 1
    assert heard(run) == [1, 0]


def test_replacements_count_as_well() -> None:
    run = Run(NODES, [installed(f"10.200.{i}.0/24", "10.240.0.99") for i in range(20)]).start()

    assert run.sent() == []
    assert held(run)[0] == 20


def test_creations_are_never_held() -> None:
    run = Run(NODES, ROUTES[:10]).start()
    run.gone(*NODES[:5])

    assert [one[0] for one in run.sent()] == ["+"] * 10
    assert held(run)[0] == 5


def test_an_empty_list_removes_nothing() -> None:
    run = Run([], ROUTES[:2]).start()

    assert run.sent() == []
    assert held(run) == (2, "the Node list is empty while 2 of our routes are installed")


def test_the_last_node_that_is_deleted_is_not_the_reason_for_the_whole_cluster() -> None:
    run = Run(NODES[:1], ROUTES[:1]).start()

    run.gone(NODES[0])

    assert held(run) == (0, "")
    assert run.sent() == []
    assert held(run)[0] == 1


def test_a_node_whose_pod_cidr_cannot_be_read_holds_every_removal() -> None:
    run = Run([*NODES, Unreadable("dark", "spoilt")], ROUTES).start()
    run.gone(NODES[0])

    assert run.sent() == []
    assert held(run)[1].startswith("the podCIDR of dark cannot be read")
    run.gone(Unreadable("dark", "spoilt"))
    assert len(run.sent()) == 1


def test_a_word_lets_pass_what_it_names() -> None:
    run = full()
    run.gone(*NODES[:4])
    run.look()

    confirm(run)

    assert len(run.sent()) == 4
    assert heard(run) == [4, 0]
    assert held(run) == (0, "")


def test_another_word_lets_nothing_pass() -> None:
    run = full()
    run.gone(*NODES[:4])
    run.look()

    assert run.ledger.confirm("deadbeef")
    assert not run.ledger.confirm("deadbeef")

    assert run.sent() == []


def test_a_word_is_not_for_what_came_after_it_was_asked_for() -> None:
    run = full()
    run.gone(*NODES[:4])
    run.look()
    word = run.ledger.verdict.confirmation
    run.gone(NODES[4])
    run.look()

    run.ledger.confirm(word)

    assert run.sent() == []
    assert held(run)[0] == 5
    confirm(run)
    assert len(run.sent()) == 5


def test_what_is_wanted_no_more_is_held_no_more() -> None:
    run = full()
    run.gone(*NODES[:4])
    run.look()

    run.see(*NODES[:4])

    assert run.sent() == []
    assert held(run) == (0, "")
    assert run.state("10.200.0.0/24") == "InSync: "


def test_what_was_let_pass_and_fails_is_not_asked_about_again() -> None:
    run = full()
    run.gone(*NODES[:6])
    run.look()
    confirm(run)
    changes = run.take()
    run.carry(changes[:1])
    run.fail(changes[1:])
    run.read()

    run.wait(1)

    assert run.take() == changes[1:]


def test_what_was_let_pass_does_not_count_against_others() -> None:
    run = full()
    run.gone(*NODES[:6])
    run.look()
    confirm(run)
    run.settle()

    run.gone(NODES[6])

    assert len(run.sent()) == 1


def test_the_same_much_later_is_asked_about_anew() -> None:
    """A word for an accident is no word for the next one."""
    run = full()
    run.gone(*NODES[:4])
    run.look()
    word = run.ledger.verdict.confirmation
    confirm(run)
    run.settle()
    run.see(*NODES[:4])
    run.settle()
    run.wait(LATELY)

    run.table = list(ROUTES)
    run.read()
    run.gone(*NODES[:4])

    assert run.sent() == []
    assert run.ledger.verdict.confirmation == f"{word}-2"
    confirm(run)
    assert len(run.sent()) == 4


def test_what_is_let_pass_is_that_change_and_no_other() -> None:
    brake = Brake()
    block = bounds(ROUTES[0].destination)
    scale = Scale(20, 0)
    brake.want(block, Delete(ROUTES[0]))
    assert brake.release(scale, 0, certain_from=0.0) == {}
    brake.confirm(brake.verdict.confirmation)
    assert brake.release(scale, 1, certain_from=0.0) == {block: Delete(ROUTES[0])}

    other = Replace(ROUTES[0], route("10.200.0.0/24", "10.240.0.9"))
    brake.want(block, other)
    assert brake.release(scale, 2, certain_from=0.0) == {}
    assert brake.holds(block)
    brake.want(block, Delete(ROUTES[0]))
    assert brake.release(scale, 3, certain_from=0.0) == {block: Delete(ROUTES[0])}
    assert not brake.holds(block)


def test_what_was_let_pass_goes_though_something_else_is_held() -> None:
    brake = Brake()
    blocks = [bounds(one.destination) for one in ROUTES]
    brake.want(blocks[0], Delete(ROUTES[0]))
    brake.release(Scale(20, 0), 0, certain_from=0.0)
    brake.confirm(brake.verdict.confirmation)
    brake.release(Scale(20, 0), 0, certain_from=0.0)

    brake.want(blocks[0], Delete(ROUTES[0]))
    brake.want(blocks[1], Delete(ROUTES[1]))

    assert brake.release(Scale(20, 0), 1, certain_from=0.0) == {blocks[0]: Delete(ROUTES[0])}
    assert brake.verdict.held == (Delete(ROUTES[1]),)
    assert (brake.holds(blocks[0]), brake.holds(blocks[1])) == (False, True)


def test_a_word_for_a_former_leader_lets_nothing_pass() -> None:
    """The same is held again after a hand-over, and the Lease still has the word."""
    wanted = {bounds(one.destination): Delete(one) for one in ROUTES}
    words: list[str] = []
    for mark in ("t3", "t4"):
        brake = Brake(mark)
        for block, change in wanted.items():
            brake.want(block, change)
        assert brake.release(Scale(20, 9), 0.0, certain_from=0.0) == {}
        words.append(brake.verdict.confirmation)
        brake.confirm(words[0])
        assert (brake.release(Scale(20, 9), 1.0, certain_from=0.0) == {}) is (mark == "t4")

    assert words[0].endswith("-t3")
    assert words[1] == words[0].replace("-t3", "-t4")


def test_a_ledger_that_follows_another_counts_what_was_let_through_before() -> None:
    """Other rules are no way around the brake, and what was held before is told anew."""
    brake = Brake("t0")
    run = full(brake)
    for number in range(4):
        run.gone(NODES[number])
        run.settle()
    run.gone(*NODES[4:6])
    run.look()
    before = run.ledger.verdict
    assert len(before.held) == 2

    brake.begin_anew()
    later = Run(NODES[6:], run.table, brake=brake, now=run.now)
    later.relist(*NODES[6:])
    later.read()
    assert not [one for one in later.look() if isinstance(one, HeldBack)]
    later.wait(PERIOD)

    assert later.sent() == []
    assert later.ledger.verdict.confirmation == before.confirmation
