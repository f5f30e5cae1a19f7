"""What the verbs look at: the Nodes of a source and the table of a router."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from podroute.cli.failure import Exit, Failure
from podroute.cli.options import NodeSource, Router
from podroute.cli.text import warn
from podroute.kube.documents import InputError, read_documents
from podroute.kube.nodes import NodeList, to_roster
from podroute.model.node import Roster
from podroute.providers.catalogue import load_provider, provider_names
from podroute.providers.interface import InvalidOption, ProviderUnreachable, RouteProvider


async def list_nodes(source: NodeSource, *, selector: str = "") -> NodeList:
    """All Nodes of the source.

    Raises:
        Failure: the input holds none, or the API server does not answer.
    """
    if source.filename:
        if source.filename.startswith("-") and source.filename != "-":
            raise Failure(
                Exit.USAGE, f"-f needs a file, or - for standard input: {source.filename}"
            )
        if selector:
            raise Failure(Exit.USAGE, "--selector goes with the API server, not with a file")
        try:
            return read_documents(source.filename)
        except InputError as error:
            raise Failure(Exit.DIFFERENT, str(error)) from None
    from podroute.kube import client  # noqa: PLC0415 -- its imports cost more than all others

    try:
        access = client.ClusterAccess(source.kubeconfig, source.context)
        return await client.list_nodes(access, selector=selector)
    except client.KubeconfigError as error:
        raise Failure(Exit.USAGE, str(error)) from None
    except client.ApiUnreachable as error:
        raise Failure(Exit.UNREACHED, str(error)) from None


def read_roster(listed: NodeList) -> Roster:
    """The Nodes, with a warning for each that cannot be read.

    Raises:
        Failure: none of them can be read.
    """
    roster = to_roster(listed)
    for one in roster.unreadable:
        warn(f"Node {one.name} cannot be read: {one.reason}")
    if roster.unreadable and not roster.nodes:
        raise Failure(Exit.DIFFERENT, f"{listed.origin}: no Node can be read")
    return roster


@asynccontextmanager
async def open_router(router: Router) -> AsyncGenerator[RouteProvider]:
    """The provider, open.

    Raises:
        Failure: there is no such provider or option, or the router is not reached.
    """
    if not router.provider:
        names = ", ".join(provider_names())
        raise Failure(Exit.USAGE, f"which router? give --provider (installed: {names})")
    try:
        async with load_provider(router.provider).connect(router.options()) as provider:
            yield provider
    except InvalidOption as error:
        raise Failure(Exit.USAGE, str(error)) from None
    except ProviderUnreachable as error:
        raise Failure(Exit.UNREACHED, str(error)) from None
