"""What was decided before is asked about again when the Node list is new, or empty."""

from typing import Final

import pytest

from podroute.model.condition import CREATED, NetworkCondition
from podroute.model.node import Node, Roster
from podroute.routing.conditions import AVAILABLE, Conditions
from podroute.routing.ledger import RouteLedger
from podroute.routing.policy import Policy
from podroute.routing.steps import Delete
from tests.builders import SEED_RULES, installed, node, roster, table, unreadable

PERIOD: Final = 10.0
MANY: Final = [node(f"n{i}", f"10.240.0.{i + 2}", f"10.200.{i}.0/24") for i in range(40)]


def a_quiet_cluster() -> RouteLedger:
    """40 Nodes with their routes, listed at 0."""
    ledger = RouteLedger(SEED_RULES, Policy(PERIOD), lambda: 0.5)
    ledger.relist(Roster(tuple(MANY)), 0.0)
    routes = [installed(str(one.pod_cidrs[0]), str(one.internal_ips[0])) for one in MANY]
    ledger.installed(table(*routes), 0.0, 0.0)
    ledger.look(20.0)
    return ledger


def leave(ledger: RouteLedger, nodes: list[Node], now: float) -> None:
    for one in nodes:
        ledger.gone(one, now)
    ledger.look(now)


def test_a_removal_that_waits_to_be_sent_is_held_when_the_last_node_is_gone() -> None:
    ledger = a_quiet_cluster()
    leave(ledger, MANY[:1], 20.0)
    assert ledger.ready == 1

    leave(ledger, MANY[1:], 21.0)

    assert not ledger.take(100, 21.0)
    assert len(ledger.verdict.held) == len(MANY)
    assert "empty" in ledger.verdict.reason


def test_a_removal_that_waits_to_be_sent_waits_a_period_after_a_new_list() -> None:
    ledger = a_quiet_cluster()
    leave(ledger, MANY[:1], 20.0)

    ledger.relist(Roster(tuple(MANY[1:])), 21.0)
    ledger.look(21.0)

    assert not ledger.take(100, 21.0)
    assert ledger.next_moment() == 31.0
    ledger.look(31.0)
    (change,) = ledger.take(100, 31.0)
    assert isinstance(change, Delete)


def test_a_word_for_what_was_held_does_not_outrun_a_new_list() -> None:
    ledger = a_quiet_cluster()
    leave(ledger, MANY[:20], 20.0)
    word = ledger.verdict.confirmation
    assert word

    ledger.relist(roster(*MANY[20:]), 21.0)
    ledger.confirm(word)
    ledger.look(22.0)

    assert not ledger.take(100, 22.0)
    ledger.look(31.0)
    assert len(ledger.take(100, 31.0)) == 20


def test_a_condition_that_is_not_known_any_more_is_not_written() -> None:
    conditions, one = Conditions("own"), MANY[0]
    conditions.wish(one, AVAILABLE)

    conditions.wish(one, None)

    assert not conditions.take(10, 0.0)


def test_a_write_that_had_to_wait_is_not_sent_when_something_else_is_true() -> None:
    conditions, one = Conditions("own"), MANY[0]
    conditions.wish(one, AVAILABLE)
    (write,) = conditions.take(10, 0.0)
    assert conditions.is_wished(write)

    conditions.wish(one, NetworkCondition("False", CREATED, "in other words"))
    assert not conditions.is_wished(write)

    conditions.gone(one.name)
    assert not conditions.is_wished(write)


@pytest.mark.parametrize("by_list", [False, True])
def test_nothing_is_written_to_a_node_that_cannot_be_read_any_more(*, by_list: bool) -> None:
    ledger = a_quiet_cluster()
    assert len(ledger.conditions.take(1, 20.0)) == 1
    spoilt = unreadable("n7", "10.240.0.9", "10.200.7.0/24")

    if by_list:
        ledger.relist(roster(*(one for one in MANY if one.name != "n7"), spoilt), 21.0)
    else:
        ledger.observe(spoilt, 21.0)
    ledger.look(21.0)

    written = {one.node for one in ledger.conditions.take(100, 21.0)}
    assert "n7" not in written
    assert "n8" in written
