"""podroute web: the live page over the cluster and the router as they are, without a controller."""

import asyncio
import signal
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from cyclopts import Parameter
from prometheus_client import CollectorRegistry

from podroute.cli import event_loop
from podroute.cli.failure import Exit, Failure
from podroute.cli.following import followed
from podroute.cli.listening import address_and_port, listen
from podroute.cli.options import (
    ANY_ADDRESSES,
    ANY_ROUTER,
    ANY_SOURCE,
    AddressPlan,
    NodeSource,
    Router,
)
from podroute.web.health import Checks
from podroute.web.page import web_app

FLAG: Final = "--bind-address"


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
    event_loop.run(_serve(_place(view.bind_address), source, addresses, router))


def _place(text: str) -> tuple[str, int]:
    """The address and the port.

    Raises:
        Failure: it is none, or others could reach it.
    """
    host, port = address_and_port(FLAG, text)
    host = "127.0.0.1" if host == "localhost" else host
    if not host:
        raise Failure(Exit.USAGE, f"{FLAG} {text!r} is not ADDRESS:PORT")
    try:
        here = ip_address(host).is_loopback
    except ValueError:
        raise Failure(Exit.USAGE, f"{FLAG} {text!r}: {host!r} is not an IP address") from None
    if not here:
        words = (
            f"{FLAG} {text}: the page has neither TLS nor a password; give an address of "
            "loopback, and come from elsewhere by ssh -L"
        )
        raise Failure(Exit.USAGE, words)
    return host, port


async def _serve(
    place: tuple[str, int], source: NodeSource, addresses: AddressPlan, router: Router
) -> None:
    async with AsyncExitStack() as stack:
        seen = await stack.enter_async_context(followed(source, addresses, router, ""))
        stopping = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        app = web_app(Checks({}, {}), CollectorRegistry(), seen.board, seen.commands)
        address = await listen(stack, app, place, FLAG, "port 0 for a free one")
        sys.stdout.write(f"http://{address}/\n")
        sys.stdout.flush()
        await stopping.wait()
