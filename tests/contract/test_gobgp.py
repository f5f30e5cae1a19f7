"""A real GoBGP keeps the promises of every provider."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from podroute.model.route import InstalledRoute
from podroute.providers.gobgp.provider import KIND
from podroute.providers.interface import RouteProvider
from podroute.testing.contract import RouteProviderContract, Router
from podroute.testing.netns import node_network
from tests.onprem.gobgp import api_in, gobgp_daemon, rib_words

pytestmark = pytest.mark.netns


class GobgpHere:
    """gobgpd without neighbours."""

    def __init__(self, **options: str) -> None:
        self._options = options

    @asynccontextmanager
    async def opened(self, planted: Sequence[InstalledRoute] = ()) -> AsyncGenerator[RouteProvider]:
        with TemporaryDirectory() as place, node_network() as node:
            async with gobgp_daemon(node, Path(place)) as daemon:
                for one in planted:
                    daemon.gobgp(*rib_words(one, self._options))
                async with KIND.connect(daemon.options(**self._options)) as provider:
                    yield provider

    @asynccontextmanager
    async def unreachable(self) -> AsyncGenerator[RouteProvider]:
        with TemporaryDirectory() as place:
            async with KIND.connect({"address": api_in(Path(place))}) as provider:
                yield provider


class TestDefaults(RouteProviderContract):
    """As it is without options."""

    router: Router = GobgpHere()


class TestOtherOptions(RouteProviderContract):
    """Every option chosen otherwise."""

    router: Router = GobgpHere(community="65000:7", communities="65000:8,65535:0", med="50")


class TestMarkAlone(RouteProviderContract):
    """No further community."""

    router: Router = GobgpHere(communities="")
