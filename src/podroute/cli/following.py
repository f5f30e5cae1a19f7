"""A board that is kept current: by looking at the cluster and the router, or at a controller."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Protocol
from urllib.parse import urlsplit

from podroute.cli.failure import Exit, Failure, innermost
from podroute.cli.options import AddressPlan, NodeSource, Router, claim_rules
from podroute.cli.reading import open_router, settled
from podroute.cli.text import warn
from podroute.controllers.route_view import RouteView, Sources
from podroute.kube.api_errors import ApiUnreachable
from podroute.kube.connection import connect
from podroute.kube.kubeconfig import KubeconfigError
from podroute.kube.nodes import parse_node
from podroute.kube.watching import follow_nodes
from podroute.observe.board import Board
from podroute.providers.interface import ProviderUnreachable
from podroute.web.remote import RemoteBoard, RemoteUnreached

LIST_WITHIN = 60.0  # seconds until the first picture must be there


class _Follower(Protocol):
    ready: asyncio.Event

    async def run(self) -> None: ...


@asynccontextmanager
async def followed(
    source: NodeSource, addresses: AddressPlan, router: Router, controller: str
) -> AsyncGenerator[Board]:
    """Complete when the block begins, and current inside it.

    ``controller``: the address of a running one; "" for a look of our own.

    Raises:
        Failure: a setting does not fit, or something is not reached.
    """
    board = Board()
    try:
        async with AsyncExitStack() as stack:
            follower: _Follower
            if controller:
                _check_controller(controller, source, router)
                follower = RemoteBoard(controller, board, warn)
            else:
                follower = await _view(stack, source, addresses, router, board)
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(follower.run())
                await _first_picture(follower, running)
                yield board
                running.cancel()
    except ExceptionGroup as group:
        raise _failure(innermost(group)) from None
    except (ProviderUnreachable, RemoteUnreached, ApiUnreachable, KubeconfigError) as error:
        raise _failure(error) from None


def _check_controller(controller: str, source: NodeSource, router: Router) -> None:
    if source.filename or router.provider:
        words = "--controller shows what a running controller sees: leave out -f and --provider"
        raise Failure(Exit.USAGE, words)
    try:
        urlsplit(controller if "://" in controller else f"//{controller}").port  # noqa: B018 -- read
    except ValueError:
        raise Failure(Exit.USAGE, f"--controller {controller!r} is not ADDRESS:PORT") from None


async def _view(
    stack: AsyncExitStack,
    source: NodeSource,
    addresses: AddressPlan,
    router: Router,
    board: Board,
) -> RouteView:
    if source.filename:
        raise Failure(
            Exit.USAGE, "a file does not change: leave out -f, or look once by podroute table -f"
        )
    rules = claim_rules(addresses)
    place = settled(source)
    if place.login is None:
        raise Failure(Exit.USAGE, "which cluster? give --kubeconfig")
    provider = await stack.enter_async_context(open_router(router)) if router.provider else None
    connection = await stack.enter_async_context(connect(place.login))
    board.stand(
        replace(
            board.standing,
            provider=router.provider,
            server=place.server,
            pools=rules.pools,
            reserved=rules.reserved,
            node_cidrs=rules.node_cidrs,
        )
    )
    follow = partial(follow_nodes, connection, parse=parse_node)
    return RouteView(Sources(follow, provider, rules), board, warn)


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
        raise Failure(Exit.UNREACHED, f"nothing is known after {LIST_WITHIN:g} s")


def _failure(error: BaseException) -> BaseException:
    match error:
        case KubeconfigError():
            return Failure(Exit.USAGE, str(error))
        case ProviderUnreachable() | RemoteUnreached() | ApiUnreachable():
            return Failure(Exit.UNREACHED, str(error))
        case _:
            return error
