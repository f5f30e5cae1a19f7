"""A board that is kept current: by looking at the cluster and the router, or at a controller."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

from podroute.cli.failure import Exit, Failure, innermost
from podroute.cli.looking import Followed, Follower, look_on, nothing
from podroute.cli.options import PORT, AddressPlan, NodeSource, Router
from podroute.cli.text import warn
from podroute.kube.api_errors import ApiUnreachable
from podroute.kube.kubeconfig import KubeconfigError
from podroute.observe.board import Board
from podroute.providers.interface import ProviderUnreachable
from podroute.web.remote import RemoteBoard, RemoteUnreached

LIST_WITHIN = 60.0  # seconds until the first picture must be there


@asynccontextmanager
async def followed(
    source: NodeSource, addresses: AddressPlan, router: Router, controller: str
) -> AsyncGenerator[Followed]:
    """Complete when the block begins, and current inside it.

    ``controller``: the address of a running one; "" for a look of our own.

    Raises:
        Failure: a setting does not fit, or something is not reached.
    """
    seen = Followed(Board(), nothing)
    try:
        async with AsyncExitStack() as stack:
            follower: Follower
            if controller:
                _check_controller(source, router)
                follower = RemoteBoard(controller_url(controller), seen.board, warn)
            else:
                follower, seen = await look_on(stack, source, addresses, router)
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(follower.run())
                await _first_picture(follower, running)
                yield seen
                running.cancel()
    except ExceptionGroup as group:
        raise _failure(innermost(group)) from None
    except (ProviderUnreachable, RemoteUnreached, ApiUnreachable, KubeconfigError) as error:
        raise _failure(error) from None


def _check_controller(source: NodeSource, router: Router) -> None:
    if source.filename or router.is_given:
        words = "--controller shows what a running controller sees: leave out -f and --provider"
        raise Failure(Exit.USAGE, words)


def controller_url(address: str) -> str:
    """Where a controller's page is; of an address without a port, at the port of controllers.

    Raises:
        Failure: it is no address.
    """
    url, usual = (address, "") if "://" in address else (f"http://{address}", f":{PORT}")
    try:
        parts = urlsplit(url)
        given = parts.port is not None
    except ValueError:
        raise _no_address(address) from None
    if parts.scheme not in {"http", "https"} or not _is_host(parts.hostname or ""):
        raise _no_address(address)
    place = parts.netloc.removesuffix(":")
    if not given:
        place += usual
    return urlunsplit((parts.scheme, place, parts.path.rstrip("/"), "", ""))


def _is_host(name: str) -> bool:
    return bool(name) and name.isprintable() and not any(map(str.isspace, name))


def _no_address(address: str) -> Failure:
    return Failure(Exit.USAGE, f"--controller {address!r} is not ADDRESS:PORT")


async def _first_picture(follower: Follower, running: asyncio.Task[None]) -> None:
    waiting = asyncio.ensure_future(follower.ready.wait())
    try:
        await asyncio.wait(
            (waiting, running), timeout=LIST_WITHIN, return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        waiting.cancel()
    if running.done():
        await running
    if not follower.ready.is_set():
        words = f"the Nodes, or the router's routes, are not told within {LIST_WITHIN:g} s"
        raise Failure(Exit.UNREACHED, f"{words}: podroute table asks once, and says who is silent")


def _failure(error: BaseException) -> BaseException:
    match error:
        case KubeconfigError():
            return Failure(Exit.USAGE, str(error))
        case ProviderUnreachable() | RemoteUnreached() | ApiUnreachable():
            return Failure(Exit.UNREACHED, str(error))
        case _:
            return error
