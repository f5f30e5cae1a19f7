"""An agent of direct routes keeps none to its own podCIDR, whether its bridge is there or not."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from typing_extensions import override

from podroute.agent.confirmation import Confirmation
from podroute.agent.nodes import known_of
from podroute.agent.peers import Peers
from podroute.model.cidr import Cidr, parse_cidr
from podroute.model.route import RouteTable
from podroute.providers.memory.provider import MemoryRoutes
from podroute.routing.steps import Create
from tests.builders import SEED_RULES, node, roster

LINK, BRIDGE = parse_cidr("10.240.0.0/24"), parse_cidr("10.200.0.0/24")
WIDE = parse_cidr("10.200.0.0/16")


class Kernel(MemoryRoutes):
    """With networks of its own."""

    def __init__(self, *on_link: Cidr) -> None:
        super().__init__()
        self._on_link = on_link

    @override
    async def read(self) -> RouteTable:
        return replace(await super().read(), on_link=self._on_link)


async def destinations(kernel: Kernel, folder: Path, own: Sequence[Cidr]) -> tuple[set[str], int]:
    """Of its routes after a pass, and how many claims were refused; a Node claims what is ours."""
    thief = node("thief", "10.240.0.31", "10.200.0.0/24")
    nodes = roster(node("w0", "10.240.0.30"), thief, node("w2", "10.240.0.32", "10.200.2.0/24"))
    peers = Peers(kernel, SEED_RULES, Confirmation(folder))
    others = known_of("w0", nodes).others
    allowed = (await peers.look(others, own)).allowed
    planned = {str(one.route.destination) for one in allowed if isinstance(one, Create)}

    report = await peers.keep(others, own)

    found = {str(one.destination) for one in (await kernel.read()).routes}
    assert found == planned
    return found, len(report.blocked)


@pytest.mark.parametrize("on_link", [(LINK,), (LINK, BRIDGE)])
async def test_no_route_leads_own_pods_elsewhere(tmp_path: Path, on_link: tuple[Cidr, ...]) -> None:
    found, blocked = await destinations(Kernel(*on_link), tmp_path, (BRIDGE,))

    assert (found, blocked) == ({"10.200.2.0/24"}, 1)


async def test_a_pod_cidr_that_cannot_be_keeps_nobody_out(tmp_path: Path) -> None:
    found, blocked = await destinations(Kernel(LINK), tmp_path, (WIDE, LINK))

    assert (found, blocked) == ({"10.200.0.0/24", "10.200.2.0/24"}, 0)
