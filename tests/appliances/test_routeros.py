"""What a RouterOS that others use too does to us, and we to it; it is simulated."""

import subprocess
from collections.abc import Sequence

import pytest

from podroute.providers.interface import (
    CheckedRouter,
    ProviderUnreachable,
    Question,
)
from podroute.routing.outcome import Done
from podroute.routing.steps import Adopt, Create, Delete, Replace
from podroute.testing.routeros.router import Router
from tests.appliances.outcomes import done, reasons
from tests.appliances.routeros import MARK, before
from tests.builders import route

A = route("10.200.0.0/24", "10.240.0.30", 'worker-0"}]; /system/reboot')
A_MOVED = route("10.200.0.0/24", "10.240.0.40")
A_6 = route("fd00:10:200::/64", "fd00:10:240::30")
WISHES = [Create(route(f"10.200.{number}.0/24", "10.240.0.30")) for number in range(12)]
OTHERS: Sequence[dict[str, str]] = (
    {"dst-address": "10.99.0.0/16", "gateway": "10.240.0.99"},
    {"dst-address": "10.200.50.0/24", "gateway": "10.240.0.99", "comment": "podroute cluster=b"},
    {"dst-address": "10.200.51.0/24", "gateway": "10.240.0.98,10.240.0.99", "distance": "5"},
    {"dst-address": "10.200.52.0/24", "gateway": "ether1"},
    {"dst-address": "10.200.53.0/24", "blackhole": "", "comment": "mine; do not touch"},
    {"dst-address": "10.200.0.0/24", "gateway": "10.240.0.9", "disabled": "yes"},
    {"dst-address": "10.200.0.0/24", "gateway": "10.240.0.9", "routing-table": "pods"},
)


async def test_what_others_have_configured_is_as_before() -> None:
    """While our routes come, move and go, the router differs by exactly them."""
    router = Router(tables=("main", "pods"))
    for fields in OTHERS:
        router.add("ip", fields)
    router.learn("ip", "main", "10.200.54.0/24", "10.240.0.97", distance="20")
    items = [dict(one) for one in router.items["ip"]]
    async with before(router) as (provider, where):
        assert done(await provider.apply([Create(A), Create(A_6)]))
        (new,) = [one for one in router.items["ip"] if one not in items]
        assert {key: text for key, text in new.items() if key != ".id"} == {
            "dst-address": "10.200.0.0/24",
            "gateway": "10.240.0.30",
            "distance": "1",
            "routing-table": "main",
            "scope": "30",
            "target-scope": "10",
            "disabled": "false",
            "comment": MARK,
            "dynamic": "false",
            "static": "true",
        }
        (mine,) = [one for one in (await provider.read()).routes if ours(one.handle, "10.200.0")]
        assert done(await provider.apply([Replace(mine, A_MOVED)]))
        outcomes = await provider.apply([Delete(one) for one in (await provider.read()).routes])

    assert router.items["ip"] == items
    assert sum(isinstance(one, Done) for one in outcomes) == 2
    assert [one.method for one in where.changes()] == ["PUT", "PUT", "PATCH", "DELETE", "DELETE"]
    assert where.changes()[2].body == {"gateway": "10.240.0.40"}


def ours(handle: str, prefix: str) -> bool:
    return MARK in handle and prefix in handle


async def test_what_nobody_has_configured_cannot_be_adopted() -> None:
    router = Router()
    router.learn("ip", "main", "10.200.0.0/24", "10.240.0.30", distance="20")
    async with before(router) as (provider, where):
        (theirs,) = [one for one in (await provider.read()).routes if one.next_hop]
        outcomes = await provider.apply([Adopt(theirs, A)])

    (reason,) = reasons(outcomes)
    assert reason.startswith("/ip/route dynamic 10.200.0.0/24 gateway=10.240.0.30 distance=20")
    assert reason.endswith(" is no static route: change it where it comes from")
    assert where.changes() == []


async def test_one_that_is_refused_stops_no_other() -> None:
    router = Router()
    async with before(router, **{"routing-table": "main"}) as (provider, _):
        router.tables = ()
        refused = await provider.apply(WISHES[:1])
        router.tables = ("main",)
        outcomes = await provider.apply(WISHES[:2])

    assert "input does not match any value of routing-table (HTTP 400)" in reasons(refused)[0]
    assert done(outcomes)


async def test_a_route_that_the_router_does_not_use_is_shown_and_not_waited_for_long() -> None:
    router = Router(idle=True)
    async with before(router) as (provider, _):
        assert done(await provider.apply([Create(A)]))
        (mine,) = [one for one in (await provider.read()).routes if one.ownership == "ours"]
        outcomes = await provider.apply([Replace(mine, A)])

    assert mine.deviation == "configured, but not active"
    assert "is as wished, but the router does not use it" in reasons(outcomes)[0]


async def test_whether_it_forwards_is_asked() -> None:
    router = Router()
    question = Question((), (A.destination, A_6.destination))
    async with before(router) as (provider, _):
        assert isinstance(provider, CheckedRouter)
        router.settings["ip"]["ip-forward"] = "false"
        (first,) = await provider.checks(question)
        router.settings["ip"]["ip-forward"] = "true"
        (second,) = await provider.checks(question)
        router.users = {}
        with pytest.raises(ProviderUnreachable, match="password"):
            await provider.checks(question)

    assert [one.fix for one in first.problems] == ["/ip/settings/set ip-forward=yes"]
    assert second.verdict == "passed"


async def test_what_a_person_types_does_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the password is in the environment."""
    router = Router()
    monkeypatch.setenv("ROUTER_PASSWORD", "secret")
    options = {"password-file": "", "password-env": "ROUTER_PASSWORD"}
    async with before(router, **options) as (provider, where):
        await provider.read()
        typed(provider.commands([Create(A), Create(A_6)]))
        mine = [one for one in (await provider.read()).routes if one.ownership == "ours"]
        lines = provider.commands([Replace(mine[0], A_MOVED), Delete(mine[1])])
        typed(lines)
        table = await provider.read()
        router.may_write = False
        with pytest.raises(subprocess.CalledProcessError) as refused:
            typed(lines[:1])

    assert [str(one.next_hop) for one in table.routes if one.ownership == "ours"] == ["10.240.0.40"]
    assert [one.method for one in where.changes()] == ["PUT", "PUT", "PATCH", "DELETE", "PATCH"]
    assert b"not enough permissions" in refused.value.stdout


def typed(lines: Sequence[str]) -> None:
    for line in lines:
        assert "secret" not in line
        subprocess.run(["sh", "-ec", line], check=True, capture_output=True)
