"""The protocol is safe with all its rules, and each of them is needed."""

import os
from dataclasses import fields, replace

import pytest

from tests.model.explore import Explored, explore
from tests.model.world import Rules, Size, halt_begins, is_broken_after_halt

SMALL = Size(names=2, blocks=3, creations=3, leaders=2, under_way=2)
LARGE = Size(names=2, blocks=3, creations=4, leaders=2, under_way=2)
TERMS = Size(names=2, blocks=2, creations=2, leaders=3, under_way=2)
SWITCH = Size(names=2, blocks=2, creations=2, leaders=2, under_way=2, others=1)
DELETED = Size(names=2, blocks=2, creations=3, leaders=2, under_way=2, deletions=1)
DELETED_TWICE_LED = replace(DELETED, leaders=3)
ALL = Size(names=2, blocks=2, creations=2, leaders=3, under_way=2, others=1, deletions=1)
BESIDE = Size(names=3, blocks=2, creations=3, leaders=2, under_way=2, others=1, denials=1)
THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"

SHORTEST = {
    "uid_in_patch": (SMALL, 11),
    "release_by_owner": (SMALL, 14),
    "unknown_stays_pending": (SMALL, 8),
    "settle_before_list": (SMALL, 9),
    "network_forgets": (SMALL, 9),
    "deadline_before_send": (SMALL, 9),
    "list_before_send": (SMALL, 9),
    "mark_when_none_lands": (SMALL, 10),
    "mark_when_settled": (TERMS, 11),
    "mark_of_last_term": (TERMS, 11),
    "saw_it_lead": (SWITCH, 12),
    "fresh_waits_for_senders": (DELETED, 15),
    "fresh_settles_before_release": (DELETED_TWICE_LED, 12),
    "other_writer_alone": (SWITCH, 9),
    "other_writer_waits": (SWITCH, 10),
    "blocks_before_deletion": (DELETED, 10),
}
SHORTEST_AFTER_HALT = {
    "halted_grants_nothing": 8,
    "halted_repeats_nothing": 6,
    "halted_leaves_no_mark": 9,
    "halt_in_lease": 8,
}
COMPLETE = [
    (SMALL, 34_607, 177_287),
    (TERMS, 7_238, 31_937),
    (SWITCH, 11_380, 43_399),
    (DELETED, 51_167, 266_660),
    (ALL, 63_225, 281_674),
]
COMPLETE_THOROUGH = [
    (LARGE, 211_716, 1_215_633),
    (replace(SMALL, leaders=3), 77_459, 404_751),
    (replace(ALL, creations=3), 409_769, 2_057_250),
]


def test_each_rule_is_left_out_once() -> None:
    assert {*SHORTEST, *SHORTEST_AFTER_HALT} == {field.name for field in fields(Rules)}


@pytest.mark.parametrize(
    ("size", "states", "transitions"), [*COMPLETE, *(COMPLETE_THOROUGH if THOROUGH else [])]
)
def test_with_all_rules_no_two_living_nodes_ever_have_one_block(
    size: Size, states: int, transitions: int
) -> None:
    assert explore(Rules(), size) == Explored(states, transitions)


@pytest.mark.parametrize("rule", SHORTEST)
def test_each_rule_left_out_gives_two_nodes_one_block(rule: str) -> None:
    size, shortest = SHORTEST[rule]
    explored = explore(replace(Rules(), **{rule: False}), size)

    assert len(explored.counterexample) == shortest, "\n".join(explored.counterexample)
    assert explored.counterexample[-1].startswith("lands: ")


def _beside(rules: Rules) -> Explored:
    beside = replace(rules, other_writer_alone=False)
    return explore(beside, BESIDE, is_broken_after_halt, halt_begins())


def test_after_a_halt_nothing_of_ours_meets_what_the_other_writer_gives() -> None:
    assert _beside(Rules()) == Explored(268_488, 1_960_083)


@pytest.mark.parametrize("rule", SHORTEST_AFTER_HALT)
def test_each_rule_of_the_halt_left_out_gives_two_nodes_one_block(rule: str) -> None:
    explored = _beside(replace(Rules(), **{rule: False}))

    assert len(explored.counterexample) == SHORTEST_AFTER_HALT[rule], explored.counterexample
    assert explored.counterexample[-1].startswith("lands: ")
