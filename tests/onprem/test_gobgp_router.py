"""A real router learns from a real GoBGP what podroute announces, and Pods meet."""

import json

import pytest

from podroute.providers.gobgp.provider import KIND
from podroute.providers.interface import BgpSpeaker, RouteProvider
from podroute.routing.outcome import Done
from podroute.routing.steps import Change, Create, Delete, Replace
from tests.builders import route
from tests.onprem.bgp import Pair
from tests.onprem.gobgp import Gobgp, looked
from tests.unit.command import process
from tests.waiting import until

pytestmark = pytest.mark.netns

WISHES = (
    route("10.200.0.0/24", "10.240.0.30"),
    route("10.200.1.0/24", "10.240.0.31"),
    route("fd00:10:200::/64", "fd00:10:240::30"),
    route("fd00:10:200:1::/64", "fd00:10:240::31"),
)
LEARNED = {f"{one.destination} via {one.next_hop}" for one in WISHES}


async def carry_out(provider: RouteProvider, *changes: Change) -> None:
    outcomes = await provider.apply(changes)
    assert [one for one in outcomes if not isinstance(one, Done)] == []
    await looked(provider)


def configured(daemon: Gobgp) -> list[object]:
    """What people have given to it besides paths."""
    (neighbor,) = json.loads(daemon.gobgp("-j", "neighbor"))
    words = ("global", "policy", "global policy import", "policy neighbor")
    return [neighbor["conf"], *(daemon.gobgp(*one.split()) for one in words)]


async def test_pods_meet_through_a_router_that_was_told(pair: Pair) -> None:
    """Both families; a Node that goes takes its routes with it, a Node that moves moves them."""
    async with pair.announcer() as daemon, KIND.connect(daemon.options()) as provider:
        before, lines = configured(daemon), pair.router.running()
        await provider.read()
        assert not pair.lan.pods_meet()
        await carry_out(provider, *map(Create, WISHES))
        await until(lambda: pair.learned() == LEARNED)
        await until(pair.lan.pods_meet)
        routes = (await provider.read()).routes
        assert [one.deviation for one in routes] == [""] * 4
        moved = route("10.200.0.0/24", "10.240.0.31")
        await carry_out(provider, Replace(routes[0], moved), *map(Delete, routes[2:]))
        await until(lambda: pair.learned() == {f"10.200.{n}.0/24 via 10.240.0.31" for n in (0, 1)})
        assert configured(daemon) == before
        assert pair.router.running() == lines


async def test_no_session_before_all_is_announced(pair: Pair) -> None:
    """The neighbour is down by the daemon's file until what was sent is read back."""
    async with pair.announcer() as daemon, KIND.connect(daemon.options()) as provider:
        assert isinstance(provider, BgpSpeaker)
        await provider.read()
        await provider.read()
        outcomes = await provider.apply([Create(WISHES[0])])
        assert [type(one) for one in outcomes] == [Done]
        await provider.read()
        (before,) = await provider.peers()
        await looked(provider)
        await until(lambda: len(pair.learned()) == 1)
        (after,) = await provider.peers()

    assert (before.state, before.since) == ("Idle", None)
    assert before.reason == "admin-down in the daemon's file: enabled once all paths are there"
    assert (after.address, after.asn, after.state) == ("10.240.0.1", 64513, "Established")
    assert (after.received, after.accepted, after.advertised) == (0, 0, 1)
    assert after.since
    assert after.reason == ""


async def test_a_person_sees_the_session(pair: Pair) -> None:
    """As a table and as JSON; the checks know it too."""
    async with pair.announcer() as daemon:
        options = ("--provider", "gobgp", "--provider-option", f"address={daemon.address}")
        before = process("bgp", "peers", "-o", "wide", *options)
        async with KIND.connect(daemon.options()) as provider:
            await carry_out(provider, Create(WISHES[0]))
            await until(lambda: len(pair.learned()) == 1)
        after = process("bgp", "peers", "-o", "json", *options)
        nodes = pair.place / "nodes.json"
        nodes.write_text('{"kind": "List", "apiVersion": "v1", "items": []}')
        flags = ("-f", str(nodes), "--cluster-cidr", "10.200.0.0/16", "-o", "json")
        checked = process("check", *flags, *options)

    lines = [line.split(maxsplit=8) for line in before.out.splitlines()]
    assert lines[0][:3] == ["NEIGHBOR", "AS", "STATE"]
    assert lines[1][:4] == ["10.240.0.1", "64513", "Idle", "<none>"]
    assert lines[1][-1] == "admin-down in the daemon's file: enabled once all paths are there"
    document = json.loads(after.out)
    assert (document["apiVersion"], document["kind"]) == ("podroute/v1alpha1", "BgpPeerList")
    (item,) = document["items"]
    assert (item["neighbor"], item["state"], item["advertised"]) == ("10.240.0.1", "Established", 1)
    verdicts = {one["id"]: one["verdict"] for one in json.loads(checked.out)["items"]}
    assert {key: verdicts[key] for key in verdicts if key.startswith("bgp-")} == {
        "bgp-neighbor": "passed",
        "bgp-session": "passed",
        "bgp-told": "passed",
        "bgp-import": "passed",
    }
