"""Throttling, quotas, late answers, cut connections, lost rights: nothing is lost by any of it."""

from collections import Counter, deque
from dataclasses import replace

import pytest
from botocore.session import Session

from podroute.model.cidr import parse_cidr
from podroute.model.node import Roster
from podroute.model.pool import CidrPool
from podroute.providers.aws.client import AwsClient
from podroute.providers.aws.session import AwsSession
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.interface import ProviderUnreachable
from podroute.routing.outcome import Done, Failed
from podroute.routing.proposal import propose
from podroute.routing.steps import Blocked, Create, Delete, Replace
from podroute.testing.aws.faults import (
    CUT,
    CUT_AFTER,
    THROTTLED,
    UNAVAILABLE,
    Fault,
    Sometimes,
    denied,
)
from podroute.testing.aws.server import Ec2Server, login
from podroute.testing.aws.vpc import Vpc, Worker
from podroute.testing.builders import route
from tests.aws.opened import RULES, converged, node, nodes, one_pass, plan, provider_at

WISH = Create(route("10.200.0.0/24", "10.240.0.30"))
EXPIRED = Fault("RequestExpired", "Request has expired.", 400)


@pytest.fixture
def options(server: Ec2Server) -> AwsOptions:
    """Those that lead to the server."""
    return AwsOptions(endpoint=server.endpoint)


@pytest.fixture
def table(vpc: Vpc) -> str:
    """The one."""
    return vpc.table()


@pytest.fixture
def workers(vpc: Vpc) -> list[Worker]:
    """Four, as ``nodes`` has them."""
    return [vpc.worker(f"worker{number}", f"10.240.0.{30 + number}") for number in range(4)]


def counted(server: Ec2Server) -> Counter[str]:
    """The requests so far, by action."""
    return Counter(asked.action for asked in server.layer.asked)


@pytest.mark.usefixtures("table", "workers")
async def test_who_is_throttled_asks_less(server: Ec2Server, options: AwsOptions) -> None:
    """F16: two tries by the library, then the caller is asked to be slower."""
    provider = provider_at(options)
    proposal = await plan(provider, nodes(4))
    server.layer.faults = Sometimes(THROTTLED, "CreateRoute")

    outcomes = await provider.apply(proposal.verdict.allowed)

    assert {(one.retry, one.after > 0) for one in outcomes if isinstance(one, Failed)} == {
        ("slower", True)
    }
    assert counted(server)["CreateRoute"] <= 2 * 4


@pytest.mark.usefixtures("table", "workers")
async def test_half_of_the_calls_throttled_is_only_slower(
    server: Ec2Server, options: AwsOptions
) -> None:
    provider = provider_at(options)
    await provider.read()
    server.layer.faults = Sometimes(THROTTLED, "CreateRoute", range(0, 1000, 2))

    assert await converged(provider, nodes(4), within=4) <= 4


@pytest.mark.usefixtures("table")
async def test_a_throttled_read_says_when_to_come_back(
    server: Ec2Server, options: AwsOptions
) -> None:
    server.layer.faults = Sometimes(THROTTLED)
    with pytest.raises(ProviderUnreachable, match="fewer requests") as caught:
        await provider_at(options).read()
    assert caught.value.after > 0


@pytest.mark.usefixtures("workers")
async def test_what_does_not_fit_is_not_even_tried(
    server: Ec2Server, options: AwsOptions, table: str, vpc: Vpc
) -> None:
    """F17: the quota is read first, and told."""
    server.layer.quota = 3
    provider = provider_at(options)
    shown = await provider.read()

    proposal = await plan(provider, nodes(4))
    outcomes = await one_pass(provider, nodes(4))
    further = await provider.apply([Create(route("10.200.3.0/24", "10.240.0.33", "worker3"))])

    assert shown.quota is not None
    assert (shown.quota.used_by(4), shown.quota.limit) == (1, 3)
    assert [type(step) for step in proposal.steps] == [Create, Create, Blocked, Blocked]
    assert [type(one) for one in outcomes] == [Done, Done]
    assert f"{table} has no room: its quota is 3 IPv4 routes" in str(further)
    assert counted(server)["CreateRoute"] == 2
    assert len(vpc.routes(table)) == 2
    after = (await provider.read()).quota
    assert after is not None
    assert (after.room(4), after.is_full) == (0, True)


@pytest.mark.usefixtures("workers")
async def test_ipv6_has_room_where_ipv4_has_none(
    server: Ec2Server, options: AwsOptions, table: str, vpc: Vpc
) -> None:
    address = parse_cidr(vpc.ipv6).network_address + 0x39
    vpc.worker("worker9", "10.240.0.39", str(address))
    server.layer.quota = 3
    provider = provider_at(options)
    six = node(9)
    dual = replace(six, internal_ips=(*six.internal_ips, address))
    dual = replace(dual, pod_cidrs=(*dual.pod_cidrs, parse_cidr("fd00:10:200:9::/64")))
    roster = Roster((*nodes(4).nodes, dual))
    rules = replace(RULES, pools=(*RULES.pools, CidrPool(parse_cidr("fd00:10:200::/48"), 64)))

    proposal = propose(roster, await provider.read(), rules)

    stopped = [step for step in proposal.steps if isinstance(step, Blocked)]
    assert [str(step.destination) for step in stopped] == [
        f"10.200.{number}.0/24" for number in (2, 3, 9)
    ]
    assert "takes 3 IPv4 routes, and 3 are there or come first" in stopped[0].reason
    outcomes = await provider.apply(proposal.verdict.allowed)
    assert {type(one) for one in outcomes} == {Done}
    assert "fd00:10:200:9::/64" in {destination for destination, _, _ in vpc.routes(table)}


@pytest.mark.usefixtures("table", "workers")
async def test_a_quota_that_may_not_be_read_is_met_when_it_is_reached(
    server: Ec2Server, options: AwsOptions
) -> None:
    server.layer.quota = 3
    server.layer.faults = Sometimes(denied("servicequotas:GetServiceQuota"), "GetServiceQuota")
    provider = provider_at(options)

    outcomes = await one_pass(provider, nodes(4))

    assert (await provider.read()).quota is None
    assert [one.retry for one in outcomes if isinstance(one, Failed)] == ["pointless", "pointless"]
    assert "RouteLimitExceeded" in str(outcomes)
    told = AwsOptions(endpoint=server.endpoint, routes_per_table=7)
    shown = (await provider_at(told).read()).quota
    assert shown is not None
    assert (shown.used_by(4), shown.limit) == (3, 7)


@pytest.mark.usefixtures("table", "workers")
@pytest.mark.parametrize("late", [[True], [True, True], [True, False, True], [False, True]])
async def test_a_late_answer_is_asked_for_again(
    server: Ec2Server, options: AwsOptions, late: list[bool]
) -> None:
    """F18: also one that is older than the one before."""
    provider = provider_at(options)
    await provider.read()
    server.layer.stale = deque([False, *late])
    await one_pass(provider, nodes(1))

    shown = [(await provider.read()).routes for _ in range(2)]

    assert [len(routes) for routes in shown] == [1, 1]
    assert {one.ownership for routes in shown for one in routes} == {"ours"}


@pytest.mark.usefixtures("table", "workers")
async def test_nothing_is_replaced_by_a_late_answer(
    server: Ec2Server, options: AwsOptions, vpc: Vpc, table: str
) -> None:
    """A route of ours that was just moved looks as if it were not: it is left alone for now."""
    provider = provider_at(options)
    await one_pass(provider, nodes(1))
    before = (await provider.read()).routes[0]

    server.layer.stale = deque([False, True])
    first = await provider.apply([Replace(before, route("10.200.0.0/24", "10.240.0.31"))])
    second = await provider.apply([Delete(before)])

    assert [type(one) for one in (*first, *second)] == [Done, Failed]
    assert "still shows what was there before" in str(second)
    assert len(vpc.routes(table)) == 1


@pytest.mark.usefixtures("table", "workers")
@pytest.mark.parametrize("fault", [CUT_AFTER, Fault("InternalError", status=500, when="after")])
async def test_an_answer_that_is_lost_after_the_effect_is_found_out(
    server: Ec2Server, options: AwsOptions, fault: Fault
) -> None:
    provider = provider_at(options)
    await provider.read()
    server.layer.faults = Sometimes(fault, "CreateRoute")

    assert await provider.apply([WISH]) == [Done(WISH)]


@pytest.mark.usefixtures("table", "workers")
@pytest.mark.parametrize("fault", [CUT, UNAVAILABLE])
async def test_one_failure_stops_no_other(
    server: Ec2Server, options: AwsOptions, fault: Fault
) -> None:
    """F19."""
    provider = provider_at(options)
    await provider.read()
    server.layer.faults = lambda asked: (
        fault if asked.parameters.get("DestinationCidrBlock") == "10.200.2.0/24" else None
    )

    outcomes = await one_pass(provider, nodes(4))

    assert [type(one) for one in outcomes] == [Done, Done, Failed, Done]
    server.layer.faults = Sometimes(CUT, "nothing")
    assert await converged(provider, nodes(4), within=1) == 1


@pytest.mark.usefixtures("table", "workers")
@pytest.mark.parametrize("action", ["CreateRoute", "CreateTags"])
async def test_a_missing_permission_is_named(
    server: Ec2Server, options: AwsOptions, action: str
) -> None:
    provider = provider_at(options)
    await provider.read()
    server.layer.faults = Sometimes(denied(f"ec2:{action}"), action)

    outcomes = await provider.apply([WISH])

    assert f"ec2:{action} is not allowed: see the policy in docs/providers/aws.md" in str(outcomes)
    assert "c2VjcmV0" not in str(outcomes)


@pytest.mark.parametrize("action", ["DescribeRouteTables", "DescribeInstances"])
@pytest.mark.usefixtures("table", "workers")
async def test_without_the_right_to_read_nothing_is_changed(
    server: Ec2Server, options: AwsOptions, action: str
) -> None:
    server.layer.faults = Sometimes(denied(f"ec2:{action}"), action)
    server.layer.asked.clear()

    with pytest.raises(ProviderUnreachable, match=f"ec2:{action} is not allowed"):
        await provider_at(options).apply([WISH])

    assert not {"CreateRoute", "CreateTags"} & counted(server).keys()


@pytest.mark.usefixtures("table", "workers")
async def test_credentials_that_expire_are_fetched_anew(
    server: Ec2Server, options: AwsOptions
) -> None:
    """F25, in the middle of a pass."""
    logins: list[str] = []

    def fetch(_: AwsOptions) -> Session:
        logins.append("again")
        return login()

    client = AwsClient(AwsSession(options, fetch), options, lambda: 0.0)
    server.layer.faults = Sometimes(EXPIRED, "CreateRoute", range(1))

    assert client.apply([WISH]) == [Done(WISH)]
    assert len(logins) == 2


@pytest.mark.usefixtures("table", "workers")
async def test_while_credentials_are_refused_routes_stay(
    server: Ec2Server, options: AwsOptions, vpc: Vpc, table: str
) -> None:
    provider = provider_at(options)
    await one_pass(provider, nodes(4))
    server.layer.faults = Sometimes(EXPIRED)

    with pytest.raises(ProviderUnreachable, match="renew them"):
        await one_pass(provider, Roster())

    server.layer.faults = Sometimes(CUT, "nothing")
    assert len(vpc.routes(table)) == 4
