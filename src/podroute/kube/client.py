"""Nodes from the API server: the whole list, page by page, decoded into the few fields we need."""

import base64
import ssl
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

import httpx2
import msgspec
from lightkube import ConfigError
from lightkube.config import client_adapter, kubeconfig, models

from podroute.kube.exec_plugin import Plugin
from podroute.kube.kubeconfig import ClusterAccess, KubeconfigError, Login, find_login
from podroute.kube.nodes import NodeList, NodeObject, decode_item
from podroute.model.node import Unreadable

PAGE: Final = 500  # Nodes, as kubectl asks
ATTEMPTS: Final = 3  # to read one list: a page's token can expire
TIMEOUT: Final = httpx2.Timeout(30, connect=10)

__all__ = ["ApiUnreachable", "ClusterAccess", "KubeconfigError", "list_nodes"]


class ApiUnreachable(Exception):  # noqa: N818 -- named for the state, as in the field
    """The API server did not give the list; the text says why and what to do."""


class _ListMeta(msgspec.Struct):
    token: str = msgspec.field(name="continue", default="")


class _Page(msgspec.Struct):
    items: list[NodeObject]
    metadata: _ListMeta


class _LoosePage(msgspec.Struct):
    items: list[object]
    metadata: _ListMeta


class _Status(msgspec.Struct):
    message: str = ""


class _Expired(Exception):  # noqa: N818 -- an event
    """The list that the page belongs to is no longer kept."""


async def list_nodes(access: ClusterAccess, *, selector: str = "") -> NodeList:
    """Every Node, as of one consistent moment.

    Raises:
        KubeconfigError: there is no usable way to the cluster.
        ApiUnreachable: the API server refused, or did not answer in full.
    """
    login = find_login(access)
    query = {"limit": str(PAGE), **({"labelSelector": selector} if selector else {})}
    with _explained(login):
        async with await _connect(login) as client:
            for _ in range(ATTEMPTS):
                try:
                    return await _all_pages(client, query, login)
                except _Expired:
                    continue
    message = f"{login.name}: the Node list changed faster than it could be read; try again"
    raise ApiUnreachable(message)


async def _all_pages(client: httpx2.AsyncClient, query: dict[str, str], login: Login) -> NodeList:
    objects: list[NodeObject] = []
    misshapen: list[Unreadable] = []
    token = ""
    while True:
        response = await client.get(
            "/api/v1/nodes", params={**query, **({"continue": token} if token else {})}
        )
        if response.status_code == HTTPStatus.GONE:
            raise _Expired
        if response.status_code != HTTPStatus.OK:
            raise ApiUnreachable(_refusal(response, login))
        items, spoilt, token = _decode(response.content, login)
        objects += items
        misshapen += spoilt
        if not token:
            return NodeList(tuple(objects), tuple(misshapen), login.name)


def _decode(body: bytes, login: Login) -> tuple[list[NodeObject], list[Unreadable], str]:
    """One page; item by item only where the whole does not fit."""
    try:
        page = msgspec.json.decode(body, type=_Page)
    except msgspec.DecodeError:
        return _decode_each(body, login)
    return page.items, [], page.metadata.token


def _decode_each(body: bytes, login: Login) -> tuple[list[NodeObject], list[Unreadable], str]:
    try:
        page = msgspec.json.decode(body, type=_LoosePage)
    except msgspec.DecodeError:
        message = f"{login.name}: {login.cluster.server} answers, but is no Kubernetes API server"
        raise ApiUnreachable(message) from None
    decoded = [decode_item(item, f"items[{place}]") for place, item in enumerate(page.items)]
    return (
        [one for one in decoded if isinstance(one, NodeObject)],
        [one for one in decoded if isinstance(one, Unreadable)],
        page.metadata.token,
    )


async def _connect(login: Login) -> httpx2.AsyncClient:
    """Connected by lightkube, which knows TLS, client certificates, tokens and their files."""
    user, cluster = login.user, login.cluster
    if user.auth_provider is not None:
        message = f"{login.name}: auth-provider was removed from Kubernetes; use an exec plugin"
        raise KubeconfigError(message)
    who = models.User(
        username=user.username or None,
        password=user.password or None,
        token=user.token or None,
        token_file=user.token_file or None,
        client_cert=user.client_certificate or None,
        client_cert_data=user.client_certificate_data or None,
        client_key=user.client_key or None,
        client_key_data=user.client_key_data or None,
    )
    if user.exec is not None:
        given = await Plugin(user.exec, cluster).run()
        who.token = given.token or who.token
        who.client_cert_data = _encoded(given.certificate) or who.client_cert_data
        who.client_key_data = _encoded(given.key) or who.client_key_data
    where = models.Cluster(
        server=cluster.server,
        certificate_auth=cluster.certificate_authority or None,
        certificate_auth_data=cluster.certificate_authority_data or None,
        insecure=cluster.insecure_skip_tls_verify,
    )
    config = kubeconfig.SingleConfig(
        login.name, models.Context(cluster=login.name, user=login.name), where, who
    )
    client = client_adapter.AsyncClient(
        config, client_adapter.ConnectionParams(timeout=TIMEOUT, proxy=cluster.proxy_url or None)
    )
    if cluster.tls_server_name:
        client.event_hooks = {"request": [_naming(cluster.tls_server_name)]}
    return client


def _encoded(pem: str) -> str | None:
    return base64.b64encode(pem.encode()).decode() if pem else None


def _naming(name: str) -> Callable[[httpx2.Request], Awaitable[None]]:
    """Expect the certificate of ``name``, whatever address is called."""

    async def expect(request: httpx2.Request) -> None:
        request.extensions["sni_hostname"] = name

    return expect


@contextmanager
def _explained(login: Login) -> Generator[None]:
    """Every way in which a server is not reached, in words."""
    where = f"{login.name}: {login.cluster.server}"
    try:
        yield
    except httpx2.TimeoutException:
        message = f"{where} did not answer in time; is it up, and is this network allowed to it?"
        raise ApiUnreachable(message) from None
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        message = f"{login.name}: the server's address {login.cluster.server!r} is bad: {error}"
        raise KubeconfigError(message) from None
    except httpx2.TransportError as error:
        message = f"{where} is not reached: {_cause(error)}"
        raise ApiUnreachable(message) from None
    except (ConfigError, OSError, ValueError) as error:
        message = f"{login.name}: its credentials or certificates cannot be used: {error}"
        raise KubeconfigError(message) from None


def _cause(error: Exception) -> str:
    words = str(error) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in words:
        reason = words.partition("failed: ")[2].partition(" (_ssl")[0] or words
        return f"its certificate is not trusted ({reason}); check certificate-authority"
    if isinstance(error.__cause__, ssl.SSLError) or "SSL" in words:
        return f"no TLS ({words}); is the address https, and the port the API server's?"
    return words


def _refusal(response: httpx2.Response, login: Login) -> str:
    try:
        words = msgspec.json.decode(response.content, type=_Status).message
    except msgspec.DecodeError:
        words = ""
    words = words or response.reason_phrase
    server = f"{login.name}: {login.cluster.server}"
    match response.status_code:
        case HTTPStatus.UNAUTHORIZED:
            return f"{server} does not accept the credentials (401 {words}): log in again"
        case HTTPStatus.FORBIDDEN:
            grant = "kubectl create clusterrole podroute-reader --verb=list --resource=nodes"
            return f"{server} forbids to list nodes (403): {words}; an admin can allow it: {grant}"
        case HTTPStatus.NOT_FOUND:
            return f"{server} answers, but is no Kubernetes API server (404)"
        case _:
            return f"{server} refused (HTTP {response.status_code}): {words}"
