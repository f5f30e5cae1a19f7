"""What a person would type for each line of the table."""

from collections.abc import Sequence

import pytest
from typing_extensions import override

from podroute.cli.by_hand import typed
from podroute.model.node import Node
from podroute.model.route import InstalledRoute
from podroute.providers.interface import ProviderUnreachable
from podroute.routing.observed import Observed
from podroute.routing.steps import Change
from tests.builders import SEED_RULES, installed, node, table
from tests.unit.played_router import Router
from tests.unit.route_ledgers import words

A = node("a", "10.240.0.30", "10.200.0.0/24")
THIEF = node("thief", "10.240.0.66", "10.9.0.0/24")
CIDR = "10.200.0.0/24"
OURS, WRONG = installed(CIDR, "10.240.0.30"), installed(CIDR, "10.240.0.99")
FOREIGN = installed(CIDR, "10.240.0.30", "foreign")
IN_THE_WAY = installed(CIDR, "10.240.0.99", "foreign")
SECOND = installed(CIDR, "10.240.0.98", preference=7)


class Typed(Router):
    """Its commands are the steps in short words."""

    @override
    def commands(self, changes: Sequence[Change]) -> Sequence[str]:
        if self.down:
            raise ProviderUnreachable(self.down)
        return [words(one) for one in changes]


def commands(
    nodes: Sequence[Node], routes: Sequence[InstalledRoute], subject: str = CIDR, down: str = ""
) -> Sequence[str]:
    observed = Observed(SEED_RULES)
    observed.relist(nodes)
    observed.install(table(*routes))
    router = Typed()
    router.down = down
    return typed(observed, SEED_RULES, router, subject)


@pytest.mark.parametrize(
    ("nodes", "routes", "lines"),
    [
        pytest.param([A], [], [f"+ {CIDR} via 10.240.0.30"], id="Missing"),
        pytest.param([A], [OURS], [f"+ {CIDR} via 10.240.0.30"], id="InSync: how it is made"),
        pytest.param(
            [A], [WRONG], [f"~ {CIDR} via 10.240.0.30, was 10.240.0.99"], id="WrongNextHop"
        ),
        pytest.param([], [OURS], [f"- {CIDR} via 10.240.0.30"], id="Stale"),
        pytest.param([A], [OURS, SECOND], [f"- {CIDR} via 10.240.0.98"], id="a second one of ours"),
        pytest.param(
            [],
            [OURS, SECOND],
            [f"- {CIDR} via 10.240.0.30 && - {CIDR} via 10.240.0.98"],
            id="two steps are one line",
        ),
        pytest.param([A], [FOREIGN], [f"= {CIDR} via 10.240.0.30"], id="foreign and right: adopt"),
        pytest.param(
            [A],
            [IN_THE_WAY],
            [f"# {IN_THE_WAY.handle}: somebody else's; who has made it removes it"],
            id="Blocked by a foreign one",
        ),
        pytest.param(
            [],
            [FOREIGN],
            [f"# {FOREIGN.handle}: somebody else's; who has made it removes it"],
            id="Foreign",
        ),
    ],
)
def test_each_route_that_can_be_mended_has_its_line(
    nodes: Sequence[Node], routes: Sequence[InstalledRoute], lines: Sequence[str]
) -> None:
    assert commands(nodes, routes) == lines


def test_a_claim_that_is_refused_has_no_command() -> None:
    """Whoever copies it would do what the Node has asked for."""
    assert commands([A, THIEF], [OURS], "10.9.0.0/24") == []


def test_nothing_of_other_destinations_is_typed() -> None:
    b = node("b", "10.240.0.31", "10.200.1.0/24")

    assert commands([A, b], []) == [f"+ {CIDR} via 10.240.0.30"]


def test_that_a_cloud_cannot_be_asked_is_said_as_a_comment() -> None:
    assert commands([A], [], down="no\nnetwork") == ["# not known now: no\\nnetwork"]
