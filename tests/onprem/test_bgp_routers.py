"""The routers of docs/providers/bgp-routers.md that run here, with a real announcer."""

import re
from pathlib import Path

import pytest

from podroute.providers.gobgp.provider import KIND
from podroute.routing.outcome import Done
from podroute.routing.steps import Create
from tests.builders import route
from tests.onprem.bgp import daemon_file
from tests.onprem.bird import BirdRouter, bird_router, parse_fault
from tests.onprem.gobgp import gobgp_daemon, looked
from tests.onprem.lan import Lan
from tests.waiting import until

pytestmark = pytest.mark.netns

PAGE = Path(__file__).parents[2] / "docs/providers/bgp-routers.md"
BY_BIRD = frozenset(("bird", "12"))  # RTPROT_BIRD
WISHES = (
    route("10.200.0.0/24", "10.240.0.30"),
    route("10.200.1.0/24", "10.240.0.31"),
    route("fd00:10:200::/64", "fd00:10:240::30"),
    route("fd00:10:200:1::/64", "fd00:10:240::31"),
)
LEARNED = {f"{one.destination} via {one.next_hop}" for one in WISHES}
UNLIKELY = (
    route("10.200.2.0/25", "10.240.0.30"),
    route("10.201.0.0/24", "10.240.0.30"),
    route("fd00:10:201::/64", "fd00:10:240::30"),
)


def bird_file() -> str:
    """What the page says for BIRD."""
    (text,) = re.findall(
        r"^## BIRD 2\n+```text\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL
    )
    return str(text)


def learned(network: Lan) -> set[str]:
    """The kernel's routes by BIRD: destinations and next hops."""
    routes = network.router.routes()
    return {f"{one['dst']} via {one['gateway']}" for one in routes if one["protocol"] in BY_BIRD}


async def test_pods_meet_through_bird(network: Lan, tmp_path: Path) -> None:
    """What are no Pods' prefixes is not taken, whoever announces it."""
    announcer = tmp_path / "announcer"
    announcer.mkdir()
    async with (
        bird_router(network.router, tmp_path, bird_file()) as router,
        gobgp_daemon(network.announcer, announcer, daemon_file()) as daemon,
        KIND.connect(daemon.options()) as provider,
    ):
        await provider.read()
        assert not network.pods_meet()
        outcomes = await provider.apply([Create(one) for one in (*WISHES, *UNLIKELY)])
        assert [one for one in outcomes if not isinstance(one, Done)] == []
        await looked(provider)

        await until(lambda: "Established" in router.birdc("show", "protocols"))
        await until(lambda: learned(network) == LEARNED)
        await until(network.pods_meet)
        await until(lambda: counted(router) == [("4", "2", "2"), ("3", "1", "2")])
        told = router.birdc("show", "protocols", "all", "podroute")

    assert told.count("Import limit:   500") == 2


def counted(router: BirdRouter) -> list[tuple[str, str, str]]:
    """What each family has received, filtered and accepted."""
    told = router.birdc("show", "protocols", "all", "podroute")
    return re.findall(r"Import updates: +(\d+) +0 +(\d+) +0 +(\d+)", told)


@pytest.mark.parametrize(("right", "wrong"), [("ttl security on", "ttl security perhaps")])
def test_bird_would_say_so_where_the_page_is_wrong(tmp_path: Path, right: str, wrong: str) -> None:
    assert "syntax error" in parse_fault(tmp_path, bird_file().replace(right, wrong))
    assert parse_fault(tmp_path, bird_file()) == ""
