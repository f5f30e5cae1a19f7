"""A router with FRRouting that was told of routes by BGP, and does not use them all."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from podroute.model.check import Check
from podroute.providers.frr.provider import KIND
from podroute.providers.gobgp.provider import KIND as GOBGP
from podroute.providers.interface import (
    BgpSpeaker,
    CheckedRouter,
    ProviderUnreachable,
    Question,
    RouteProvider,
)
from podroute.routing.outcome import Done
from podroute.routing.steps import Create
from tests.builders import route
from tests.onprem.bgp import APART, Apart, Pair, daemon_file
from tests.onprem.frr import FrrRouter, frr_router
from tests.onprem.gobgp import looked
from tests.onprem.lan import Lan
from tests.onprem.test_frr_example import example
from tests.unit.command import Ended, node_list, process, worker
from tests.waiting import until

pytestmark = pytest.mark.netns

WISHES = (
    route("10.200.0.0/24", "10.240.0.30", "worker-0"),
    route("10.200.1.0/24", "10.240.0.31", "worker-1"),
    route("10.200.2.0/24", "10.250.0.32", "worker-2"),
    route("fd00:10:200::/64", "fd00:10:240::30", "worker-0"),
)
RIVAL = "ip route 10.200.1.0/24 10.240.0.99"
RECEIVED = "bgp route 10.200.1.0/24 via 10.240.0.31 [20/0]"
PREFERRED = "static route 10.200.1.0/24 via 10.240.0.99 [1/0]"
NO_WAY = (
    "10.200.2.0/24 worker-2",
    "BGP has it from 10.240.0.2, but the router has no way to 10.250.0.32",
)
V4 = "10.200.0.0/16"


async def announce(provider: RouteProvider) -> None:
    """All of ``WISHES``."""
    await provider.read()
    outcomes = await provider.apply(list(map(Create, WISHES)))
    assert [one for one in outcomes if not isinstance(one, Done)] == []
    await looked(provider)


async def checked(router: FrrRouter) -> Mapping[str, Check]:
    async with KIND.connect(router.options()) as provider:
        assert isinstance(provider, CheckedRouter)
        return {one.id: one for one in await provider.checks(Question(WISHES, ()))}


async def told(router: FrrRouter, about: str) -> list[tuple[str, str]]:
    found = (await checked(router))[about]
    return [(one.subject, one.cause) for one in found.problems]


async def until_told(router: FrrRouter, about: str, *wanted: tuple[str, str]) -> None:
    """Daemons get to know of a thing one after the other."""
    async with asyncio.timeout(60):
        while await told(router, about) != list(wanted):  # noqa: ASYNC110 -- they are asked
            await asyncio.sleep(0.05)


async def until_received(pair: Pair) -> None:
    """All of ``WISHES``, of which one cannot be used."""
    await until(lambda: len(pair.learned()) == len(WISHES) - 1)
    await until(lambda: NO_WAY[0].split()[0] in pair.router.vtysh("show bgp ipv4 json"))


def explained(router: FrrRouter) -> Ended:
    """What a person is told of worker-1."""
    return process(
        *("explain", "worker-1", "--provider", "frr", "-f", "-", "--cluster-cidr", V4),
        *("--provider-option", f"vtysh={router.command}"),
        stdin=node_list(worker(1)),
    )


async def test_what_is_received_but_not_used_is_told_with_the_reason(pair: Pair) -> None:
    pair.router.configure(RIVAL)
    async with pair.announcer() as daemon, GOBGP.connect(daemon.options()) as provider:
        await announce(provider)
        await until(lambda: len(pair.learned()) == 2)

        unused = f"{RECEIVED} is there, but not used: {PREFERRED} is preferred"
        both = (("10.200.1.0/24 worker-1", unused), NO_WAY)
        await until_told(pair.router, "router-route-installed", *both)
        shown = explained(pair.router)
        pair.router.configure(f"no {RIVAL}")
        await until(lambda: len(pair.learned()) == 3)
        await until_told(pair.router, "router-route-installed", NO_WAY)

    assert shown.status == 1, shown
    assert "router-route-installed: 10.200.1.0/24 worker-1: bgp route" in shown.out


async def test_its_sessions_are_shown_and_their_prefix_limit(pair: Pair) -> None:
    options = ("--provider", "frr", "--provider-option", f"vtysh={pair.router.command}")
    async with pair.announcer() as daemon, GOBGP.connect(daemon.options()) as provider:
        await announce(provider)
        await until_received(pair)
        shown = process("bgp", "peers", "-o", "json", *options)
        before = await checked(pair.router)
        limit(pair.router, 2)
        await until(lambda: not pair.learned())
        after = await checked(pair.router)
        await until_limited(provider)

    (item,) = json.loads(shown.out)["items"]
    assert (item["neighbor"], item["asn"], item["state"]) == ("10.240.0.2", 64512, "Established")
    assert (item["accepted"], item["advertised"], item["reason"]) == (4, 0, "")
    assert item["since"]
    assert {key: one.verdict for key, one in before.items() if key.startswith("bgp-")} == {
        "bgp-session": "passed",
        "bgp-prefix-limit": "passed",
    }
    (session,) = after["bgp-session"].problems
    assert "Cease/Maximum Number of Prefixes Reached" in session.cause
    (over,) = after["bgp-prefix-limit"].problems
    assert over.cause.startswith("it has told more prefixes than maximum-prefix allows")


async def until_limited(announcer: RouteProvider) -> None:
    """It says so, as soon as it has heard the router's farewell."""
    assert isinstance(announcer, CheckedRouter)
    async with asyncio.timeout(60):
        found: list[str] = []
        while not any("the router's prefix limit" in one for one in found):
            checks = {one.id: one for one in await announcer.checks(Question(WISHES, ()))}
            found = [one.cause for one in checks["bgp-session"].problems]


async def test_explain_tells_of_the_prefix_limit(pair: Pair) -> None:
    async with pair.announcer() as daemon, GOBGP.connect(daemon.options()) as provider:
        await announce(provider)
        await until_received(pair)
        limit(pair.router, 4)
        near = explained(pair.router)
        limit(pair.router, 2)
        await until(lambda: not pair.learned())
        over = explained(pair.router)

    assert (near.status, over.status) == (1, 1), (near, over)
    assert "bgp-prefix-limit: 10.240.0.2: 3 of 4 prefixes of ipv4Unicast" in near.out
    assert "bgp-session: " not in near.out
    assert "bgp-session: 10.240.0.2: " in over.out
    assert "bgp-prefix-limit: 10.240.0.2: it has told more prefixes than" in over.out


def limit(router: FrrRouter, most: int) -> None:
    where = ("router bgp 64513", "address-family ipv4 unicast")
    router.configure(*where, f"neighbor 10.240.0.2 maximum-prefix {most}")


async def test_an_announcer_that_tells_too_much_is_told_so(pair: Pair, tmp_path: Path) -> None:
    """The announcer is FRRouting too, as its page says."""
    limit(pair.router, 1)
    place = tmp_path / "frr"
    place.mkdir()
    daemons = ("zebra", "staticd", "bgpd")
    async with frr_router(pair.lan.announcer, place, daemons=daemons) as announcer:
        announcer.configure(*(line for line in example().splitlines() if line.strip() != "!"))
        async with KIND.connect(announcer.options()) as provider:
            await provider.apply([Create(WISHES[0])])
            await until(lambda: len(pair.learned()) == 1)
            assert isinstance(provider, BgpSpeaker)
            (up,) = await provider.peers()
            await provider.apply([Create(WISHES[1])])
            await until(lambda: not pair.learned())
            words = "it takes no more prefixes than we have told: it has closed the session"
            await until_told(announcer, "bgp-prefix-limit", ("10.240.0.1", words))

    assert (up.state, up.advertised) == ("Established", 1)


async def test_a_router_without_bgp_has_no_sessions(network: Lan, tmp_path: Path) -> None:
    """And none is asked for."""
    async with frr_router(network.router, tmp_path) as router:
        found = await checked(router)
        async with KIND.connect(router.options()) as provider:
            assert isinstance(provider, BgpSpeaker)
            with pytest.raises(ProviderUnreachable, match="bgpd is not running"):
                await provider.peers()

    assert [key for key in found if key.startswith("bgp-")] == []


@pytest.mark.parametrize("apart", APART)
async def test_who_is_not_heard_has_no_session(pair: Pair, apart: Apart) -> None:
    file = daemon_file().replace(apart.right, apart.wrong)
    async with pair.announcer(file=file) as daemon, GOBGP.connect(daemon.options()) as provider:
        await announce(provider)
        await until(lambda: pair.lan.unheard(apart.counter))
        ((subject, cause),) = await told(pair.router, "bgp-session")

    assert subject == "10.240.0.2"
    assert not cause.startswith("Established")
