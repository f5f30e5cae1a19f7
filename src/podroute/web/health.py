"""/livez, /readyz and /metrics of a running controller."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Final, TypeAlias

import uvicorn
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from typing_extensions import override

App: TypeAlias = Starlette
Check: TypeAlias = Callable[[], str]
"""What is wrong, in one line; "" where nothing is."""

_STOP: Final = 2  # seconds for answers under way


@dataclass(frozen=True, slots=True)
class Checks:
    """Named checks: ``live`` fails where only a restart helps, ``ready`` while work is held up."""

    live: Mapping[str, Check]
    ready: Mapping[str, Check]


def health_app(checks: Checks, registry: CollectorRegistry) -> Starlette:
    """Nothing but health and metrics."""
    return Starlette(routes=health_routes(checks, registry))


def health_routes(checks: Checks, registry: CollectorRegistry) -> list[Route]:
    """As Kubernetes' own components answer: ``ok``, or 500 with the checks that fail."""

    async def metrics(request: Request) -> Response:
        encode, kind = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), media_type=kind)

    return [
        Route("/livez", _answering(checks.live)),
        Route("/healthz", _answering(checks.live)),
        Route("/readyz", _answering({**checks.live, **checks.ready})),
        Route("/metrics", metrics),
    ]


def _answering(checks: Mapping[str, Check]) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        faults = {name: fault for name, check in checks.items() if (fault := check())}
        if not faults and "verbose" not in request.query_params:
            return PlainTextResponse("ok")
        lines = [
            f"[-]{name} failed: {faults[name]}" if name in faults else f"[+]{name} ok"
            for name in checks
        ]
        status = 500 if faults else 200
        return PlainTextResponse("".join(f"{line}\n" for line in lines), status)

    return answer


class _Server(uvicorn.Server):
    """Signals are the controller's business."""

    @override
    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@asynccontextmanager
async def serving(app: Starlette, host: str, port: int) -> AsyncGenerator[int]:
    """Serves ``app`` inside the block; yields the port, which is a free one for port 0.

    An event ``app.state.closing`` is set at the end, for answers that would go on.

    Raises:
        OSError: the address cannot be had.
    """
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_STOP,
    )
    server = _Server(config)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield listening.getsockname()[1]
    finally:
        closing: asyncio.Event | None = getattr(app.state, "closing", None)
        if closing is not None:
            closing.set()
        server.should_exit = True
        await task
