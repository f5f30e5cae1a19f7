"""A board that is kept current: by looking at the cluster and the router, or at a controller."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

from podroute.cli.by_hand import typed
from podroute.cli.failure import Exit, Failure, innermost
from podroute.cli.options import PORT, AddressPlan, NodeSource, Router, claim_rules
from podroute.cli.reading import open_router, settled, the_only
from podroute.cli.text import warn
from podroute.controllers.route_view import RouteView, Sources
from podroute.kube.api_errors import ApiUnreachable
from podroute.kube.connection import connect
from podroute.kube.kubeconfig import KubeconfigError
from podroute.kube.nodes import parse_node
from podroute.kube.watching import follow_nodes
from podroute.observe.board import Board, Subject
from podroute.providers.interface import ProviderUnreachable
from podroute.web.remote import RemoteBoard, RemoteUnreached

LIST_WITHIN = 60.0  # seconds until the first picture must be there


@dataclass(frozen=True, slots=True)
class Followed:
    """What is seen, and what a person would type for it."""

    board: Board
    commands: Callable[[Subject], Sequence[str]]


class _Follower(Protocol):
    ready: asyncio.Event

    async def run(self) -> None: ...


@asynccontextmanager
async def followed(
    source: NodeSource, addresses: AddressPlan, router: Router, controller: str
) -> AsyncGenerator[Followed]:
    """Complete when the block begins, and current inside it.

    ``controller``: the address of a running one; "" for a look of our own.

    Raises:
        Failure: a setting does not fit, or something is not reached.
    """
    seen = Followed(Board(), _nothing)
    try:
        async with AsyncExitStack() as stack:
            follower: _Follower
            if controller:
                _check_controller(source, router)
                follower = RemoteBoard(controller_url(controller), seen.board, warn)
            else:
                follower, seen = await _view(stack, source, addresses, router)
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(follower.run())
                await _first_picture(follower, running)
                yield seen
                running.cancel()
    except ExceptionGroup as group:
        raise _failure(innermost(group)) from None
    except (ProviderUnreachable, RemoteUnreached, ApiUnreachable, KubeconfigError) as error:
        raise _failure(error) from None


def _nothing(_: Subject) -> Sequence[str]:
    """Without a router nobody knows what to type."""
    return ()


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


async def _view(
    stack: AsyncExitStack, source: NodeSource, addresses: AddressPlan, router: Router
) -> tuple[RouteView, Followed]:
    if source.filename:
        raise Failure(
            Exit.USAGE, "a file does not change: leave out -f, or look once by podroute table -f"
        )
    rules = claim_rules(addresses)
    place = settled(source)
    if place.login is None:
        raise Failure(Exit.USAGE, "which cluster? give --kubeconfig")
    provider = await stack.enter_async_context(open_router(router)) if router.is_given else None
    connection = await stack.enter_async_context(connect(place.login))
    board = Board()
    board.stand(
        replace(
            board.standing,
            provider=the_only(router).provider if router.is_given else "",
            server=place.server,
            pools=rules.pools,
            reserved=rules.reserved,
            node_cidrs=rules.node_cidrs,
        )
    )
    follow = partial(follow_nodes, connection, parse=parse_node)
    view = RouteView(Sources(follow, provider, rules), board, warn)
    if provider is None:
        return view, Followed(board, _nothing)
    return view, Followed(board, partial(typed, view.observed, rules, provider))


async def _first_picture(follower: _Follower, running: asyncio.Task[None]) -> None:
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
