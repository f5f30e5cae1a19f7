"""What a VyOS that others use too does to us, and we to it; it is simulated."""

import subprocess
from collections.abc import Sequence
from copy import deepcopy

import pytest

from podroute.providers.interface import (
    CheckedRouter,
    FinishingRouter,
    ProviderUnreachable,
    Question,
)
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Create, Delete, Replace
from podroute.testing.vyos.lines import found, put
from podroute.testing.vyos.router import Router
from tests.appliances.outcomes import done, reasons
from tests.appliances.vyos import MARK, before
from tests.builders import route

A = route("10.200.0.0/24", "10.240.0.30", 'worker-0"}]; reboot now')
A_MOVED = route("10.200.0.0/24", "10.240.0.40")
A_6 = route("fd00:10:200::/64", "fd00:10:240::30")
WISHES = [Create(route(f"10.200.{number}.0/24", "10.240.0.30")) for number in range(12)]
OTHERS = (
    "system host-name edge",
    "protocols static route 10.99.0.0/16 next-hop 10.240.0.99",
    "protocols static route 10.200.51.0/24 next-hop 10.240.0.98",
    "protocols static route 10.200.51.0/24 next-hop 10.240.0.99 distance 5",
    "protocols static route 10.200.52.0/24 interface eth0",
    "protocols static route 10.200.53.0/24 blackhole",
    "protocols static route 10.200.54.0/24 next-hop 10.240.0.9 disable",
    "protocols static route6 fd00:10:200:50::/64 next-hop fd00:10:240::99",
    "protocols bgp system-as 64513",
    "vrf name red table 100",
    "vrf name red protocols static route 10.200.0.0/24 next-hop 10.240.0.9",
)


def router_of_others() -> Router:
    router = Router()
    for line in OTHERS:
        put(router.running, line.split())
    put(router.running, [*STATIC, "10.200.50.0/24", "next-hop", "10.240.0.99"])
    put(router.running, [*STATIC, "10.200.50.0/24", "description", "podroute cluster=b; mine"])
    return router


STATIC = ("protocols", "static", "route")


async def test_what_others_have_configured_is_as_before() -> None:
    """While our routes come, move and go, the configuration differs by exactly them."""
    router = router_of_others()
    configured = deepcopy(router.running)
    async with before(router) as (provider, where):
        assert done(await provider.apply([Create(A), Create(A_6)]))
        assert found(router.running, [*STATIC, "10.200.0.0/24"]) == {
            "next-hop": {"10.240.0.30": {}},
            "description": MARK,
        }
        table = await provider.read()
        mine = [one for one in table.routes if one.ownership == "ours"]
        assert done(await provider.apply([Replace(mine[0], A_MOVED)]))
        outcomes = await provider.apply([Delete(one) for one in (await provider.read()).routes])

    assert router.running == configured
    assert sum(isinstance(one, Done) for one in outcomes) == 2
    assert len(where.commits()) == 3
    assert where.commits()[1] == [
        {"op": "delete", "path": [*STATIC, "10.200.0.0/24", "next-hop", "10.240.0.30"]},
        {"op": "set", "path": [*STATIC, "10.200.0.0/24", "next-hop", "10.240.0.40"]},
    ]
    assert router.saved == {}


async def test_a_batch_is_one_commit_and_one_that_is_refused_stops_no_other() -> None:
    router = Router()
    put(router.running, [*STATIC, "10.200.7.0/24"])
    router.running["interfaces"] = {"ethernet": {"eth0": {"address": "dhcp"}}}
    async with before(router) as (provider, where):
        assert done(await provider.apply(WISHES[:6]))
        assert len(where.commits()) == 1
        bad = Create(route("10.200.9.0/24", "10.240.0.30"))
        router.refused = "10.200.9.0/24"
        outcomes = await provider.apply([*WISHES[6:8], bad, *WISHES[10:]])

    assert [type(one) for one in outcomes] == [Done, Failed, Failed, Done, Done]
    assert "route 10.200.7.0/24 is in the way" in reasons(outcomes)[0]
    assert "/configure: 10.200.9.0/24 is refused Commit failed (HTTP 400)" in reasons(outcomes)[1]
    assert len(where.commits()) <= 6


async def test_where_somebody_locks_in_the_middle_the_rest_is_not_asked_for() -> None:
    router = Router(refused="10.200.1.0/24", locks=1)
    async with before(router) as (provider, where):
        outcomes = await provider.apply([*WISHES[2:4], *WISHES[:2]])

    assert [one.retry for one in outcomes if isinstance(one, Failed)] == ["slower"] * 4
    assert len(where.commits()) == 2


async def test_a_person_who_commits_is_waited_for() -> None:
    router = Router(locks=1)
    async with before(router) as (provider, where):
        (locked,) = await provider.apply([Create(A)])
        (after,) = await provider.apply([Create(A)])

    assert isinstance(locked, Failed)
    assert (locked.retry, locked.after) == ("slower", 5.0)
    assert "locked due to another commit in progress (HTTP 400); somebody else" in locked.reason
    assert isinstance(after, Done)
    assert len(where.commits()) == 2


async def test_what_is_done_is_saved_or_it_is_not_done() -> None:
    router = Router(disk_full=True)
    async with before(router, write="true") as (provider, _):
        full = await provider.apply([Create(A)])
        router.disk_full = False
        saved = await provider.apply([Create(A)])
        router.locks = 1
        assert [type(one) for one in await provider.apply([Create(A_6)])] == [Failed]

    assert reasons(full)[0].startswith("running, but not in the startup configuration: https://")
    assert "No space left on device" in reasons(full)[0]
    assert done(saved)
    assert found(router.saved, [*STATIC, "10.200.0.0/24"]) is not None


async def test_what_could_not_be_saved_is_saved_by_who_finishes() -> None:
    """The route is as wished: no change would ever come. A read saves nothing."""
    router = Router(disk_full=True)
    async with before(router, write="true") as (provider, where):
        assert isinstance(provider, FinishingRouter)
        await provider.apply([Create(A)])
        await provider.read()
        with pytest.raises(ProviderUnreachable, match="No space left on device"):
            await provider.finish()
        router.disk_full = False
        await provider.finish()
        await provider.finish()
        saves = len([one for one in where.api.seen if one.path == "/config-file"])

    assert found(router.saved, [*STATIC, "10.200.0.0/24"]) is not None
    assert saves == 3


@pytest.mark.parametrize("write", [True, False])
async def test_what_nobody_saw_come_about_is_saved_all_the_same(*, write: bool) -> None:
    """The look after the commit fails."""
    router = Router()
    router.faults.at_call = lambda number, _: "cut before" if number in {4, 5} else None
    async with before(router, write=str(write).lower()) as (provider, _):
        assert isinstance(provider, FinishingRouter)
        assert [type(one) for one in await provider.apply([Create(A)])] == [Failed]
        assert router.commits == 1
        await provider.finish()

    assert (found(router.saved, [*STATIC, "10.200.0.0/24"]) is not None) is write


@pytest.mark.parametrize("line", ["next-hop eth0", "next-hop 10.240.0.9 distance far"])
async def test_what_no_vyos_would_say_is_told_and_is_no_empty_table(line: str) -> None:
    router = Router()
    put(router.running, [*STATIC, "10.200.50.0/24", *line.split()])
    async with before(router) as (provider, where):
        with pytest.raises(ProviderUnreachable, match=f"{where.url}: a static route cannot be re"):
            await provider.read()


async def test_a_vrf_must_be_there() -> None:
    router = router_of_others()
    async with before(router, vrf="blue") as (provider, _):
        with pytest.raises(ProviderUnreachable, match="there is no VRF blue: set vrf name blue"):
            await provider.read()
    async with before(router, vrf="red") as (provider, _):
        table = await provider.read()

    assert [str(one.destination) for one in table.routes] == ["10.200.0.0/24"]


async def test_whether_it_forwards_is_asked() -> None:
    router = Router()
    question = Question((), (A.destination, A_6.destination))
    async with before(router) as (provider, _):
        assert isinstance(provider, CheckedRouter)
        put(router.running, ["system", "ipv6", "disable-forwarding"])
        (check,) = await provider.checks(question)
        router.keys = ()
        with pytest.raises(ProviderUnreachable, match="one of service https api keys"):
            await provider.checks(question)

    assert [one.fix for one in check.problems] == ["delete system ipv6 disable-forwarding"]


async def test_what_a_person_types_does_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the key is in the environment."""
    router = Router()
    monkeypatch.setenv("ROUTER_KEY", "secret")
    async with before(router, **{"key-file": "", "key-env": "ROUTER_KEY"}) as (provider, _):
        await provider.read()
        typed(provider.commands([Create(A), Create(A_6)]))
        mine = [one for one in (await provider.read()).routes if one.ownership == "ours"]
        lines = provider.commands([Replace(mine[0], A_MOVED), Delete(mine[1])])
        typed(lines)
        table = await provider.read()
        router.locks = 1
        with pytest.raises(subprocess.CalledProcessError) as refused:
            typed(lines[1:])

    assert [str(one.next_hop) for one in table.routes] == ["10.240.0.40"]
    assert b"temporarily locked" in refused.value.stdout


def typed(lines: Sequence[str]) -> None:
    for line in lines:
        assert "secret" not in line
        subprocess.run(["sh", "-ec", line], check=True, capture_output=True)
