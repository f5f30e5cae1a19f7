"""When something is looked at, what is sent next, and which blocks overlap."""

from math import inf

import pytest

from podroute.model.cidr import Bounds, bounds, parse_cidr
from podroute.model.node import NodeName
from podroute.routing.agenda import Agenda
from podroute.routing.blocks import Blocks
from podroute.routing.steps import Adopt, Create, Delete, Replace
from tests.builders import installed, route


def block(text: str) -> Bounds:
    return bounds(parse_cidr(text))


X, Y, Z = (block(f"10.200.{i}.0/24") for i in range(3))
WISH = route("10.200.0.0/24", "10.240.0.30")
THERE = installed("10.200.0.0/24", "10.240.0.9")
CREATE, REPLACE, DELETE = Create(WISH), Replace(THERE, WISH), Delete(THERE)
ADOPT = Adopt(installed("10.200.0.0/24", "10.240.0.30", "foreign"), WISH)


# When


def test_what_is_due_is_looked_at_once() -> None:
    agenda = Agenda()
    assert agenda.next_moment() == inf

    agenda.due([X, NodeName("a")])

    assert agenda.next_moment() == 0
    assert agenda.open(5) == {X, "a"}
    assert (agenda.open(5), agenda.next_moment()) == (set(), inf)


def test_an_alarm_rings_at_its_moment_and_once() -> None:
    agenda = Agenda()
    agenda.wake(Y, 20)
    agenda.wake(X, 10)
    agenda.wake(X, 10)

    assert agenda.next_moment() == 10
    assert agenda.open(9.9) == set()
    assert agenda.open(10) == {X}
    assert agenda.next_moment() == 20
    assert agenda.open(30) == {Y}
    assert agenda.next_moment() == inf


def test_an_alarm_can_be_set_again_after_it_rang() -> None:
    agenda = Agenda()
    agenda.wake(X, 10)
    agenda.open(10)

    agenda.wake(X, 10)

    assert agenda.open(10) == {X}


def test_a_later_alarm_is_not_forgotten_for_an_earlier_one() -> None:
    agenda = Agenda()
    agenda.wake(X, 10)
    agenda.wake(X, 20)
    agenda.open(10)

    agenda.wake(X, 20)
    assert agenda.open(20) == {X}
    assert agenda.next_moment() == inf


# What next


def test_one_destination_has_one_change() -> None:
    agenda = Agenda()
    for change in (CREATE, REPLACE, DELETE, ADOPT):
        agenda.queue(X, change)
        assert agenda.ready == 1

    assert agenda.take(9) == [ADOPT]
    assert agenda.ready == 0


def test_nothing_is_left_where_nothing_is_to_be_done() -> None:
    agenda = Agenda()
    for change in (CREATE, REPLACE, DELETE):
        agenda.queue(X, change)
        agenda.queue(X, None)

    assert (agenda.ready, agenda.take(9)) == (0, [])


def test_new_ones_first_then_repairs_then_removals_each_as_they_came() -> None:
    agenda = Agenda()
    for at, change in ((X, DELETE), (Y, REPLACE), (Z, CREATE)):
        agenda.queue(at, change)
    agenda.queue(block("10.200.3.0/24"), ADOPT)

    assert agenda.take(0) == []
    assert [agenda.take(1) for _ in range(2)] == [[CREATE], [ADOPT]]
    assert agenda.take(9) == [REPLACE, DELETE]


def test_how_many_new_ones_go_elsewhere() -> None:
    agenda = Agenda()
    assert not agenda.new_besides([])
    agenda.queue(X, CREATE)
    agenda.queue(Y, REPLACE)

    assert [agenda.new_besides(at)[4] for at in ([], [X], [Y])] == [1, 0, 1]


# Which overlap


@pytest.mark.parametrize("many", [1, 200])
def test_blocks_inside_and_around(many: int) -> None:
    blocks = Blocks()
    for text in ("10.0.0.0/8", "10.200.0.0/16", "10.200.0.0/24", "10.200.0.128/25", "fd00::/64"):
        blocks.put(block(text), present=True)
    for number in range(many):
        blocks.put(block(f"11.0.{number}.0/24"), present=True)

    wide, inner = block("10.200.0.0/16"), block("10.200.0.0/24")
    assert {*blocks.inside(wide)} == {wide, inner, block("10.200.0.128/25")}
    assert {*blocks.inside(inner)} == {inner, block("10.200.0.128/25")}
    assert {*blocks.around(block("10.201.0.0/24"))} == {block("10.0.0.0/8")}
    assert {*blocks.around(inner)} == {wide, block("10.0.0.0/8")}
    assert {*blocks.around(block("10.200.0.7/32"))} == {inner, wide, block("10.0.0.0/8")}
    assert [*blocks.around(block("fd00::1/128"))] == [block("fd00::/64")]
    assert [*blocks.inside(block("::/0"))] == [block("fd00::/64")]
    assert len([*blocks.inside(block("11.0.0.0/16"))]) == many


def test_a_block_that_is_put_twice_or_taken_twice_is_there_once_or_not() -> None:
    blocks = Blocks()
    for present in (True, True, False, False):
        blocks.put(X, present=present)
        assert (X in blocks) is present
        assert [*blocks.inside(X)] == ([X] if present else [])
        assert [*blocks.around(block("10.200.0.7/32"))] == ([X] if present else [])


def test_one_that_was_never_in_order_can_be_taken() -> None:
    blocks = Blocks()
    blocks.put(Y, present=True)
    blocks.put(X, present=True)

    blocks.put(Y, present=False)

    assert [*blocks.inside(block("10.0.0.0/8"))] == [X]
