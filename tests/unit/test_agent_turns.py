"""What the agent does at each look, whatever it is told of its Node, and what it says of it."""

import asyncio
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from podroute.agent.loop import AT_ONCE
from podroute.agent.nodes import Known, NodesUnreadable
from podroute.bridge.seen import Host, Link
from podroute.host.netlink import Netlink
from podroute.model.cidr import parse_cidr
from tests.unit.played_worker import PlayedPeers, PlayedWorker, Site
from tests.workers import PLUGINS, fresh, with_cni, with_link

V4 = (parse_cidr("10.200.0.0/24"),)
MOVED = (parse_cidr("10.200.7.0/24"),)
HOSTILE = (parse_cidr("10.240.0.0/24"),)
NO_NODE = Known(missing="there is no Node w0")
REFUSED = (
    "blocked: podCIDR 10.240.0.0/24: "
    "10.240.0.0/24 overlaps 10.240.0.0/24, where this worker and the Nodes are: "
    "eth0 has 10.240.0.30/24"
)


@pytest.fixture
def site(tmp_path: Path) -> Generator[Site]:
    with closing(Netlink()) as netlink:
        yield Site(PlayedWorker(netlink, tmp_path), tmp_path)


async def test_a_worker_says_what_it_waits_for(site: Site) -> None:
    running = site.start()

    assert await running.settle() == "waiting: for the API server"
    running.reports.lost("the API server refused (403)")
    assert await running.settle() == "waiting: for the API server (the API server refused (403))"
    site.told.says = NO_NODE
    assert await running.settle() == "waiting: there is no Node w0"
    site.told.says = Known(HOSTILE)
    assert await running.settle() == REFUSED
    assert site.worker.host == fresh()
    site.told.says = Known(V4)
    assert await running.settle() == "in step"


async def test_what_fails_is_said(site: Site) -> None:
    site.told.says, site.worker.fails = Known(V4), "Operation not permitted"

    state = await site.start().settle()

    assert state.startswith("failed: + bridge cbr0")
    assert state.endswith("Operation not permitted")


async def test_without_a_word_for_the_runtime_it_is_in_step_and_says_what_lacks(
    site: Site,
) -> None:
    site.told.says = Known(V4)
    site.worker.host = with_cni(fresh(), plugins={})

    state = await site.start().settle()

    assert state.startswith("in step, but blocked: CNI configuration 10-podroute.conflist: no CNI")
    site.worker.host = with_cni(with_link(fresh(), Link(5, "cbr0", kind="dummy")), plugins=PLUGINS)
    assert (await site.start().settle()).startswith("blocked: bridge cbr0: cbr0 is there, a dummy")


@pytest.mark.parametrize(
    ("host", "announced"),
    [
        (fresh(), True),
        (with_cni(fresh(), plugins={}), True),  # Pods run, and the runtime's file is a matter apart
        (with_cni(fresh(), files={"05-other.conflist": "{}"}), True),
        (with_link(fresh(), Link(5, "cbr0", kind="dummy")), False),
    ],
)
async def test_pods_are_announced_whatever_the_runtime_is_not_told(
    site: Site, host: Host, *, announced: bool
) -> None:
    site.told.says, site.worker.host = Known(V4), host

    running = site.start()
    await running.agent.turn()
    assert site.announced == []  # something was to be done
    await running.settle()

    assert (site.announced[-1:] == [{"10.200.0.0/24"}]) == announced


async def test_what_is_kept_beside_a_refused_claim_is_not_announced_anew(site: Site) -> None:
    site.told.says = Known(V4)
    await site.start().settle()
    site.announced.clear()
    site.told.says = Known(HOSTILE)

    await site.start().settle()

    assert site.announced == []


@pytest.mark.parametrize("anew", [False, True])
@pytest.mark.parametrize(
    ("says", "state"),
    [
        (NO_NODE, "waiting: there is no Node w0; meanwhile 10.200.0.0/24 is kept"),
        (None, "waiting: for the API server; meanwhile 10.200.0.0/24 is kept"),
        (Known(HOSTILE), REFUSED),
        (NodesUnreadable("nodes.yaml: no YAML"), "not read: nodes.yaml: no YAML"),
    ],
)
async def test_a_worker_is_repaired_whatever_has_become_of_its_node(
    site: Site, says: Known | NodesUnreadable | None, state: str, *, anew: bool
) -> None:
    site.told.says = Known(V4)
    running = site.start()
    await running.settle()
    sound = site.worker.host

    site.told.says = says
    site.break_it()
    if anew:
        running = site.start()

    assert await running.settle() == state
    assert site.worker.host.firewall == sound.firewall
    assert site.worker.host.sysctls == sound.sysctls
    assert site.gateways() == {"10.200.0.1/24"}


async def test_what_was_last_believed_counts_and_no_claim_since(site: Site) -> None:
    running = site.start()
    for claim in (Known(V4), Known(MOVED), Known(HOSTILE), NO_NODE):
        site.told.says = claim
        await running.settle()
        site.break_it()

    await site.start().settle()

    assert site.gateways() == {"10.200.7.1/24"}


async def test_what_was_believed_is_judged_again(site: Site) -> None:
    """A network of this machine is there now."""
    site.told.says = Known(V4)
    await site.start().settle()
    site.told.says = NO_NODE
    site.break_it()
    site.worker.host = with_link(site.worker.host, Link(7, "eth1", up=True), "10.200.0.9/25")

    assert await site.start().settle() == "waiting: there is no Node w0"
    assert site.worker.host.link("cbr0") is None


@pytest.mark.parametrize("says", [Known(MOVED), Known(HOSTILE)])
async def test_without_following_the_first_pod_cidr_stays_and_is_repaired(
    site: Site, says: Known
) -> None:
    site.follow = False
    site.told.says = Known(V4)
    running = site.start()
    await running.settle()

    site.told.says = says
    site.break_it()

    assert await running.settle() == "in step"
    assert site.gateways() == {"10.200.0.1/24"}


async def test_without_following_what_the_node_has_at_a_restart_is_the_first(site: Site) -> None:
    """The API server speaks when the agent has looked already."""
    site.follow = False
    site.told.says = Known(V4)
    await site.start().settle()

    site.told.says = None
    running = site.start()
    await running.settle()
    site.told.says = Known(MOVED)

    assert await running.settle() == "in step"
    assert site.gateways() == {"10.200.7.1/24"}


async def test_a_default_route_that_is_away_for_a_moment_changes_no_mtu(site: Site) -> None:
    site.told.says = Known(V4)
    site.worker.host = with_link(fresh(), Link(7, "tunnel0", mtu=1400, up=True))
    running = site.start()
    await running.settle()
    sound = site.worker.host

    site.worker.host = replace(sound, default_routes=())

    assert await running.settle() == "in step"
    assert (site.worker.host.links, site.worker.host.cni) == (sound.links, sound.cni)


async def test_a_flood_of_events_makes_no_look_follow_on_the_last(site: Site) -> None:
    site.told.says = Known(V4)
    running = site.start()
    await running.settle()
    clock, stopping = asyncio.get_running_loop().time, asyncio.Event()
    site.worker.reads, began = 0, clock()

    async with asyncio.timeout(30):
        working = asyncio.create_task(running.agent.run(stopping))
        while site.worker.reads < 12:
            running.changed.set()
            await asyncio.sleep(0.001)
        took = clock() - began
        stopping.set()
        await working

    assert took >= 10 * AT_ONCE  # the first two come at once


async def test_a_machine_that_cannot_be_read_keeps_no_direct_route_away(site: Site) -> None:
    site.told.says, site.peers = Known(V4), PlayedPeers()
    site.worker.unreadable = "nft is not there: install nftables"

    state = await site.start().settle()

    assert state == "not read: nft is not there: install nftables"
    assert site.peers.kept
