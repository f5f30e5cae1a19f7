"""NetworkUnavailable of a Node that is registered anew under its name."""

from dataclasses import replace

from podroute.routing.conditions import AVAILABLE, Conditions
from tests.unit.test_route_condition_writes import A, end, show


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
