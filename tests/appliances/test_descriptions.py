"""What others have written about a route is kept, and breaks out of no request and no line."""

import subprocess
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from podroute.providers.interface import RouteProvider
from podroute.routing.steps import Adopt
from podroute.testing.routeros.router import Router as RouterOs
from podroute.testing.vyos.lines import found, put
from podroute.testing.vyos.router import Router as Vyos
from tests.appliances import routeros, vyos
from tests.appliances.outcomes import done
from tests.builders import route

HOSTILE = "x\"}]; $(touch trace) `touch trace` '; touch trace; '\\"
DESTINATIONS = ("10.200.0.0/24", "10.200.1.0/24")
HOP = "10.240.0.30"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Where a person types; nothing is made there."""
    monkeypatch.chdir(tmp_path)
    yield
    assert list(tmp_path.iterdir()) == []


async def adopt(provider: RouteProvider) -> None:
    """One by the line for a person, the other by ourselves."""
    there = (await provider.read()).routes
    first, second = (
        Adopt(one, route(cidr, HOP))
        for cidr in DESTINATIONS
        for one in there
        if str(one.destination) == cidr
    )
    _type(provider.commands([first]))
    assert done(await provider.apply([second]))


def _type(lines: Sequence[str]) -> None:
    for line in lines:
        subprocess.run(["sh", "-ec", line], check=True, capture_output=True)


async def test_of_routeros() -> None:
    router = RouterOs()
    for cidr in DESTINATIONS:
        router.add("ip", {"dst-address": cidr, "gateway": HOP, "comment": f"a\n{HOSTILE}"})
    async with routeros.before(router) as (provider, _):
        await adopt(provider)

    kept = {one["dst-address"]: one.get("comment") for one in router.items["ip"]}
    assert [kept[cidr] for cidr in DESTINATIONS] == [f"{routeros.MARK} a\n{HOSTILE}"] * 2


async def test_of_vyos() -> None:
    router = Vyos()
    places = [["protocols", "static", "route", cidr] for cidr in DESTINATIONS]
    for place in places:
        put(router.running, [*place, "next-hop", HOP])
        put(router.running, [*place, "description", HOSTILE])
    async with vyos.before(router) as (provider, _):
        await adopt(provider)

    kept = [found(router.running, [*place, "description"]) for place in places]
    assert kept == [f"{vyos.MARK} {HOSTILE}"] * 2
