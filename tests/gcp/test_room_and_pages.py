"""Replacements where there is little room or none, and lists that are written to while read."""

import pytest

from podroute.kube.node_events import Changed
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Create, Replace
from podroute.testing.builders import route
from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.faults import Trouble
from podroute.testing.gcp.refusal import Refusal, too_many
from podroute.testing.gcp.resources import Network
from tests.builders import node
from tests.gcp.clouds import before, methods
from tests.gcp.looped import inhabit, keeping, single
from tests.gcp.passes import one_pass, settled, worker
from tests.looped import available
from tests.waiting import until

NODES = tuple(map(worker, range(3)))


async def test_where_there_is_room_for_one_more_all_are_replaced_without_a_gap() -> None:
    cloud = Cloud(limit=8)  # the internet, six of ours, and one place
    moved = [worker(one, f"10.240.0.{50 + one} fd00:10:240::{50 + one}") for one in range(3)]
    gaps: list[int] = []

    def note(_number: int, _method: str) -> None:
        gaps.append(6 - len({one["destRange"] for one in cloud.routes().values()}))

    async with before(cloud) as (provider, _):
        await settled(provider, *NODES)
        cloud.faults.at_call = note
        done = await one_pass(provider, *moved)

    assert (done.clean, len(done.changes), cloud.used()) == (True, 6, 7)
    assert max(gaps) == 0


async def test_in_a_full_project_routes_are_replaced_all_the_same() -> None:
    cloud = Cloud(limit=7)
    moved = [worker(one, f"10.240.0.{50 + one} fd00:10:240::{50 + one}") for one in range(3)]
    async with before(cloud) as (provider, _):
        await settled(provider, *NODES)
        assert await settled(provider, *moved, within=2) == 1

    assert cloud.used() == 7
    assert {one["nextHopIp"] for one in cloud.routes().values()} == {
        f"{network}{50 + one}" for one in range(3) for network in ("10.240.0.", "fd00:10:240::")
    }


@pytest.mark.parametrize("raised", [False, True])
async def test_a_refused_route_comes_when_the_project_has_room_again(raised: bool) -> None:  # noqa: FBT001 -- a table
    """Nothing in the network of the routes tells so, neither that there was none."""
    other = Network("other", ("10.99.0.0/24",))
    cloud = Cloud(networks=(*Cloud().networks, other), limit=4)  # two lead to the internet
    first, last = map(single, range(2))
    inhabit(cloud, [last])
    async with keeping(cloud, [first]) as (world, served):
        await until(lambda: available(world, [first]))
        await until(lambda: methods(served)[-2:] == ["routes.list"] * 2)
        cloud.plant(network="other", name="theirs", destRange="10.98.0.0/24")
        world.api.news.put_nowait(Changed(last))
        await until(lambda: "10.200.1.0/24 Blocked" in world.states())
        refused = [one for one in served.api.seen if one.method == "routes.insert"][1:]
        if raised:
            cloud.limit = 5
        else:
            cloud.uproot("theirs")
        await until(lambda: available(world, [last]))

    assert [one.status for one in refused] == [403]


async def test_who_waits_for_room_does_not_take_that_of_a_route_that_is_replaced() -> None:
    """In a full project it goes before it comes, and the API hesitates in between."""
    cloud, nodes = Cloud(limit=7), tuple(map(single, range(7)))
    *fitting, waiting = nodes
    moved = node("worker-0", "10.240.0.77", "10.200.0.0/24")
    inhabit(cloud, [moved])
    gone: list[int] = []

    def hesitate(number: int, method: str) -> Trouble | None:
        if method == "routes.delete":
            gone.append(number)
        late = method == "routes.insert" and gone and number < gone[0] + 8
        return too_many() if late else None

    async with keeping(cloud, nodes) as (world, _):
        await until(lambda: available(world, fitting) and world.told(waiting.name))
        cloud.faults.at_call = hesitate
        world.api.news.put_nowait(Changed(moved))
        await until(lambda: gone and cloud.used() == 7)
        await until(lambda: "10.200.0.0/24 InSync" in world.states())

    assert "10.200.6.0/24 Blocked" in world.states()
    hops = {one["destRange"]: one["nextHopIp"] for one in cloud.routes().values()}
    assert hops["10.200.0.0/24"] == "10.240.0.77"
    assert len(hops) == 6


@pytest.mark.parametrize(
    "trouble", ["cut before", "cut after", Refusal(500, "internalError", "No.")], ids=str
)
async def test_a_route_that_has_gone_to_make_room_comes_though_answers_are_lost(
    trouble: Trouble,
) -> None:
    """Each request is sent three times: a gap lasts longer than the patience of a client."""
    cloud = Cloud(limit=2)
    asked: list[str] = []

    def lose(_number: int, method: str) -> Trouble | None:
        asked.append(method)
        return trouble if method == "routes.insert" and asked.count(method) <= 4 else None

    async with before(cloud) as (provider, _):
        await settled(provider, single(0))
        (mine,) = [one for one in (await provider.read()).routes if one.ownership == "ours"]
        cloud.faults.at_call = lose
        change = Replace(mine, route("10.200.0.0/24", "10.240.0.77"))
        assert list(await provider.apply([change])) == [Done(change)]

    assert [one["nextHopIp"] for one in cloud.routes().values()] == ["10.240.0.77"]


async def test_a_route_that_has_gone_to_make_room_comes_though_others_are_to_wait() -> None:
    cloud = Cloud(limit=3)
    removals: list[int] = []

    def only_the_first(number: int, method: str) -> Trouble | None:
        if method == "routes.delete":
            removals.append(number)
        return too_many() if method == "routes.delete" and len(removals) > 1 else None

    async with before(cloud) as (provider, _):
        await settled(provider, single(0), single(1))
        table = await provider.read()
        ours = [one for one in table.routes if one.ownership == "ours"]
        cloud.faults.at_call = only_the_first
        changes = [Replace(one, route(str(one.destination), "10.240.0.77")) for one in ours]
        outcomes = await provider.apply(changes)

    assert {type(one) for one in outcomes} == {Done, Failed}  # whichever the cloud heard first
    hops = {one["destRange"]: one["nextHopIp"] for one in cloud.routes().values()}
    assert hops == {
        str(change.installed.destination): "10.240.0.77"
        if isinstance(outcome, Done)
        else str(change.installed.next_hop)
        for change, outcome in zip(changes, outcomes, strict=True)
    }


async def test_a_route_that_two_pages_show_is_one() -> None:
    """Somebody writes routes while the list is read: what was on one page moves to the next."""
    cloud = Cloud(limit=2000)
    many = [Create(route(f"10.200.{one}.0/24", "10.240.0.30")) for one in range(100, 104)]
    for one in range(600):
        cloud.plant(name=f"a-{one:03}", destRange=f"10.{one // 250}.{one % 250}.0/24")
    async with before(cloud) as (provider, _):
        assert {type(one) for one in await provider.apply(many)} == {Done}
        for _ in range(110):  # each shifts the end of the first page by one
            cloud.uproot(next(iter(cloud.routes())))
        names = iter(range(1000))

        def write(_number: int, method: str) -> None:
            if method == "routes.list":
                cloud.plant(
                    name=f"a{next(names)}", destRange="192.0.2.0/24", nextHopIp="10.240.0.9"
                )

        cloud.faults.at_call = write
        shown = [await provider.read() for _ in range(8)]

    for table in shown:
        ours = [str(one.destination) for one in table.routes if one.ownership == "ours"]
        assert sorted(ours) == [f"10.200.{one}.0/24" for one in range(100, 104)]
