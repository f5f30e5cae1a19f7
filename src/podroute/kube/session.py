"""How a lasting connection is made: TLS and credentials by lightkube, sockets that forget."""

import socket
import struct
import sys
from collections.abc import Mapping
from typing import Final

import aiohttp
import httpx2
from lightkube.config import client_adapter, kubeconfig, models

from podroute.kube.login import Login

CONNECTIONS: Final = 96  # open at once: patches, and what may not wait for them
CONNECT: Final = 10.0  # seconds
UNACKNOWLEDGED: Final = 5.0  # seconds for which the kernel sends again what nobody confirms
_CHUNK: Final = 1 << 16
_NO_LINGERING: Final = struct.pack("ii", 1, 0)  # struct linger: on, 0 s
_SSL_LEAKS: Final = sys.version_info < (3, 12, 7)  # a connection that the server cuts stays open


def new_session(
    config: kubeconfig.SingleConfig, login: Login, *, sweeping: bool = True
) -> aiohttp.ClientSession:
    """Nothing is sent yet.

    ``sweeping``: every two seconds, sockets that a server does not close are ended.

    Raises:
        ConfigError: the credentials cannot be used.
    """
    user, server = config.user or models.User(), config.cluster.server
    context = client_adapter.verify_cluster(config.cluster, user, config.abs_file)
    connector = aiohttp.TCPConnector(
        ssl=context,
        limit=CONNECTIONS,
        keepalive_timeout=60,
        socket_factory=_socket,
        enable_cleanup_closed=sweeping and _SSL_LEAKS,
    )
    return aiohttp.ClientSession(
        f"{server.rstrip('/')}/",
        connector=connector,
        headers=_authorization(user, server),
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT),
        proxy=login.proxy or None,
        read_bufsize=_CHUNK,
        cookie_jar=aiohttp.DummyCookieJar(),
    )


def _socket(address: tuple[int, int, int, str, object]) -> socket.socket:
    """One by which nothing arrives long after it was given up.

    A kernel goes on sending what a closed socket has sent and nobody has confirmed: after a broken
    network is whole again, a patch would land of which its sender has long said that it does not.
    """
    family, kind, protocol = address[:3]
    made = socket.socket(family, kind, protocol)
    made.settimeout(0)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
    milliseconds = round(UNACKNOWLEDGED * 1000)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
    return made


def _authorization(user: models.User, server: str) -> Mapping[str, str]:
    """The header that lightkube would send."""
    auth = client_adapter.user_auth(user)
    if auth is None:
        return {}
    request = next(auth.sync_auth_flow(httpx2.Request("GET", server)))
    return {"Authorization": request.headers["Authorization"]}
