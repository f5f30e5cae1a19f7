"""A BIRD that includes podroute's file, beside routes of its own."""

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from podroute.model.route import InstalledRoute
from podroute.providers.bird.provider import KIND
from podroute.providers.interface import RouteProvider
from podroute.routing.outcome import Done, Outcome
from podroute.testing.netns import Namespace
from tests.onprem.bird import BirdRouter, bird_router
from tests.onprem.daemons_of_debian import libraries, unpacked
from tests.onprem.planted import bird_line

PAGE: Final = Path(__file__).parents[2] / "docs/providers/bird.md"
USUAL: Final = "/etc/bird/podroute.conf"
TABLES: Final = "log stderr all;\nipv4 table other4;\nipv6 table other6;\n"


def page_configuration() -> str:
    """What the page says for bird.conf."""
    found = re.findall(r"^```text\n(router id .*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    (text,) = found
    return str(text)


@dataclass(frozen=True)
class StaticBird:
    """``router`` runs; ``place`` holds all its files."""

    router: BirdRouter
    place: Path

    @property
    def file(self) -> Path:
        """Ours."""
        return self.place / "podroute.conf"

    def options(self, **others: str) -> dict[str, str]:
        """Those of the provider."""
        path, birdc = libraries()["LD_LIBRARY_PATH"], unpacked() / "usr/sbin/birdc"
        command = f"env LD_LIBRARY_PATH={path} {birdc} -s {self.place}/bird.ctl"
        return {"file": str(self.file), "birdc": command, **others}

    def routes(self) -> int:
        """How many are in all its tables."""
        return self.router.birdc("show", "route", "table", "all").count(" [")


def static_protocol(name: str, version: int, routes: Sequence[InstalledRoute], channel: str) -> str:
    """A static protocol with these routes."""
    lines = "".join(f"{bird_line(one)}\n" for one in routes if one.destination.version == version)
    return f"protocol static {name} {{\nipv{version} {{ {channel} }};\n{lines}}}\n"


@asynccontextmanager
async def static_bird(
    node: Namespace, place: Path, ours: str = "", more: str = ""
) -> AsyncGenerator[StaticBird]:
    """As the page says; ``ours`` is in the file already, ``more`` in bird.conf."""
    (place / "podroute.conf").write_text(ours)
    configuration = page_configuration().replace(USUAL, f"{place}/podroute.conf")
    async with bird_router(node, place, f"{TABLES}{configuration}{more}") as router:
        yield StaticBird(router, place)


@asynccontextmanager
async def connected(bird: StaticBird, **options: str) -> AsyncGenerator[RouteProvider]:
    """The provider, where BIRD is."""
    with bird.router.node.entered():
        async with KIND.connect(bird.options(**options)) as provider:
            yield provider


def done(outcomes: Sequence[Outcome]) -> bool:
    """Whether all are."""
    return all(isinstance(one, Done) for one in outcomes)


async def ours(provider: RouteProvider) -> list[InstalledRoute]:
    """What is ours of a new look."""
    return [one for one in (await provider.read()).routes if one.ownership == "ours"]
