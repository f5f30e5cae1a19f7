"""How many routes a project may have, by what Google Cloud says of it."""

from math import inf

import pytest

from podroute.model.route import Quota
from podroute.providers.gcp.translate import quota_of
from podroute.providers.gcp.wire import Project, ProjectQuota


def test_the_quota_is_that_for_routes() -> None:
    other = ProjectQuota("NETWORKS", 5.0, 1.0)
    assert quota_of(Project((other, ProjectQuota("ROUTES", 250.0, 12.0)))) == Quota(
        12, 250, spare=1
    )
    assert quota_of(Project((other,))) is None


@pytest.mark.parametrize(("limit", "usage"), [(-1.0, 1.0), (inf, 1.0), (250.0, inf)])
def test_a_quota_that_is_no_number_of_routes_is_none(limit: float, usage: float) -> None:
    assert quota_of(Project((ProjectQuota("ROUTES", limit, usage),))) is None
