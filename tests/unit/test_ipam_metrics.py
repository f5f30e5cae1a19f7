"""Metrics of node IPAM as somebody reads them at any moment."""

from podroute.ipam.pools import AddressPlan, Pool
from podroute.kube.node_events import Changed, Removed
from tests.builders import node, pool
from tests.unit.played_api import SERVED, Api, listed, running
from tests.waiting import until

MOST = "node_ipam_controller_cirdset_max_cidrs"


async def test_findings_are_those_of_this_moment_without_another_list() -> None:
    api = Api(lambda: listed(SERVED))
    thief = node("thief", "", "10.200.0.0/24")

    async with running(api, origin="handed over") as world:
        api.news.put_nowait(Changed(thief))
        await until(lambda: world.metric('podroute_ipam_findings{fault="duplicate"} 1.0'))
        api.news.put_nowait(Removed(thief))
        await until(lambda: not world.metric('podroute_ipam_findings{fault="duplicate"} 1.0'))


async def test_a_cidr_whose_mask_changes_has_one_series_of_the_pool_that_gives() -> None:
    former = Pool("former", (pool("10.200.0.0/16", 24),), draining=True)
    new = Pool("new", (pool("10.200.0.0/16", 25),))
    api = Api(lambda: listed(SERVED))

    async with running(api, AddressPlan((former, new)), "handed over") as world:
        await until(lambda: world.loop.heard is not None)
        assert world.metric(f'{MOST}{{clusterCIDR="10.200.0.0/16"}} 512.0')
        assert not world.metric(f'{MOST}{{clusterCIDR="10.200.0.0/16"}} 256.0')


async def test_a_block_that_is_sent_again_was_not_looked_for() -> None:
    """One family of two, from before the plan had both, lost as in a restored backup."""
    plan = AddressPlan((Pool("both", (pool("10.200.0.0/16", 24), pool("fd00::/48", 64))),))
    api = Api(lambda: listed(SERVED))

    async with running(api, plan, "handed over") as world:
        await until(lambda: world.loop.heard is not None)
        api.news.put_nowait(listed(node("served", "10.240.0.30")))
        await until(lambda: api.sent)

    assert world.has_blocks("10.200.0.0/24")
