"""The protocol is safe with all its rules, and each of them is needed."""

import os
from dataclasses import fields, replace

import pytest

from tests.model.explore import explore
from tests.model.protocol import Rules, Size

SMALL = Size(names=2, blocks=3, creations=3, leaders=2, under_way=2)
LARGE = Size(names=2, blocks=3, creations=4, leaders=2, under_way=2)
THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"

SHORTEST = {
    "uid_in_patch": 11,
    "release_by_owner": 14,
    "unknown_stays_pending": 8,
    "settle_before_list": 9,
    "network_forgets": 9,
    "deadline_before_send": 9,
    "list_before_send": 9,
}


def test_with_all_rules_no_two_living_nodes_ever_have_one_block() -> None:
    explored = explore(Rules(), LARGE if THOROUGH else SMALL)

    assert explored.counterexample == ()
    assert explored.states == (1_627_535 if THOROUGH else 144_292)


@pytest.mark.parametrize("rule", [field.name for field in fields(Rules)])
def test_each_rule_left_out_gives_two_nodes_one_block(rule: str) -> None:
    explored = explore(replace(Rules(), **{rule: False}), SMALL)

    assert len(explored.counterexample) == SHORTEST[rule], "\n".join(explored.counterexample)
    assert explored.counterexample[-1].startswith("lands: ")
