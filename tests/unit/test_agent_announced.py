"""Does the BGP daemon beside the agent announce this worker?"""

from collections.abc import Sequence
from ipaddress import ip_address

import pytest
from typing_extensions import override

from podroute.agent.announced import announcing_checks
from podroute.agent.announcing import own_roster
from podroute.agent.nodes import Known
from podroute.model.check import Check
from podroute.model.cidr import parse_cidr
from podroute.model.route import InstalledRoute, RouteTable
from podroute.providers.interface import ProviderUnreachable, Question
from podroute.providers.memory.provider import MemoryRoutes
from tests.builders import installed, pool, rules

OWN = own_roster("worker-0", Known((parse_cidr("10.200.0.0/24"),), (ip_address("10.240.0.30"),)))
RULES = rules(pool("10.200.0.0/16", 24))
SOUND = installed("10.200.0.0/24", "10.240.0.30")


class Daemon(MemoryRoutes):
    """One that can be away, and knows its neighbours."""

    away = False

    @override
    async def read(self) -> RouteTable:
        if self.away:
            message = "GoBGP is not there"
            raise ProviderUnreachable(message)
        return await super().read()

    async def checks(self, question: Question) -> Sequence[Check]:
        return (Check("bgp-session", f"{len(question.wishes)} of {question.pools[0]}"),)


@pytest.mark.parametrize(
    ("present", "causes"),
    [
        ([SOUND], []),
        ([], ["Missing"]),
        ([installed("10.200.0.0/24", "10.240.0.31")], ["WrongNextHop"]),
        ([SOUND, installed("10.200.7.0/24", "10.240.0.30")], ["Stale"]),
        ([SOUND, installed("10.200.7.0/24", "10.240.0.31", ownership="foreign")], []),
        ([installed("10.200.0.0/24", "10.240.0.99", ownership="foreign")], ["Blocked"]),
    ],
)
async def test_what_differs_from_the_node_is_told(
    present: list[InstalledRoute], causes: list[str]
) -> None:
    answers, announced, session = await announcing_checks(Daemon(present), OWN, RULES)

    assert (answers.id, answers.verdict) == ("bgp-daemon", "passed")
    assert announced.id == "bgp-announced"
    assert [one.cause.partition(":")[0] for one in announced.problems] == causes
    assert session == Check("bgp-session", "1 of 10.200.0.0/16")


async def test_a_daemon_that_is_away_is_told_and_what_is_not_known_then() -> None:
    daemon = Daemon()
    daemon.away = True

    answers, announced = await announcing_checks(daemon, OWN, RULES)

    assert [one.cause for one in answers.problems] == ["GoBGP is not there"]
    assert (announced.verdict, announced.skipped) == ("skipped", "it does not answer")


async def test_a_provider_that_knows_no_neighbours_is_asked_for_none() -> None:
    checks = await announcing_checks(MemoryRoutes([SOUND]), OWN, RULES)

    assert [(one.id, one.verdict) for one in checks] == [
        ("bgp-daemon", "passed"),
        ("bgp-announced", "passed"),
    ]
