"""NetworkUnavailable: when it is written, whose, and again."""

from dataclasses import replace

import pytest

from podroute.model.condition import CREATED, NOT_CREATED, NetworkCondition
from podroute.model.node import Node, NodeUid
from podroute.routing.conditions import AVAILABLE, Conditions, ConditionWrite, Whose
from tests.builders import node

A = node("a", "10.240.0.30", "10.200.0.0/24")
NOT = NetworkCondition("True", NOT_CREATED, "why")
CALICO = NetworkCondition("False", "CalicoIsUp", "Calico is running on this node")


def show(network: NetworkCondition | None, uid: str = "") -> Node:
    return replace(A, network=network, uid=NodeUid(uid or A.uid))


def told(conditions: Conditions, now: float = 0.0, count: int = 9) -> list[NetworkCondition]:
    return [one.condition for one in conditions.take(count, now)]


@pytest.mark.parametrize(
    ("whose", "shown", "wish", "written"),
    [
        ("own", None, AVAILABLE, True),
        ("own", None, NOT, True),
        ("own", AVAILABLE, AVAILABLE, False),
        ("own", NOT, AVAILABLE, True),
        ("own", replace(NOT, message="another"), NOT, True),
        ("own", NetworkCondition("True", "", ""), AVAILABLE, True),
        ("own", CALICO, NOT, False),
        ("own", NetworkCondition("True", "NoNetwork"), AVAILABLE, False),
        ("any", CALICO, NOT, True),
        ("any", NOT, NOT, False),
        ("none", None, NOT, False),
        ("none", NOT, AVAILABLE, False),
    ],
)
def test_whose_is_written(
    whose: Whose, shown: NetworkCondition | None, wish: NetworkCondition, *, written: bool
) -> None:
    conditions = Conditions(whose)

    conditions.wish(show(shown), wish)

    assert told(conditions) == ([wish] if written else [])


@pytest.mark.parametrize(
    ("shown", "turns"), [(None, True), (NOT, True), (CALICO, False), (AVAILABLE, False)]
)
def test_a_write_says_whether_the_status_turns(
    shown: NetworkCondition | None, *, turns: bool
) -> None:
    wish = replace(AVAILABLE, message="other words")
    conditions = Conditions("any")
    conditions.wish(show(shown), wish)

    assert conditions.take(1, 0) == [ConditionWrite(A.name, A.uid, wish, turns)]


def end(conditions: Conditions, write: ConditionWrite, now: float = 0.0, *, done: bool) -> None:
    conditions.answered(write, done=done, until=now, now=now)


def test_only_one_patch_of_a_node_is_under_way() -> None:
    conditions = Conditions("own")
    conditions.wish(show(None), NOT)
    (first,) = conditions.take(9, 0)

    conditions.wish(show(None), AVAILABLE)
    assert conditions.next_moment() == float("inf")
    assert told(conditions) == []
    end(conditions, first, done=True)
    assert conditions.next_moment() == 0
    assert told(conditions) == [AVAILABLE]


def test_what_is_written_is_not_written_again_before_it_is_shown() -> None:
    conditions = Conditions("own")
    conditions.wish(show(None), NOT)
    (write,) = conditions.take(9, 0)
    end(conditions, write, done=True)

    conditions.shown(show(None))
    conditions.wish(show(None), NOT)
    assert told(conditions) == []
    conditions.shown(show(NOT))
    assert told(conditions) == []


def test_somebody_who_writes_it_otherwise_under_our_reason_is_put_right() -> None:
    conditions = Conditions("own")
    conditions.wish(show(AVAILABLE), AVAILABLE)

    conditions.shown(show(NetworkCondition("True", CREATED)))

    assert told(conditions) == [AVAILABLE]


def test_somebody_who_writes_his_own_reason_meanwhile_is_left_alone() -> None:
    conditions = Conditions("own")
    conditions.wish(show(None), AVAILABLE)

    conditions.shown(show(CALICO))

    assert told(conditions) == []
    conditions.shown(show(None))
    assert told(conditions) == [AVAILABLE]


@pytest.mark.parametrize("shown", [CALICO, AVAILABLE])
def test_a_patch_that_failed_is_not_repeated_where_it_is_no_longer_wanted(
    shown: NetworkCondition,
) -> None:
    """Its effect is there all the same, or somebody else's reason is."""
    conditions = Conditions("own")
    conditions.wish(show(None), AVAILABLE)
    (write,) = conditions.take(9, 0)

    conditions.shown(show(shown))
    end(conditions, write, done=False)

    assert conditions.next_moment() == float("inf")
    assert told(conditions, 1000) == []


@pytest.mark.parametrize("shown", [CALICO, AVAILABLE])
def test_nor_where_that_is_seen_while_it_rests(shown: NetworkCondition) -> None:
    conditions = Conditions("own")
    conditions.wish(show(None), AVAILABLE)
    end(conditions, conditions.take(9, 0)[0], done=False)

    conditions.shown(show(shown))

    assert told(conditions, 1000) == []


def test_a_patch_that_failed_is_repeated_with_a_growing_pause() -> None:
    conditions = Conditions("own", first=1, longest=4)
    conditions.wish(show(None), NOT)
    now = 100.0

    for pause in (1, 2, 4, 4):
        (write,) = conditions.take(9, now)
        end(conditions, write, now, done=False)
        assert conditions.next_moment() == now + pause
        assert told(conditions, now + pause - 0.1) == []
        conditions.wish(show(None), NOT)
        now += pause
    (write,) = conditions.take(9, now)
    end(conditions, write, now, done=True)
    conditions.shown(show(AVAILABLE))
    (write,) = conditions.take(9, now)
    end(conditions, write, now, done=False)
    assert conditions.next_moment() == now + 1


def test_an_api_server_that_asks_for_longer_gets_longer() -> None:
    conditions = Conditions("own")
    conditions.wish(show(None), NOT)
    (write,) = conditions.take(9, 0)

    conditions.answered(write, done=False, until=30, now=0)

    assert conditions.next_moment() == 30


def test_others_are_written_while_one_rests() -> None:
    conditions = Conditions("own")
    conditions.wish(show(None), NOT)
    end(conditions, conditions.take(9, 0)[0], done=False)

    conditions.wish(node("b", "", "10.200.1.0/24"), AVAILABLE)

    assert told(conditions) == [AVAILABLE]


def test_so_many_at_once_in_the_order_in_which_they_came() -> None:
    conditions = Conditions("own")
    for name in "abc":
        conditions.wish(node(name), AVAILABLE)

    assert [one.node for one in conditions.take(2, 0)] == ["a", "b"]
    assert [one.node for one in conditions.take(2, 0)] == ["c"]


def test_a_new_machine_under_the_old_name_has_nothing_of_the_old_one() -> None:
    conditions = Conditions("own")
    conditions.wish(show(None), NOT)
    (write,) = conditions.take(9, 0)

    conditions.shown(show(None, "new"))
    end(conditions, write, done=True)
    assert told(conditions) == []
    conditions.wish(show(None, "new"), AVAILABLE)
    (second,) = conditions.take(9, 0)
    assert (second.uid, second.condition) == ("new", AVAILABLE)


def test_a_new_machine_waits_for_the_answer_about_the_old_one() -> None:
    conditions = Conditions("own")
    conditions.wish(show(None), NOT)
    (write,) = conditions.take(9, 0)
    conditions.gone(A.name)

    conditions.wish(show(None, "new"), AVAILABLE)
    assert told(conditions) == []
    end(conditions, write, done=False)
    assert told(conditions) == [AVAILABLE]


def test_a_node_that_is_gone_is_not_written() -> None:
    conditions = Conditions("own")
    conditions.wish(show(None), NOT)
    conditions.gone(A.name)
    assert told(conditions) == []

    conditions.wish(show(None), NOT)
    (write,) = conditions.take(9, 0)
    end(conditions, write, done=False)
    conditions.gone(A.name)
    assert (told(conditions, 99), conditions.next_moment()) == ([], float("inf"))


def test_an_answer_about_a_node_that_is_gone_changes_nothing() -> None:
    conditions = Conditions("own")
    conditions.wish(show(None), NOT)
    (write,) = conditions.take(9, 0)
    conditions.gone(A.name)

    end(conditions, write, done=False)

    assert conditions.next_moment() == float("inf")


def test_where_nothing_is_known_nothing_is_written() -> None:
    conditions = Conditions("own")
    conditions.wish(show(None), AVAILABLE)

    conditions.wish(show(None), None)
    assert told(conditions) == []
    conditions.wish(show(None), AVAILABLE)
    assert told(conditions) == [AVAILABLE]


def test_what_has_waited_is_asked_about_before_it_is_sent() -> None:
    conditions = Conditions("own")
    conditions.wish(show(None), AVAILABLE)
    (write,) = conditions.take(9, 0)
    assert conditions.is_wished(write)

    conditions.wish(show(None), NOT)
    assert not conditions.is_wished(write)
    conditions.wish(show(None), AVAILABLE)
    assert conditions.is_wished(write)
    conditions.shown(show(CALICO))
    assert not conditions.is_wished(write)
    conditions.shown(show(None))
    assert conditions.is_wished(write)
    conditions.wish(show(None, "new"), AVAILABLE)
    assert not conditions.is_wished(write)
    conditions.gone(A.name)
    assert not conditions.is_wished(write)


def test_a_node_that_was_made_anew_under_a_write_gets_its_own() -> None:
    conditions = Conditions("own")
    conditions.wish(show(None), AVAILABLE)
    (write,) = conditions.take(1, 0.0)
    conditions.wish(show(None, uid="another"), AVAILABLE)
    assert told(conditions) == []

    conditions.answered(write, done=False, until=0.0, now=0.0)

    (again,) = conditions.take(1, 0.0)
    assert (again.uid, again.condition) == ("another", AVAILABLE)
