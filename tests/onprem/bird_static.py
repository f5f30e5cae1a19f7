"""A BIRD that includes podroute's file, beside routes of its own."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from podroute.model.route import InstalledRoute
from podroute.testing.netns import Namespace
from tests.onprem.bird import BirdRouter, bird_router
from tests.onprem.daemons_of_debian import libraries, unpacked
from tests.onprem.planted import bird_line

CONFIGURATION: Final = """\
log stderr all;
router id 10.240.0.1;
ipv4 table other4;
ipv6 table other6;
protocol device {{ }}
protocol kernel {{ ipv4 {{ export all; }}; }}
protocol kernel {{ ipv6 {{ export all; }}; }}
include "{place}/podroute.conf";
{more}
"""


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
    """``ours`` is in the file already, ``more`` in bird.conf."""
    (place / "podroute.conf").write_text(ours)
    async with bird_router(node, place, CONFIGURATION.format(place=place, more=more)) as router:
        yield StaticBird(router, place)
