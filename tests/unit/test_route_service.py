"""The route loop in a running controller: its term, and what its page is told."""

import asyncio
from dataclasses import replace
from io import StringIO
from pathlib import Path
from time import monotonic

import pytest
from prometheus_client import CollectorRegistry

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
