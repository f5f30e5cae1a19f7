"""The route loop in a running controller: its term, and what its page is told."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from time import monotonic, time

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from podroute.cli.kept_router import UNTOLD, OpenRouter, next_step
from podroute.cli.options import LeaseName
from podroute.cli.route_service import RouteDuties, RouteService, Surroundings
from podroute.controllers.election import Claim, Term
from podroute.controllers.recorder import Severity
from podroute.kube.connection import connect
from podroute.kube.kubeconfig import find_login
from podroute.kube.login import ClusterAccess
from podroute.model.node import NodeName, NodeUid
from podroute.observe.board import HeldBack
from podroute.observe.logs import make_logger
from tests.builders import SEED_RULES, installed
from tests.unit.kube_server import serving
from tests.unit.played_router import Router
from tests.unit.watch_texts import initial
from tests.unit.watchers import in_turn
from tests.waiting import until

NAMED = "--leader-elect-resource-name router-b --leader-elect-resource-namespace net"
STALE = "10.200.5.0/24"


class Silent:
    """Nobody asks for Events."""

    def record(
        self, node: NodeName, uid: NodeUid, severity: Severity, reason: str, message: str
    ) -> bool:
        return bool(node or uid or severity or reason or message)

    def announce(self, severity: Severity, reason: str, message: str) -> bool:
        return bool(severity or reason or message)


@pytest.mark.parametrize(
    ("lease", "title", "command"),
    [
        (LeaseName(), "kube-system/podroute-controller", "podroute apply --confirm 1a2b"),
        (
            LeaseName("router-b", "net"),
            "net/router-b",
            f"podroute apply {NAMED} --confirm 1a2b",
        ),
        (
            None,
            "",
            f"podroute apply by hand, with --provider played: {UNTOLD}",
        ),
    ],
)
async def test_what_is_held_back_is_told_with_the_way_to_this_very_controller(
    tmp_path: Path, lease: LeaseName | None, title: str, command: str
) -> None:
    duties, router = RouteDuties(10.0, None, "own"), OpenRouter("", "played", Router())
    assert next_step(lease, router, "1a2b") == command
    with serving(tmp_path) as server:
        async with connect(find_login(ClusterAccess(server.kubeconfig()))) as connection:
            log = make_logger(stream=StringIO())
            around = Surroundings(connection, [router], log, Silent(), CollectorRegistry(), lease)
            service = RouteService(around, duties, SEED_RULES)

    assert service.board.standing.lease == title


async def test_its_page_tells_who_leads_and_what_a_person_would_type(tmp_path: Path) -> None:
    log, router = make_logger(stream=StringIO()), Router([installed(STALE, "10.240.0.99")])
    term, stopping = Term(Claim("fresh", 1), monotonic(), endless=True), asyncio.Event()
    with serving(tmp_path) as server:
        in_turn(server, server.feed(initial(7)))
        async with connect(find_login(ClusterAccess(server.kubeconfig()))) as connection:
            played = OpenRouter("", "played", router)
            around = Surroundings(connection, [played], log, Silent(), CollectorRegistry())
            duties = RouteDuties(10.0, None, "own")
            service = RouteService(around, duties, SEED_RULES)
            assert service.commands(STALE) == ()
            leading = asyncio.create_task(service.lead(term, stopping))
            await until(service.board.rows)
            (command,) = service.commands(STALE)
            held = HeldBack(4, "4 of 9 routes", "1a2b3c4d-t1", "")
            service.board.stand(replace(service.board.standing, held=held))
            word = term.held_back()
            stopping.set()
            await leading

    assert command.startswith("# Delete(")
    assert (word, term.held_back()) == ("1a2b3c4d-t1", "")
    name = service.board.timeline()[0].words.removesuffix(" leads")
    told = [one.words for one in service.board.timeline() if one.kind == "leader"]
    assert told == [f"{name} leads", f"{name} leads no more"]
    assert service.commands(STALE) == ()


@dataclass
class Both:
    """A leader of two routers; ``left`` has a stale route, ``right`` is down."""

    left: Router
    service: RouteService
    term: Term
    registry: CollectorRegistry


@pytest.fixture
async def both(tmp_path: Path) -> AsyncGenerator[Both]:
    left, right = Router([installed(STALE, "10.240.0.99")]), Router()
    right.down = "no route to host"
    registry, log = CollectorRegistry(), make_logger(stream=StringIO())
    term, stopping = Term(Claim("took over", 3), monotonic(), endless=True), asyncio.Event()
    minute = int(time()) // 60 * 60 - 60  # one that is over
    term.inherited = f"router=away {minute}:5 router=left {minute}:2 router=right {minute}:1"
    with serving(tmp_path) as server:
        in_turn(server, server.feed(initial(7)))
        async with connect(find_login(ClusterAccess(server.kubeconfig()))) as connection:
            routers = [OpenRouter("left", "played", left), OpenRouter("right", "played", right)]
            around = Surroundings(connection, routers, log, Silent(), registry)
            service = RouteService(around, RouteDuties(0.2, None, "own", 2), SEED_RULES)
            leading = asyncio.create_task(service.lead(term, stopping))
            await until(service.board.rows)
            await until(lambda: service.board.standing.unreached == "right: no route to host")
            yield Both(left, service, term, registry)
            stopping.set()
            await leading


async def test_of_two_routers_each_has_its_word_its_brake_and_its_commands(both: Both) -> None:
    await until(both.term.held_back)
    assert both.term.held_back().endswith("-left-t3")
    assert both.term.removals() == both.term.inherited
    lines = both.service.commands(STALE)
    assert lines == ("# router left", lines[1], "# router right")
    assert lines[1].startswith("# Delete(")
    routers = both.service.board.standing.routers
    assert [(one.name, one.provider) for one in routers] == [
        ("left", "played"),
        ("right", "played"),
    ]
    stale = b'podroute_routes{provider="played",router="left",state="Stale"} 1.0'
    assert stale in generate_latest(both.registry)


async def test_its_word_reaches_a_router_beside_that_of_another(both: Both) -> None:
    """Whoever types both at once has them in the Lease together."""
    await until(both.term.held_back)
    both.term.confirm(f"1a2b3c4d-right-t3 {both.term.held_back()}")
    await until(lambda: STALE in " ".join(both.left.sent()))


async def test_it_is_ready_as_long_as_one_router_is_reached(both: Both) -> None:
    assert both.service.unready() == ""
    both.left.down = "no power"
    both.left.routes.alter((), ())
    await until(lambda: both.service.unready() == "left: no power; right: no route to host")
