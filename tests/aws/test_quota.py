"""A quota that is not told for a while, and one that is raised."""

import pytest

from podroute.providers.aws.client import AwsClient
from podroute.providers.aws.session import AwsSession
from podroute.providers.aws.settings import AwsOptions
from podroute.testing.aws.faults import CUT, THROTTLED, Fault, Sometimes, denied
from podroute.testing.aws.server import Ec2Server, login
from podroute.testing.aws.vpc import Vpc


@pytest.mark.parametrize(
    ("fault", "known_again"),
    [(THROTTLED, 1), (CUT, 600), (denied("servicequotas:GetServiceQuota"), 3600)],
)
def test_a_quota_that_was_not_told_is_asked_for_again(
    server: Ec2Server, vpc: Vpc, fault: Fault, known_again: int
) -> None:
    """At the next look, in ten minutes or in an hour; what is known lasts as long."""
    vpc.table()
    options = AwsOptions(endpoint=server.endpoint)
    now = 0.0
    client = AwsClient(AwsSession(options, lambda _: login()), options, lambda: now)
    server.layer.faults = Sometimes(
        fault, "GetServiceQuota", range(1 if fault.status == 403 else 2)
    )
    limits: list[int | None] = []
    for now in (0.0, known_again - 1.0, known_again, known_again + 3599.0):  # noqa: B007 -- the clock
        table, _ = client.read()
        limits.append(table.quota.limit if table.quota else None)
    server.layer.faults = Sometimes(THROTTLED, "GetServiceQuota")
    now = known_again + 7200.0
    table, _ = client.read()

    assert limits[-2:] == [server.layer.quota] * 2
    assert [one is None for one in limits[:2]] == [True, known_again > 1]
    assert table.quota is not None


@pytest.mark.parametrize(("limit", "known_again"), [(1, 60), (2, 3600)])
def test_a_quota_that_is_raised_is_known_in_a_minute_where_it_was_used_up(
    server: Ec2Server, vpc: Vpc, limit: int, known_again: int
) -> None:
    """By the local route; elsewhere in an hour."""
    vpc.table()
    server.layer.quota = limit
    options = AwsOptions(endpoint=server.endpoint)
    now = 0.0
    client = AwsClient(AwsSession(options, lambda _: login()), options, lambda: now)
    limits: list[int | None] = []
    for now in (0.0, known_again - 1.0, known_again, known_again + 3599.0):  # noqa: B007 -- the clock
        table, _ = client.read()
        limits.append(table.quota.limit if table.quota else None)
        server.layer.quota += 1

    assert limits == [limit, limit, limit + 2, limit + 2]
