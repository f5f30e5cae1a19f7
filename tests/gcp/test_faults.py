"""What the API refuses, delays or hides costs only what it must (F15 to F19, F25)."""

from collections import Counter
from pathlib import Path

import pytest

from podroute.model.route import Quota
from podroute.providers.interface import ProviderUnreachable
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Change, Create, Delete
from podroute.testing.builders import route
from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.faults import What
from podroute.testing.gcp.refusal import too_many
from podroute.testing.gcp.running import running
from tests.gcp.clouds import FOREIGN, MARK, before, methods, opened
from tests.gcp.passes import one_pass, settled, worker

NODES = tuple(map(worker, range(3)))


async def test_foreign_routes_of_every_kind_stop_nothing_and_stay() -> None:
    cloud = Cloud()
    for number, fields in enumerate(FOREIGN):
        cloud.plant(name=f"theirs-{number}", **fields)
    theirs = cloud.routes()
    async with before(cloud) as (provider, _):
        await settled(provider, *NODES)
        table = await provider.read()
        await settled(provider)

    assert cloud.routes() == theirs
    handles = "\n".join(one.handle for one in table.routes)
    for words in ("VPN tunnel office", "peering to-another-network", "load balancer lb"):
        assert words in handles


async def test_another_clusters_routes_are_foreign_however_alike_the_names() -> None:
    cloud = Cloud()
    cloud.plant(
        name="theirs",
        destRange="10.200.7.0/24",
        nextHopIp="10.240.0.37",
        description="podroute cluster=foo-bar",
    )
    async with before(cloud, cluster="foo") as (provider, _):
        assert not (await one_pass(provider)).changes
    async with before(cloud, cluster="foo-bar") as (provider, _):
        assert len((await one_pass(provider)).changes) == 1


async def test_a_taken_name_is_compared_not_believed() -> None:
    cloud = Cloud()
    cloud.plant(
        name="kubernetes-route-10-200-0-0-24", destRange="10.1.0.0/24", nextHopIp="10.240.0.9"
    )
    async with before(cloud) as (provider, _):
        done = await one_pass(provider, *NODES)
    async with before(cloud, names="cluster") as (provider, _):
        unique = await one_pass(provider, *NODES)

    (failure,) = done.failures
    assert failure.retry == "pointless"
    assert "route kubernetes-route-10-200-0-0-24 to 10.1.0.0/24 is in the way" in failure.reason
    assert len(done.changes) == 6
    assert unique.clean


@pytest.mark.parametrize(("status", "retry_after"), [(403, ""), (429, "0"), (503, "")])
async def test_when_half_of_the_calls_are_throttled_all_is_done_in_a_few_passes(
    status: int, retry_after: str
) -> None:
    cloud = Cloud()
    cloud.faults.status, cloud.faults.retry_after = status, retry_after
    nodes = tuple(map(worker, range(5)))
    async with before(cloud) as (provider, served):
        await provider.read()
        cloud.faults.throttled = 0.5
        for _ in range(20):
            try:
                if not (await one_pass(provider, *nodes)).changes:
                    break
            except ProviderUnreachable:
                continue
        inserts = Counter(methods(served))["routes.insert"]

    assert len(cloud.routes()) == 10
    assert inserts <= 60


async def test_who_is_asked_to_wait_waits_and_sends_nothing_more() -> None:
    cloud = Cloud()
    changes = [Create(route(f"10.200.{number}.0/24", "10.240.0.30")) for number in range(100)]
    async with before(cloud) as (provider, served):
        await provider.read()
        cloud.faults.at_call = lambda _, method: (
            too_many(429, "37") if method == "routes.insert" else None
        )
        outcomes = await provider.apply(changes)
        asked = Counter(methods(served))["routes.insert"]

    assert {type(one) for one in outcomes} == {Failed}
    failures = [one for one in outcomes if isinstance(one, Failed)]
    assert {(one.retry, one.after) for one in failures} == {("slower", 37.0)}
    assert asked <= 16


@pytest.mark.parametrize("late", [False, True])
async def test_a_full_quota_ends_creations_and_no_removal(late: bool) -> None:  # noqa: FBT001 -- a table
    cloud = Cloud(limit=4)  # one of them leads to the internet
    cloud.faults.late_quota = late
    cloud.plant(name="gone", description=MARK, destRange="10.200.99.0/24", nextHopIp="10.240.0.99")
    creations = [Create(route(f"10.200.{one}.0/24", f"10.240.0.{30 + one}")) for one in range(9)]
    async with before(cloud) as (provider, served):
        table = await provider.read()
        mine = [one for one in table.routes if one.ownership == "ours"]
        changes: list[Change] = [*creations, *map(Delete, mine)]
        outcomes = await provider.apply(changes)
        after = await provider.read()

    assert (table.quota, after.quota) == (
        Quota(2, 4, spare=1),
        Quota(cloud.used(), 4, spare=1),
    )
    assert 3 <= cloud.used() <= 4
    assert Counter(map(type, outcomes))[Done] == cloud.used()
    assert isinstance(outcomes[-1], Done)
    for one in outcomes:
        if isinstance(one, Failed):
            assert one.retry == "pointless"
            assert "Quota 'ROUTES' exceeded.  Limit: 4.0" in one.reason
    assert late or Counter(methods(served))["routes.insert"] <= 9


async def test_a_limit_that_is_given_is_not_asked_for() -> None:
    cloud = Cloud()
    async with before(cloud, route_limit="100") as (provider, served):
        await one_pass(provider, worker(0))
        assert (await provider.read()).quota == Quota(3, 100, spare=1)
    async with before(cloud, route_limit="0") as (provider, _):
        assert (await provider.read()).quota is None
    assert "projects.get" not in methods(served)


@pytest.mark.parametrize("unsteady", [False, True])
async def test_lists_older_than_our_changes_are_read_again(unsteady: bool) -> None:  # noqa: FBT001 -- a table
    cloud = Cloud()
    cloud.faults.lag, cloud.faults.unsteady, cloud.faults.operation_time = 0.7, unsteady, 0.05
    async with before(cloud) as (provider, _):
        first = await one_pass(provider, *NODES)
        second = await one_pass(provider, *NODES)
        moved = await one_pass(provider, worker(0, "10.240.0.50 fd00:10:240::50"), *NODES[1:])
        third = await one_pass(provider, worker(0, "10.240.0.50 fd00:10:240::50"), *NODES[1:])

    assert (first.clean, len(first.changes), second.changes) == (True, 6, [])
    assert (moved.clean, len(moved.changes), third.changes) == (True, 2, [])


async def test_a_lost_answer_is_asked_for_again_and_nothing_comes_twice() -> None:
    cloud = Cloud()
    lost = iter(["routes.insert", "routes.insert", "routes.list", "globalOperations.wait"])
    due = next(lost)

    def trouble(_number: int, method: str) -> What | None:
        nonlocal due
        if method != due:
            return None
        due = next(lost, "")
        return "cut after"

    cloud.faults.at_call = trouble
    async with before(cloud) as (provider, _):
        assert (await one_pass(provider, worker(0))).clean
    assert len(cloud.routes()) == 2


async def test_one_that_fails_leaves_the_others_to_go_on() -> None:
    cloud = Cloud()
    changes = [
        Create(route("10.200.0.0/24", "10.240.0.30")),
        Create(route("10.200.1.0/24", "10.99.0.31")),
        Create(route("10.240.0.0/25", "10.240.0.32")),
        Create(route("10.200.3.0/24", "10.240.0.33")),
    ]
    async with before(cloud) as (provider, _):
        outcomes = await provider.apply(changes)

    assert [type(one) for one in outcomes] == [Done, Failed, Failed, Done]
    assert [one.reason for one in outcomes if isinstance(one, Failed)] == [
        f"routes.insert: Invalid value for field 'resource.{words} (HTTP 400)"
        for words in (
            "nextHopIp': '10.99.0.31'. The address is in no subnet of the network.",
            "destRange': '10.240.0.0/25'. It is within the subnet 10.240.0.0/24.",
        )
    ]


async def test_tokens_that_expire_are_renewed_and_without_one_nothing_is_removed(
    tmp_path: Path,
) -> None:
    cloud = Cloud()
    token = tmp_path / "token"
    token.write_text("first")
    cloud.faults.tokens = {"first"}
    with running(cloud) as served:
        async with opened(served, access_token_file=str(token)) as provider:
            assert (await one_pass(provider, *NODES)).clean
            table = await provider.read()
            cloud.faults.tokens = {"second"}
            with pytest.raises(ProviderUnreachable, match="credentials are not accepted"):
                await provider.read()
            with pytest.raises(ProviderUnreachable, match="credentials are not accepted"):
                await provider.apply([Delete(one) for one in table.routes])
            assert len(cloud.routes()) == 6
            token.write_text("second")
            assert (await one_pass(provider, worker(0), worker(1))).clean
            token.unlink()
            with pytest.raises(ProviderUnreachable, match="No such file"):
                await provider.read()
    assert len(cloud.routes()) == 4


async def test_a_network_that_does_not_exist_is_told_from_one_without_routes() -> None:
    cloud = Cloud()
    async with before(cloud, network="kubernets") as (provider, _):
        with pytest.raises(ProviderUnreachable, match="networks/kubernets' was not found"):
            await provider.read()


@pytest.mark.parametrize("code", ["UNREACHABLE", "PARTIAL_SUCCESS"])
async def test_a_list_that_is_not_complete_is_no_list(code: str) -> None:
    cloud = Cloud()
    async with before(cloud, next_hop="instance") as (provider, _):
        cloud.faults.warning = "NO_RESULTS_ON_PAGE"
        await provider.read()
        cloud.faults.warning = code
        with pytest.raises(ProviderUnreachable, match=f"not complete .{code}.: try again later"):
            await provider.read()


async def test_an_operation_without_end_fails_alone() -> None:
    cloud = Cloud()
    cloud.faults.operation_time, cloud.faults.lag = 1000.0, 1000.0
    async with before(cloud, timeout="1") as (provider, _):
        await provider.read()
        outcomes = await provider.apply([Create(route("10.200.0.0/24", "10.240.0.30"))])
    assert [type(one) for one in outcomes] == [Done]  # by name it is there
