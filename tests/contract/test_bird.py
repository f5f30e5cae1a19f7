"""A real BIRD keeps the promises of every provider."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from podroute.model.route import InstalledRoute
from podroute.providers.bird.provider import KIND
from podroute.providers.interface import RouteProvider
from podroute.testing.contract import RouteProviderContract, Router
from podroute.testing.netns import node_network
from tests.onprem.bird_static import static_bird, static_protocol
from tests.waiting import until

pytestmark = pytest.mark.netns


class BirdHere:
    """One in a namespace of its own."""

    def __init__(self, **options: str) -> None:
        self._options = options

    def _protocols(self, name: str, routes: Sequence[InstalledRoute]) -> str:
        """As podroute and as somebody else would write them: preference and tables are equal."""
        tables = {4: self._options.get("ipv4-table", "master4"), 6: "master6"}
        preference = self._options.get("preference", "200")
        return "".join(
            static_protocol(
                f"{name}{version}", version, routes, f"table {table}; preference {preference};"
            )
            for version, table in tables.items()
        )

    @asynccontextmanager
    async def opened(self, planted: Sequence[InstalledRoute] = ()) -> AsyncGenerator[RouteProvider]:
        mine = [one for one in planted if one.ownership == "ours"]
        theirs = [one for one in planted if one.ownership == "foreign"]
        ours = self._protocols(self._options.get("protocol", "podroute"), mine) if mine else ""
        more = self._protocols("theirs", theirs)
        with TemporaryDirectory() as place, node_network() as node, node.entered():
            async with (
                static_bird(node, Path(place), ours, more) as bird,
                KIND.connect(bird.options(**self._options)) as provider,
            ):
                await until(lambda: bird.routes() >= len(planted))
                yield provider

    @asynccontextmanager
    async def unreachable(self) -> AsyncGenerator[RouteProvider]:
        with TemporaryDirectory() as place, node_network() as node, node.entered():
            async with static_bird(node, Path(place)) as bird:
                options = bird.options()
            async with KIND.connect(options) as provider:
                yield provider


class TestDefaults(RouteProviderContract):
    """As it is without options."""

    router: Router = BirdHere()
    adopts = False


class TestOtherOptions(RouteProviderContract):
    """Every option chosen otherwise."""

    router: Router = BirdHere(**{"protocol": "pods", "preference": "300", "ipv4-table": "other4"})
    adopts = False
