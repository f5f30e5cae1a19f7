"""podroute web: the live page over the cluster and the router as they are, without a controller."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import Final

from cyclopts import Parameter
from prometheus_client import CollectorRegistry

from podroute.cli.by_hand import typed
from podroute.cli.failure import Exit, Failure
from podroute.cli.following import followed
from podroute.cli.options import (
    ANY_ADDRESSES,
    ANY_ROUTER,
    ANY_SOURCE,
    AddressPlan,
    NodeSource,
    Router,
)
from podroute.cli.reading import open_router
from podroute.observe.board import Subject
from podroute.web.health import App, Checks, serving
from podroute.web.page import Commands, web_app

LAST_PORT: Final = 65535


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class WebView:
    """Where the page is served."""

    bind_address: str = "127.0.0.1:10358"
    "ADDRESS:PORT of this machine alone; port 0 is any free one."


ANY_VIEW: Final = WebView()


def web(
    *,
    view: WebView = ANY_VIEW,
    source: NodeSource = ANY_SOURCE,
    addresses: AddressPlan = ANY_ADDRESSES,
    router: Router = ANY_ROUTER,
) -> None:
    """Serve the live page on this machine until Ctrl-C; nothing is changed."""
    asyncio.run(_serve(_place(view.bind_address), source, addresses, router))


def _place(text: str) -> tuple[str, int]:
    """The address and the port.

    Raises:
        Failure: it is none, or others could reach it.
    """
    host, _, port = text.rpartition(":")
    host = "127.0.0.1" if host == "localhost" else host.removeprefix("[").removesuffix("]")
    if not port.isdecimal() or int(port) > LAST_PORT or not host:
        raise Failure(Exit.USAGE, f"--bind-address {text!r} is not ADDRESS:PORT")
    try:
        here = ip_address(host).is_loopback
    except ValueError:
        words = f"--bind-address {text!r}: {host!r} is not an IP address"
        raise Failure(Exit.USAGE, words) from None
    if not here:
        words = (
            f"--bind-address {text}: the page has neither TLS nor a password; give an address of "
            "loopback, and come from elsewhere by ssh -L"
        )
        raise Failure(Exit.USAGE, words)
    return host, int(port)


async def _serve(
    place: tuple[str, int], source: NodeSource, addresses: AddressPlan, router: Router
) -> None:
    async with AsyncExitStack() as stack:
        board = await stack.enter_async_context(followed(source, addresses, router, ""))
        commands: Commands = _none
        if router.provider:
            provider = await stack.enter_async_context(open_router(router))
            commands = partial(typed, board, provider)
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        app = web_app(Checks({}, {}), CollectorRegistry(), board, commands)
        await _listen(stack, app, place)
        await stopping.wait()


def _none(_: Subject) -> Sequence[str]:
    """Without a router nobody knows what to type."""
    return ()


async def _listen(stack: AsyncExitStack, app: App, place: tuple[str, int]) -> None:
    host, port = place
    shown = f"[{host}]" if ":" in host else host
    try:
        port = await stack.enter_async_context(serving(app, host, port))
    except OSError as error:
        why = str(error.strerror).partition(" (")[0]  # socket adds the address
        words = f"--bind-address {shown}:{port}: {why}; give another one, or port 0 for a free one"
        raise Failure(Exit.USAGE, words) from None
    sys.stdout.write(f"http://{shown}:{port}/\n")
    sys.stdout.flush()
