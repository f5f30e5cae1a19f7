"""A provider before a simulated RouterOS."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory

from podroute.model.route import InstalledRoute
from podroute.providers.interface import RouteProvider
from podroute.providers.routeros.provider import KIND
from podroute.testing.https.running import running
from podroute.testing.routeros.router import Router
from podroute.testing.routeros.server import Api, Seen
from tests.appliances.trusted import authority, secret_file

MARK = "podroute cluster=kubernetes"


@dataclass(frozen=True)
class Served:
    """Where it answers, and what it was asked."""

    api: Api
    url: str

    def changes(self) -> list[Seen]:
        return [one for one in self.api.seen if one.method != "GET"]


@contextmanager
def served(router: Router) -> Generator[Served]:
    """The router, answering."""
    _, pair = authority()
    api = Api(router)
    with running(api.application(), pair.certificate, pair.key) as url:
        yield Served(api, url)


@asynccontextmanager
async def opened(url: str, **options: str) -> AsyncGenerator[RouteProvider]:
    """With the right password and authority, unless told otherwise."""
    ca, _ = authority()
    with TemporaryDirectory() as place:
        given = {
            "url": url,
            "ca": str(ca),
            "password-file": secret_file(place),
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


def plant(router: Router, one: InstalledRoute, **more: str) -> None:
    """A route that is there before."""
    menu = "ip" if one.destination.version == 4 else "ipv6"
    fields = {"dst-address": str(one.destination), **more}
    if one.ownership == "ours":
        fields["comment"] = MARK
    way = {"gateway": str(one.next_hop)} if one.next_hop else {"blackhole": ""}
    router.add(menu, {**fields, **way})
