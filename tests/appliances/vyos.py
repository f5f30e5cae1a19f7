"""A provider before a simulated VyOS."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory

from podroute.model.route import InstalledRoute
from podroute.providers.interface import RouteProvider
from podroute.providers.vyos.provider import KIND
from podroute.testing.https.running import running
from podroute.testing.vyos.lines import put
from podroute.testing.vyos.router import Router
from podroute.testing.vyos.server import Api
from tests.appliances.trusted import authority, secret_file

MARK = "podroute cluster=kubernetes"


@dataclass(frozen=True)
class Served:
    """Where it answers, and what it was asked."""

    api: Api
    url: str

    def commits(self) -> list[object]:
        return [one.data for one in self.api.seen if one.path == "/configure"]


@contextmanager
def served(router: Router) -> Generator[Served]:
    """The router, answering."""
    _, pair = authority()
    api = Api(router)
    with running(api.application(), pair.certificate, pair.key) as url:
        yield Served(api, url)


@asynccontextmanager
async def opened(url: str, **options: str) -> AsyncGenerator[RouteProvider]:
    """With the right key and authority, unless told otherwise."""
    ca, _ = authority()
    with TemporaryDirectory() as place:
        given = {
            "url": url,
            "ca": str(ca),
            "key-file": secret_file(place),
            "timeout": "10",
            **options,
        }
        async with KIND.connect(given) as provider:
            yield provider


@asynccontextmanager
async def before(router: Router, **options: str) -> AsyncGenerator[tuple[RouteProvider, Served]]:
    """The same, with the router running."""
    with served(router) as where:
        async with opened(where.url, **options) as provider:
            yield provider, where


def plant(router: Router, one: InstalledRoute, above: str = "", *more: str) -> None:
    """A route that is there before; ``more`` is said of its way."""
    family = "route" if one.destination.version == 4 else "route6"
    path = [*above.split(), "protocols", "static", family, str(one.destination)]
    way = ["next-hop", str(one.next_hop)] if one.next_hop else ["blackhole"]
    put(router.running, [*path, *way, *more])
    if one.ownership == "ours":
        put(router.running, [*path, "description", MARK])
