"""NetworkUnavailable: what a list says about patches."""

import pytest

from podroute.model.condition import NetworkCondition
from podroute.routing.conditions import AVAILABLE, Conditions
from tests.builders import node
from tests.unit.test_route_condition_writes import NOT, end, show, told


def test_a_list_shows_what_became_of_a_patch() -> None:
    """The watch was away while somebody put back what was there before."""
    conditions = Conditions("own")
    conditions.wish(show(NOT), AVAILABLE)
    (write,) = conditions.take(9, 0)
    end(conditions, write, done=True)
    conditions.shown(show(NOT))
    assert told(conditions) == []

    conditions.listed(show(NOT))

    assert told(conditions) == [AVAILABLE]
    conditions.listed(node("unknown"))
    assert told(conditions) == []


@pytest.mark.parametrize(("later", "again"), [(NOT, [AVAILABLE]), (AVAILABLE, [])])
def test_a_list_that_came_before_the_answer_may_show_what_became_of_it(
    later: NetworkCondition, again: list[NetworkCondition]
) -> None:
    """A restored backup has lost it, and no watch tells."""
    conditions = Conditions("own")
    conditions.wish(show(NOT), AVAILABLE)
    (write,) = conditions.take(9, 0)
    conditions.listed(show(NOT))
    conditions.shown(show(later))
    assert told(conditions) == []

    end(conditions, write, done=True)

    assert told(conditions) == again
