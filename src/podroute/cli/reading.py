"""What the verbs look at: the Nodes of a source and the table of a router."""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from podroute.claims.rules import ClaimRules
from podroute.cli.again import lasting
from podroute.cli.failure import Exit, Failure
from podroute.cli.options import NodeSource, Router
from podroute.cli.text import LONGEST_NAME, escape, warn
from podroute.config.routers import NamedRouter
from podroute.kube.documents import InputError, read_documents
from podroute.kube.nodes import NodeList, to_roster
from podroute.model.node import Roster
from podroute.model.route import RouteTable
from podroute.providers.catalogue import load_provider, provider_names
from podroute.providers.interface import (
    InvalidOption,
    ProviderKind,
    ProviderUnreachable,
    RouteProvider,
)
from podroute.routing.guardrails import Verdict, restrain, scale_of
from podroute.routing.proposal import Proposal, propose

if TYPE_CHECKING:
    from podroute.kube.login import Login


@dataclass(frozen=True, slots=True)
class Look:
    """The Nodes and the router at one moment, and what follows from them."""

    listed: NodeList
    roster: Roster
    table: RouteTable
    proposal: Proposal  # nothing is confirmed

    def verdict(self, confirmed: str) -> Verdict:
        """What may be done, given the word ``confirmed``."""
        scale = scale_of(self.roster, self.table)
        return restrain(self.proposal.steps, scale, confirmed=confirmed)


async def look(
    listed: NodeList, provider: RouteProvider, rules: ClaimRules, *, adopt: bool
) -> Look:
    """Reads the router, and judges the Nodes."""
    roster = to_roster(listed)
    table = await provider.read()
    return Look(listed, roster, table, propose(roster, table, rules, adopt=adopt))


async def list_nodes(
    source: NodeSource,
    login: "Login | None" = None,
    *,
    selector: str = "",
    label_keys: Collection[str] = (),
) -> NodeList:
    """All Nodes of the source; of the labels in a file, those with the given keys.

    ``login`` is the way to the API server, where it was found before.

    Raises:
        Failure: the input holds none, or the API server does not answer.
    """
    if not source.filename:
        return await _list_from_api_server(login or _login(source), selector)
    if source.filename.startswith("-") and source.filename != "-":
        words = f"-f needs a file, or - for standard input: {source.filename}"
        raise Failure(Exit.USAGE, words)
    if selector:
        raise Failure(Exit.USAGE, "--selector goes with the API server, not with a file")
    try:
        return read_documents(source.filename, label_keys=label_keys)
    except InputError as error:
        raise Failure(Exit.DIFFERENT, str(error)) from None


async def _list_from_api_server(login: "Login", selector: str) -> NodeList:
    from podroute.kube import client  # noqa: PLC0415 -- its imports cost more than all others

    try:
        return await client.list_nodes(login, selector=selector)
    except client.KubeconfigError as error:
        raise Failure(Exit.USAGE, str(error)) from None
    except client.ApiUnreachable as error:
        unfit = selector and error.status == HTTPStatus.BAD_REQUEST
        raise Failure(Exit.USAGE if unfit else Exit.UNREACHED, str(error)) from None


class Settled(NamedTuple):
    """A source that is the same from any other shell."""

    source: NodeSource
    login: "Login | None" = None  # None: it is no API server

    @property
    def server(self) -> str:
        """Which cluster it is, for people; "" for a file."""
        return self.login.where if self.login else ""


def settled(source: NodeSource) -> Settled:
    """With the kubeconfig and context that count now.

    Raises:
        Failure: there is no usable way to the cluster.
    """
    where = lasting(source)
    if where.filename:
        return Settled(where)
    login = _login(where)
    access = login.access
    return Settled(replace(where, kubeconfig=access.kubeconfig, context=access.context), login)


def _login(source: NodeSource) -> "Login":
    from podroute.kube.kubeconfig import (  # noqa: PLC0415 -- as above
        KubeconfigError,
        NoClusterError,
        find_login,
    )
    from podroute.kube.login import ClusterAccess  # noqa: PLC0415 -- as above

    try:
        return find_login(ClusterAccess(source.kubeconfig, source.context))
    except NoClusterError as error:
        raise Failure(Exit.USAGE, f"{error}, or -f with a file of Nodes") from None
    except KubeconfigError as error:
        raise Failure(Exit.USAGE, str(error)) from None


def read_roster(
    listed: NodeList, label_keys: Collection[str] = (), *, addresses: bool = True
) -> Roster:
    """The Nodes, with a warning for each that cannot be read.

    Raises:
        Failure: none of them can be read.
    """
    roster = to_roster(listed, label_keys, addresses=addresses)
    for one in roster.unreadable:
        warn(f"Node {escape(one.name, LONGEST_NAME)} cannot be read: {one.reason}")
    if roster.unreadable and not roster.nodes:
        raise Failure(Exit.DIFFERENT, f"{listed.origin}: no Node can be read")
    if not roster.nodes:
        warn(f"{listed.origin}: there are no Nodes")
    return roster


@asynccontextmanager
async def open_router(router: Router, cluster: str = "") -> AsyncGenerator[RouteProvider]:
    """The provider of the one router that is meant, open; ``cluster`` as for ``open_named``.

    Raises:
        Failure: as there; or none is meant, or several are.
    """
    async with open_named(the_only(router), cluster) as provider:
        yield provider


def some_routers(router: Router) -> Sequence[NamedRouter]:
    """Those that are meant, one at least.

    Raises:
        Failure: none is given, or one cannot be read.
    """
    chosen = router.chosen()
    if not chosen:
        names = ", ".join(provider_names())
        raise Failure(Exit.USAGE, f"which router? give --provider (installed: {names})")
    return chosen


def the_only(router: Router) -> NamedRouter:
    """The one router that is meant.

    Raises:
        Failure: as for ``some_routers``, or several are meant.
    """
    first, *more = some_routers(router)
    if more:
        names = ", ".join(one.name for one in (first, *more))
        words = f"this looks at one router, and there are {names}"
        raise Failure(Exit.USAGE, f"{words}: give --only-router NAME")
    return first


@asynccontextmanager
async def open_named(router: NamedRouter, cluster: str = "") -> AsyncGenerator[RouteProvider]:
    """The provider, open; ``cluster`` is in its marks, if it has any and is given no other.

    Raises:
        Failure: there is no such provider or option, or the router is not reached.
    """
    whose = f"router {router.name}: " if router.name else ""
    try:
        kind, options = _kind(router.provider), dict(router.options)
        if cluster and kind.marks_cluster:
            options.setdefault("cluster", cluster)
        async with kind.connect(options) as provider:
            yield provider
    except InvalidOption as error:
        raise Failure(Exit.USAGE, f"{whose}{error}") from None
    except ProviderUnreachable as error:
        raise Failure(Exit.UNREACHED, f"{whose}{error}") from None


def _kind(name: str) -> ProviderKind:
    try:
        return load_provider(name)
    except (ImportError, AttributeError) as error:
        words = f"provider {name!r} is installed, but cannot be loaded: {error}"
        raise Failure(Exit.USAGE, words) from None
