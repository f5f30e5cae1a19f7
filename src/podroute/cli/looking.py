"""The cluster and its routers are followed, for those who only look."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from podroute.cli.by_hand import typed
from podroute.cli.failure import Exit, Failure
from podroute.cli.options import AddressPlan, NodeSource, Router, claim_rules
from podroute.cli.reading import open_named, settled
from podroute.cli.several import Silent, opened
from podroute.cli.text import warn
from podroute.config.routers import NamedRouter
from podroute.controllers.route_view import RouteView, Sources
from podroute.controllers.route_views import RouteViews
from podroute.kube.connection import connect
from podroute.kube.nodes import parse_node
from podroute.kube.watching import follow_nodes
from podroute.observe.board import Board, Standing, Subject
from podroute.observe.joint_board import JointBoard
from podroute.providers.guarded import GuardedRoutes, UnopenedRoutes
from podroute.providers.interface import RouteProvider


class Follower(Protocol):
    """It keeps a board current."""

    ready: asyncio.Event

    async def run(self) -> None:
        """Until it is cancelled."""
        ...


@dataclass(frozen=True, slots=True)
class Followed:
    """What is seen, and what a person would type for it."""

    board: Board
    commands: Callable[[Subject], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A router, and what is followed for it."""

    router: NamedRouter
    provider: RouteProvider
    sources: Sources


def nothing(_: Subject) -> Sequence[str]:
    """Without a router nobody knows what to type."""
    return ()


async def look_on(
    stack: AsyncExitStack, source: NodeSource, addresses: AddressPlan, router: Router
) -> tuple[Follower, Followed]:
    """By a look of our own; what is opened for it ends with ``stack``.

    Raises:
        Failure: a setting does not fit, or something is not reached.
    """
    if source.filename:
        raise Failure(
            Exit.USAGE, "a file does not change: leave out -f, or look once by podroute table -f"
        )
    rules = claim_rules(addresses)
    place = settled(source)
    if place.login is None:
        raise Failure(Exit.USAGE, "which cluster? give --kubeconfig")
    routers = router.chosen()
    providers = await _opened(stack, routers)
    connection = await stack.enter_async_context(connect(place.login))
    follow = partial(follow_nodes, connection, parse=parse_node)
    standing = Standing(
        server=place.server,
        pools=rules.pools,
        reserved=rules.reserved,
        node_cidrs=rules.node_cidrs,
    )
    asked = [
        Asked(one, provider, Sources(follow, provider, rules))
        for one, provider in zip(routers, providers, strict=True)
    ]
    if len(asked) > 1:
        return _at_several(asked, standing)
    board = Board()
    board.stand(replace(standing, provider=routers[0].provider if routers else ""))
    if not asked:
        return RouteView(Sources(follow, None, rules), board, warn), Followed(board, nothing)
    view = RouteView(asked[0].sources, board, warn)
    return view, Followed(board, partial(typed, view.observed, rules, providers[0]))


async def _opened(stack: AsyncExitStack, routers: Sequence[NamedRouter]) -> Sequence[RouteProvider]:
    """One alone has to be reached; one of several that is not hides no other."""
    if len(routers) == 1:
        return [GuardedRoutes(await stack.enter_async_context(open_named(routers[0])))]
    return [
        UnopenedRoutes(one.reason) if isinstance(one, Silent) else one.provider
        for one in await stack.enter_async_context(opened(routers))
    ]


def _at_several(asked: Sequence[Asked], standing: Standing) -> tuple[Follower, Followed]:
    board = JointBoard([one.router.name for one in asked])
    for one in asked:
        board.boards[one.router.name].stand(replace(standing, provider=one.router.provider))
    views = RouteViews({one.router.name: one.sources for one in asked}, board, warn)

    def commands(subject: Subject) -> Sequence[str]:
        lines: list[str] = []
        for one in asked:
            observed = views.views[one.router.name].observed
            lines.append(f"# router {one.router.name}")
            lines += typed(observed, one.sources.rules, one.provider, subject)
        return lines

    return views, Followed(board, commands)
