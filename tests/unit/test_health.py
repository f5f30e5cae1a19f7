"""/livez, /readyz and /metrics, asked over a socket."""

import asyncio
import socket
from collections.abc import Mapping
from functools import partial

import httpx2
import pytest
from prometheus_client import CollectorRegistry, Counter

from podroute.web.health import Checks, health_app, serving

LOOPBACK = "127.0.0.1"


async def ask(path: str, live: Mapping[str, str], ready: Mapping[str, str]) -> httpx2.Response:
    """``live`` and ``ready`` are the faults by check."""
    registry = CollectorRegistry()
    Counter("turns", "Turns.", registry=registry).inc(7)
    checks = Checks(
        {name: partial(str, fault) for name, fault in live.items()},
        {name: partial(str, fault) for name, fault in ready.items()},
    )
    async with (
        serving(health_app(checks, registry), LOOPBACK, 0) as port,
        httpx2.AsyncClient() as client,
    ):
        return await client.get(f"http://{LOOPBACK}:{port}{path}")


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz"])
async def test_all_well_is_ok(path: str) -> None:
    answer = await ask(path, {"loop": ""}, {"nodes": ""})

    assert (answer.status_code, answer.text) == (200, "ok")


async def test_what_is_not_ready_is_named_and_alive_all_the_same() -> None:
    faults = {"nodes": "no list for 70 s"}

    ready = await ask("/readyz", {"loop": ""}, faults)
    alive = await ask("/livez", {"loop": ""}, faults)

    assert ready.status_code == 500
    assert ready.text.splitlines() == ["[+]loop ok", "[-]nodes failed: no list for 70 s"]
    assert alive.status_code == 200


async def test_who_is_not_alive_is_not_ready() -> None:
    assert (await ask("/readyz", {"loop": "stuck"}, {})).status_code == 500


async def test_every_check_is_shown_on_request() -> None:
    answer = await ask("/readyz?verbose", {"loop": ""}, {"nodes": ""})

    assert answer.text.splitlines() == ["[+]loop ok", "[+]nodes ok"]


async def test_metrics_are_in_the_format_that_is_asked_for() -> None:
    answer = await ask("/metrics", {}, {})

    assert "turns_total 7.0" in answer.text
    assert answer.headers["content-type"].startswith("text/plain")


async def test_an_address_that_is_taken_is_an_error_at_once() -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            async with serving(health_app(Checks({}, {}), CollectorRegistry()), LOOPBACK, port):
                await asyncio.Event().wait()
