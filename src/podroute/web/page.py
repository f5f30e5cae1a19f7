"""The live page, and its documents; it reads and never writes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import msgspec
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from podroute.model.cidr import parse_cidr
from podroute.observe import documents
from podroute.observe.board import Board, Subject
from podroute.web.guard import guards
from podroute.web.health import Checks, health_routes
from podroute.web.stream import Stream

Commands: TypeAlias = Callable[[Subject], Sequence[str]]
"""The lines that a person would type for a destination's route."""

ASSETS: Final = Path(__file__).parent / "assets"
API: Final = "/api/v1alpha1"
_LONGEST: Final = 64  # characters of a CIDR


def web_app(
    checks: Checks,
    registry: CollectorRegistry,
    board: Board,
    commands: Commands,
    allowed_hosts: Iterable[str] = (),
) -> Starlette:
    """Health and metrics for all, the page for this machine, on one port.

    ``allowed_hosts`` are names by which the page may be asked for besides those of loopback.
    """
    stream = Stream(board)
    page = Starlette(
        routes=[
            Route("/", _index),
            Mount("/assets", StaticFiles(directory=ASSETS)),
            Route(f"{API}/routes", _showing(board, documents.route_table)),
            Route(f"{API}/status", _showing(board, documents.status)),
            Route(f"{API}/timeline", _showing(board, documents.timeline)),
            Route(f"{API}/address-space", _showing(board, documents.address_space)),
            Route(f"{API}/commands", _telling(board, commands)),
            Route(f"{API}/events", stream.answer),
        ],
        middleware=guards(allowed_hosts),
    )
    app = Starlette(routes=[*health_routes(checks, registry), Mount("/", page)])
    app.state.closing = stream.closing
    return app


async def _index(_: Request) -> Response:
    return FileResponse(ASSETS / "index.html", media_type="text/html; charset=utf-8")


def _showing(
    board: Board, document: Callable[[Board], Mapping[str, object]]
) -> Callable[[Request], object]:
    async def answer(_: Request) -> Response:
        return _json(document(board))

    return answer


def _telling(board: Board, commands: Commands) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        text = request.query_params.get("podCIDR", "")
        try:
            subject = str(parse_cidr(text[:_LONGEST]))
        except ValueError as error:
            return _failure(400, f"podCIDR: {error}")
        if not board.of(subject):
            return _failure(404, f"podCIDR {subject}: no Node has it, and no route leads there")
        lines = commands(subject)
        content = {"podCIDR": subject, "commands": lines}
        return _json(documents.versioned("RouteCommands", content))

    return answer


def _failure(code: int, message: str) -> Response:
    """As Kubernetes says it."""
    content = {"status": "Failure", "message": message, "code": code}
    return _json(documents.versioned("Status", content), code)


def _json(document: Mapping[str, object], code: int = 200) -> Response:
    return Response(msgspec.json.encode(document), code, media_type="application/json")
