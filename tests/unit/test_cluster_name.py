"""--cluster-name is in the marks of those providers that have any."""

import pytest

from podroute.cli.failure import Failure
from podroute.cli.options import Router
from podroute.cli.reading import open_router


@pytest.mark.parametrize(
    ("provider", "options"), [("aws", ()), ("gcp", ("network=default", "project=net-1"))]
)
async def test_it_is_the_providers_option_cluster_unless_that_is_given(
    provider: str, options: tuple[str, ...]
) -> None:
    with pytest.raises(Failure, match="NO NAME"):
        async with open_router(Router(provider, options), "NO NAME"):
            pass
    with pytest.raises(Failure, match="NONE EITHER"):
        async with open_router(Router(provider, (*options, "cluster=NONE EITHER")), "NO NAME"):
            pass


async def test_it_is_nothing_to_a_provider_without_marks_of_clusters() -> None:
    async with open_router(Router("memory"), "NO NAME") as router:
        assert (await router.read()).routes == ()
