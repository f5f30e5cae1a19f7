"""Nodes from the API server: the whole list, page by page, decoded into the few fields we need."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Final

import httpx2
import msgspec
from lightkube.config import client_adapter, kubeconfig, models

from podroute.kube.api_errors import ApiUnreachable, explained, not_kubernetes, refusal
from podroute.kube.exec_plugin import Plugin
from podroute.kube.kubeconfig import ClusterAccess, KubeconfigError, Login, User, find_login
from podroute.kube.nodes import NodeList, NodeObject, decode_item
from podroute.model.node import Unreadable

PAGE: Final = 500  # Nodes, as kubectl asks
ATTEMPTS: Final = 3  # to read one list: a page's token can expire

__all__ = [
    "ApiUnreachable",
    "ClusterAccess",
    "KubeconfigError",
    "Patience",
    "list_nodes",
    "list_nodes_as",
]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the API server may take."""

    connect: timedelta = timedelta(seconds=10)
    page: timedelta = timedelta(seconds=60)  # to its last byte: drops must not keep us for ever


USUAL: Final = Patience()


class _ListMeta(msgspec.Struct):
    token: str = msgspec.field(name="continue", default="")


class _Page(msgspec.Struct, tag_field="kind", tag="NodeList"):
    items: list[NodeObject] | None
    metadata: _ListMeta


class _LoosePage(msgspec.Struct, tag_field="kind", tag="NodeList"):
    items: list[object] | None
    metadata: _ListMeta


class _Expired(Exception):  # noqa: N818 -- an event
    """The list that the page belongs to is no longer kept."""


async def list_nodes(
    access: ClusterAccess, *, selector: str = "", patience: Patience = USUAL
) -> NodeList:
    """Every Node, as of one consistent moment.

    Raises:
        KubeconfigError: there is no usable way to the cluster.
        ApiUnreachable: the API server refused, or did not answer in full.
    """
    return await list_nodes_as(find_login(access), selector=selector, patience=patience)


async def list_nodes_as(
    login: Login, *, selector: str = "", patience: Patience = USUAL
) -> NodeList:
    """The same for one who knows already where to ask, and as whom.

    Raises:
        KubeconfigError: the credentials cannot be used.
        ApiUnreachable: the API server refused, or did not answer in full.
    """
    query = {"limit": str(PAGE), **({"labelSelector": selector} if selector else {})}
    with explained(login):
        async with await _connect(login, patience) as client:
            for _ in range(ATTEMPTS):
                try:
                    return await _Listing(client, login, query, patience).read()
                except _Expired:
                    continue
    message = f"{login.where}: the Node list changed faster than it could be read: try again"
    raise ApiUnreachable(message)


@dataclass(frozen=True, slots=True)
class _Listing:
    """One consistent list, page by page."""

    client: httpx2.AsyncClient
    login: Login
    query: dict[str, str]
    patience: Patience

    async def read(self) -> NodeList:
        objects: list[NodeObject] = []
        misshapen: list[Unreadable] = []
        token = ""
        while True:
            body = await self._page(token)
            items, spoilt, token = _decode(body, self.login, len(objects) + len(misshapen))
            objects += items
            misshapen += spoilt
            if not token:
                return NodeList(tuple(objects), tuple(misshapen), self.login.name)

    async def _page(self, token: str) -> bytes:
        query = {**self.query, **({"continue": token} if token else {})}
        async with asyncio.timeout(self.patience.page.total_seconds()):
            response = await self.client.get("/api/v1/nodes", params=query)
        if token and response.status_code == HTTPStatus.GONE:
            raise _Expired
        if response.status_code != HTTPStatus.OK:
            raise refusal(response.status_code, response.content, self.login)
        return response.content


def _decode(
    body: bytes, login: Login, place: int
) -> tuple[list[NodeObject], list[Unreadable], str]:
    """One page; item by item, from number ``place`` on, only where the whole does not fit."""
    try:
        page = msgspec.json.decode(body, type=_Page)
    except (msgspec.DecodeError, RecursionError):
        return _decode_each(body, login, place)
    return page.items or [], [], page.metadata.token


def _decode_each(
    body: bytes, login: Login, place: int
) -> tuple[list[NodeObject], list[Unreadable], str]:
    try:
        page = msgspec.json.decode(body, type=_LoosePage)
    except (msgspec.DecodeError, RecursionError):
        raise not_kubernetes(login) from None
    items = enumerate(page.items or (), start=place)
    decoded = [decode_item(item, f"items[{number}]") for number, item in items]
    return (
        [one for one in decoded if isinstance(one, NodeObject)],
        [one for one in decoded if isinstance(one, Unreadable)],
        page.metadata.token,
    )


async def _connect(login: Login, patience: Patience) -> httpx2.AsyncClient:
    """Connected by lightkube, which knows TLS, client certificates, tokens and their files."""
    _require_files(login)
    cluster = login.cluster
    where = models.Cluster(
        server=cluster.server,
        certificate_auth=cluster.certificate_authority or None,
        certificate_auth_data=cluster.certificate_authority_data or None,
        insecure=cluster.insecure_skip_tls_verify,
    )
    config = kubeconfig.SingleConfig(
        login.name,
        models.Context(cluster=login.name, user=login.name),
        where,
        await _credentials(login),
    )
    timeout = httpx2.Timeout(
        patience.page.total_seconds(), connect=patience.connect.total_seconds()
    )
    client = client_adapter.AsyncClient(
        config, client_adapter.ConnectionParams(timeout=timeout, proxy=cluster.proxy_url or None)
    )
    if cluster.tls_server_name:
        client.event_hooks = {"request": [_naming(cluster.tls_server_name)]}
    return client


def _require_files(login: Login) -> None:
    """The TLS library does not say which file it misses."""
    for path in (
        login.cluster.certificate_authority,
        login.user.client_certificate,
        login.user.client_key,
    ):
        if path:
            Path(path).open("rb").close()


async def _credentials(login: Login) -> models.User:
    user = login.user
    who = models.User(
        username=user.username or None,
        password=user.password or None,
        token=user.token.strip() or None,
        token_file=user.token_file or None,
        client_cert=user.client_certificate or None,
        client_cert_data=user.client_certificate_data or None,
        client_key=user.client_key or None,
        client_key_data=user.client_key_data or None,
    )
    if user.exec is not None and not _has_own_token(user):
        given = await Plugin(user.exec, login.cluster).run()
        who.token = given.token.strip() or None
        who.client_cert_data = _encoded(given.certificate) or who.client_cert_data
        who.client_key_data = _encoded(given.key) or who.client_key_data
    return who


def _has_own_token(user: User) -> bool:
    """Then kubectl does not ask the plugin."""
    return bool(user.token or user.token_file or user.username)


def _encoded(pem: str) -> str | None:
    return base64.b64encode(pem.encode()).decode() if pem else None


def _naming(name: str) -> Callable[[httpx2.Request], Awaitable[None]]:
    """Expect the certificate of ``name``, whatever address is called."""

    async def expect(request: httpx2.Request) -> None:
        request.extensions["sni_hostname"] = name

    return expect
