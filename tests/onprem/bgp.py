"""A router with FRRouting and its announcer, configured as docs/providers/gobgp.md says."""

import re
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from podroute.providers.bgp_sessions import UNANSWERED
from tests.onprem.frr import FrrRouter, frr_router
from tests.onprem.gobgp import Gobgp, gobgp_daemon
from tests.onprem.lan import Lan

PAGE: Final = Path(__file__).parents[2] / "docs/providers/gobgp.md"
BGP: Final = ("zebra", "staticd", "bgpd")


class Apart(NamedTuple):
    """What is not alike on both sides: ``wrong`` is in the announcer's file.

    ``alike`` makes the router so too; ``counter``: why its kernel hears nothing; ``told``: the
    words for it.
    """

    right: str
    wrong: str
    alike: str
    counter: str
    told: str


APART: Final = (
    Apart(
        "CHANGE-ME",
        "WRONG",
        "neighbor 10.240.0.2 password WRONG",
        "TCPMD5Failure",
        "no connection: is BGP running there and open to us",
    ),
    Apart(
        "enabled = true\n    ttl-min = 255",
        "enabled = false",
        "no neighbor 10.240.0.2 ttl-security hops 1",
        "TCPMinTTLDrop",
        UNANSWERED,
    ),
)


def example(kind: str, begin: str) -> str:
    """The block of the page that begins so."""
    found = re.findall(rf"^```{kind}\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (text,) = [one for one in found if str(one).startswith(begin)]
    return str(text)


def daemon_file() -> str:
    """What the page says for gobgpd."""
    return example("toml", "[global.config]")


def router_lines() -> list[str]:
    """What the page says for the router."""
    return [line for line in example("text", "ip prefix-list").splitlines() if line.strip() != "!"]


@dataclass
class Pair:
    """``place`` holds the files of both."""

    lan: Lan
    place: Path
    router: FrrRouter

    @asynccontextmanager
    async def announcer(self, *more: str, file: str = "") -> AsyncGenerator[Gobgp]:
        """The daemon; ``more`` are flags, ``file`` its configuration if not that of the page."""
        place = self.place / "announcer"
        place.mkdir(exist_ok=True)
        running = gobgp_daemon(self.lan.announcer, place, file or daemon_file(), *more)
        async with running as daemon:
            yield daemon

    def learned(self) -> set[str]:
        """The Pods' destinations and next hops that the router's kernel has by BGP."""
        routes = self.lan.router.routes()
        return {f"{one['dst']} via {one['gateway']}" for one in routes if one["protocol"] == "186"}


@asynccontextmanager
async def routed(lan: Lan, place: Path) -> AsyncGenerator[Pair]:
    """The router as it is configured by the page; there is no announcer yet."""
    folder = place / "router"
    folder.mkdir()
    async with AsyncExitStack() as stack:
        router = await stack.enter_async_context(frr_router(lan.router, folder, daemons=BGP))
        router.configure(*router_lines())
        yield Pair(lan, place, router)
