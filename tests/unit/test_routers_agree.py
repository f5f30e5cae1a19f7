"""What several routers say together of a Node's routes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podroute.model.condition import NetworkCondition
from podroute.routing.agreement import Agreement, agreed
from podroute.routing.conditions import AVAILABLE, FAILED, Conditions, failed_by
from tests.builders import node

LACKS = failed_by("10.200.0.0/24: refused")
A = node("a", "10.240.0.30", "10.200.0.0/24")
AGAIN = node("a", "10.240.0.30", "10.200.0.0/24", uid="another")
NEEDED = {"all": 3, "any": 1, "two": 2}

verdicts = st.sampled_from([AVAILABLE, LACKS, None])
several = st.lists(verdicts, min_size=2, max_size=6).map(
    lambda said: dict(zip("abcdef", said, strict=False))
)


def status(condition: NetworkCondition | None) -> str | None:
    return None if condition is None else condition.status


@pytest.mark.parametrize(
    ("said", "all_of_them", "any_of_them", "two"),
    [
        ("+++", "False", "False", "False"),
        ("++-", "True", "False", "False"),
        ("+--", "True", "False", "True"),
        ("---", "True", "True", "True"),
        ("++?", None, "False", "False"),
        ("+-?", "True", "False", None),
        ("+??", None, "False", None),
        ("--?", "True", None, "True"),
        ("???", None, None, None),
    ],
)
def test_enough_have_it_or_too_many_lack_it_or_nobody_knows(
    said: str, all_of_them: str | None, any_of_them: str | None, two: str | None
) -> None:
    words = {"+": AVAILABLE, "-": LACKS, "?": None}
    three = {name: words[one] for name, one in zip("abc", said, strict=True)}
    assert [status(agreed(three, one)) for one in NEEDED.values()] == [
        all_of_them,
        any_of_them,
        two,
    ]


def test_who_lacks_it_is_named_whatever_follows() -> None:
    said = {"left": AVAILABLE, "right": LACKS}
    unavailable, available = agreed(said, 2), agreed(said, 1)
    assert unavailable is not None
    assert unavailable.message == f"{FAILED}: at right: 10.200.0.0/24: refused"
    assert available is not None
    assert available.message == f"{AVAILABLE.message}, but not at right"
    assert available.reason == AVAILABLE.reason
    of_three = agreed({**said, "middle": LACKS}, 1)
    assert of_three is not None
    assert of_three.message == f"{AVAILABLE.message}, but not at right, middle"


def test_of_two_that_lack_it_both_are_named_and_the_message_has_an_end() -> None:
    said = {"left": failed_by("x" * 1000), "right": LACKS}
    told = agreed(said, 2)
    assert told is not None
    left, right = told.message.removeprefix(FAILED).split("; ")
    assert (left[:14], left[-2:], len(left)) == (": at left: xxx", "x…", len(": ") + 248)
    assert right == "at right: 10.200.0.0/24: refused"


@given(verdicts)
def test_one_router_alone_is_believed_word_for_word(said: NetworkCondition | None) -> None:
    assert agreed({"": said}, 1) is said


@given(several, st.data())
def test_it_is_so_exactly_where_what_is_not_known_changes_nothing(
    said: dict[str, NetworkCondition | None], data: st.DataObject
) -> None:
    """Whatever those say of whom nothing is known: a known answer stays."""
    needed = data.draw(st.integers(1, len(said)))
    ends = {
        status(agreed({name: one or rest for name, one in said.items()}, needed))
        for rest in (AVAILABLE, LACKS)
    }
    told = status(agreed(said, needed))
    assert told == (ends.pop() if len(ends) == 1 else None)


@given(several)
def test_who_asks_for_less_is_never_told_less(said: dict[str, NetworkCondition | None]) -> None:
    order = {"True": 0, None: 1, "False": 2}
    told = [order[status(agreed(said, needed))] for needed in range(1, len(said) + 1)]
    assert told == sorted(told, reverse=True)


@given(several)
def test_any_is_one_of_them_and_all_is_each_of_them(
    said: dict[str, NetworkCondition | None],
) -> None:
    states = [status(one) for one in said.values()]
    assert (status(agreed(said, 1)) == "False") == ("False" in states)
    assert (status(agreed(said, 1)) == "True") == (set(states) == {"True"})
    assert (status(agreed(said, len(said))) == "False") == (set(states) == {"False"})
    assert (status(agreed(said, len(said))) == "True") == ("True" in states)


def written(conditions: Conditions) -> list[str]:
    """All are written, as if at once."""
    told: list[str] = []
    for one in conditions.take(10, 0.0):
        conditions.answered(one, done=True, until=0.0, now=0.0)
        told.append(f"{one.node} {one.condition.status}")
    return told


def test_the_condition_is_written_when_the_last_has_the_route() -> None:
    conditions = Conditions("own")
    agreement = Agreement(conditions, ("left", "right"), 2)
    agreement.say("left", A, AVAILABLE)
    assert written(conditions) == []
    agreement.say("right", A, AVAILABLE)
    assert written(conditions) == ["a False"]
    agreement.say("left", A, LACKS)
    assert written(conditions) == ["a True"]


@pytest.mark.parametrize("removed", [True, False], ids=["removed", "replaced unseen"])
def test_another_node_of_the_same_name_begins_anew(*, removed: bool) -> None:
    conditions = Conditions("own")
    agreement = Agreement(conditions, ("left", "right"), 2)
    for router in ("left", "right"):
        agreement.say(router, A, AVAILABLE)
    assert written(conditions) == ["a False"]
    again = AGAIN
    if removed:
        agreement.gone(A.name)
        again = A
    agreement.say("left", again, AVAILABLE)
    assert written(conditions) == []
    agreement.say("right", again, AVAILABLE)
    assert written(conditions) == ["a False"]
