"""The loop that writes conditions: when it wakes."""

from dataclasses import replace

from podroute.kube.node_events import Changed
from podroute.routing.conditions import AVAILABLE, failed_by
from tests.builders import installed, node
from tests.unit.played_router import Api, Router, listed, running
from tests.waiting import until

A = node("a", "10.240.0.30", "10.200.0.0/24")
SPOILT = Changed(replace(A, network=failed_by("somebody else's words")))
RIGHT = Changed(replace(A, network=AVAILABLE))


async def test_what_has_to_rest_is_written_though_nothing_else_happens() -> None:
    """Somebody else says another thing; the second time it is said again a second later."""
    api, router = Api(listed(A)), Router([installed("10.200.0.0/24", "10.240.0.30")])
    async with running(api, router):
        await until(lambda: len(api.written) == 1)
        api.news.put_nowait(SPOILT)
        await until(lambda: len(api.written) == 2)
        api.news.put_nowait(RIGHT)
        api.news.put_nowait(SPOILT)
        await until(lambda: len(api.written) == 3, 5.0)
    assert {one.condition for one in api.written} == {AVAILABLE}
