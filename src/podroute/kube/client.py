"""Nodes from the API server, once: who has a cluster's name wants its Nodes, and goes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Final

import httpx2
from lightkube.config import client_adapter

from podroute.kube.access import sign_in
from podroute.kube.answer import Answer
from podroute.kube.api_errors import ApiUnreachable, explained
from podroute.kube.kubeconfig import KubeconfigError
from podroute.kube.login import Login
from podroute.kube.node_list import read_node_list
from podroute.kube.nodes import NodeList
from podroute.kube.tokens import read_token

__all__ = [
    "ApiUnreachable",
    "KubeconfigError",
    "Patience",
    "list_nodes",
]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the API server may take."""

    connect: timedelta = timedelta(seconds=10)
    page: timedelta = timedelta(seconds=60)  # to its last byte: drops must not keep us for ever


USUAL: Final = Patience()


async def list_nodes(login: Login, *, selector: str = "", patience: Patience = USUAL) -> NodeList:
    """Every Node, as of one consistent moment.

    Raises:
        KubeconfigError: the credentials cannot be used.
        ApiUnreachable: the API server refused, or did not answer in full.
    """
    seconds = patience.page.total_seconds()
    with explained(login):
        async with await _open(login, patience) as client:

            async def get(path: str) -> Answer:
                async with asyncio.timeout(seconds):
                    response = await client.get(path)
                    if response.status_code == HTTPStatus.UNAUTHORIZED and login.user.token_file:
                        client.auth = client_adapter.BearerAuth(read_token(login))
                        response = await client.get(path)
                    return Answer(response.status_code, response.content, response.headers)

            return await read_node_list(get, login, selector)


async def _open(login: Login, patience: Patience) -> httpx2.AsyncClient:
    timeout = httpx2.Timeout(
        patience.page.total_seconds(), connect=patience.connect.total_seconds()
    )
    client = client_adapter.AsyncClient(
        await sign_in(login),
        client_adapter.ConnectionParams(timeout=timeout, proxy=login.proxy or None),
    )
    if login.cluster.tls_server_name:
        client.event_hooks = {"request": [_naming(login.cluster.tls_server_name)]}
    return client


def _naming(name: str) -> Callable[[httpx2.Request], Awaitable[None]]:
    """Expect the certificate of ``name``, whatever address is called."""

    async def expect(request: httpx2.Request) -> None:
        request.extensions["sni_hostname"] = name

    return expect
