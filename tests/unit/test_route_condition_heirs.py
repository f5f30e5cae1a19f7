"""NetworkUnavailable where what is to be said changes before it is said."""

from dataclasses import replace

from podroute.routing.conditions import AVAILABLE, Conditions
from tests.unit.test_route_condition_writes import NOT, A, end, show, told


def test_its_own_is_written_when_the_former_one_is_answered() -> None:
    conditions = Conditions("own")
    conditions.wish(show(None), AVAILABLE)
    (former,) = conditions.take(9, 0.0)
    conditions.wish(show(None, uid="registered anew"), AVAILABLE)
    assert conditions.take(9, 0.0) == []

    end(conditions, former, done=True)

    (own,) = conditions.take(9, 0.0)
    assert own == replace(former, uid=show(None, uid="registered anew").uid)
    assert own.node == A.name


def test_while_a_patch_that_failed_rests_the_last_wish_counts() -> None:
    conditions = Conditions("own", first=1)
    conditions.wish(show(None), NOT)
    (write,) = conditions.take(9, 0.0)
    end(conditions, write, 0.0, done=False)

    conditions.wish(show(None), AVAILABLE)

    assert told(conditions, 1.0) == [AVAILABLE]
