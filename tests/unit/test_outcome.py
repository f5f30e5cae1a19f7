"""confirm: what was said to be done is believed when it is seen."""

from dataclasses import replace

import pytest

from podroute.model.route import InstalledRoute
from podroute.routing.outcome import Done, Failed, confirm
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace
from tests.builders import installed, route, table

CIDR, HOP, OLD = "10.200.1.0/24", "10.240.0.31", "10.240.0.9"
WISH = route(CIDR, HOP)
UNREAD = "the router took it, but it is not so when read back"


@pytest.mark.parametrize(
    ("change", "present", "seen"),
    [
        (Create(WISH), [installed(CIDR, HOP)], True),
        (Create(WISH), [], False),
        (Create(WISH), [installed(CIDR, OLD)], False),
        (Create(WISH), [installed("10.200.2.0/24", HOP)], False),
        (Create(WISH), [installed(CIDR, HOP, "foreign")], False),
        (Create(WISH), [installed(CIDR, HOP, deviation="metric 1, not 0")], False),
        (Create(WISH), [installed(CIDR, HOP), installed(CIDR, OLD, "foreign")], True),
        (Replace(installed(CIDR, OLD), WISH), [installed(CIDR, HOP)], True),
        (Replace(installed(CIDR, OLD), WISH), [installed(CIDR, OLD)], False),
        (Adopt(installed(CIDR, HOP, "foreign"), WISH), [installed(CIDR, HOP)], True),
        (
            Adopt(installed(CIDR, HOP, "foreign"), WISH),
            [installed(CIDR, HOP, "foreign")],
            False,
        ),
        (
            Adopt(installed(CIDR, HOP, "foreign", preference=9), WISH, written=True),
            [installed(CIDR, HOP), installed(CIDR, HOP, "foreign", preference=9)],
            False,
        ),
        (
            Replace(installed(CIDR, OLD, preference=9), WISH),
            [installed(CIDR, HOP), installed(CIDR, OLD, preference=9)],
            False,
        ),
        (Delete(installed(CIDR, OLD)), [], True),
        (Delete(installed(CIDR, OLD)), [installed(CIDR, HOP)], True),
        (Delete(installed(CIDR, OLD)), [installed(CIDR, OLD)], False),
        (Delete(installed(CIDR, OLD)), [replace(installed(CIDR, OLD), warning="off")], False),
        (Delete(installed(CIDR, OLD), WISH.node), [installed(CIDR, HOP)], True),
        (Delete(installed(CIDR, OLD), WISH.node), [installed("10.200.7.0/24", HOP)], False),
        (Delete(installed(CIDR, OLD), WISH.node), [installed(CIDR, kind="blackhole")], False),
    ],
)
def test_a_change_is_done_when_it_is_read_back(
    change: Change, present: list[InstalledRoute], *, seen: bool
) -> None:
    (outcome,) = confirm([Done(change)], table(*present))

    if seen:
        assert outcome == Done(change)
    else:
        assert isinstance(outcome, Failed)
        assert (outcome.step, outcome.retry) == (change, "worth it")
        assert outcome.reason.startswith(UNREAD)


def test_what_is_not_as_it_should_be_of_it_is_told() -> None:
    idle = replace(installed(CIDR, HOP), deviation="configured, but not active")
    (created,) = confirm([Done(Create(WISH))], table(idle))
    (deleted,) = confirm([Done(Delete(idle))], table(idle))

    assert created == Failed(Create(WISH), f"{UNREAD}: configured, but not active", "worth it")
    assert deleted == Failed(Delete(idle), UNREAD, "worth it")


def test_a_failure_stays_what_it_is_and_the_order_too() -> None:
    refused = Failed(Create(WISH), "refused", "pointless")
    done = Done(Delete(installed(CIDR, OLD)))

    assert list(confirm([refused, done], table(installed(CIDR, HOP)))) == [refused, done]
