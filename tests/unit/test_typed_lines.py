"""The line that a person types for a change, whatever the router."""

import pytest

from podroute.providers.typed import typed
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Create
from tests.builders import route

CREATE = Create(route("10.200.0.0/24", "10.240.0.30", "worker-0"))


@pytest.mark.parametrize(
    ("prepared", "line"),
    [
        ("add", "ip add"),
        (Done(CREATE), "true"),
        (Failed(CREATE, "it's in the way", "pointless"), """false 'it'"'"'s in the way'"""),
        (Failed(CREATE, "\x1b[2J; reboot", "pointless"), r"false '\x1b[2J; reboot'"),
    ],
)
def test_it_does_the_work_or_nothing_or_fails_and_says_why(
    prepared: str | Done | Failed, line: str
) -> None:
    assert typed(prepared, "ip {}".format) == line
