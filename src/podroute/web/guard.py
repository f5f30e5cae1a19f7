"""Who may look at the page, and what a browser may do with it."""

from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")
ELSEWHERE: Final = (
    "the page is for this machine only: use kubectl port-forward, or ssh -L, and open it there\n"
)
_FIRST: Final = "sha256-c4W8OBIdn1O7YeyCJBBiBR1uCYcN6JfEKpSXOWqU0Qs="
"""The script within index.html: were it a file, a browser could lose it as well."""
_POLICY: Final = (
    f"default-src 'none'; script-src 'self' '{_FIRST}'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def guards(allowed_hosts: Iterable[str]) -> list[Middleware]:
    """For all but health and metrics, which kubelets and Prometheus ask for by the Pod's IP.

    ``allowed_hosts`` are further names of this machine, without ports; a name of another site that
    is made to point here (DNS rebinding) is not among them.
    """
    names = [*LOOPBACK, *(name for name in allowed_hosts if "*" not in name)]
    return [
        Middleware(_SafeHeaders),
        Middleware(TrustedHostMiddleware, allowed_hosts=names, www_redirect=False),
        Middleware(_ThisMachine),
    ]


class _SafeHeaders:
    """Each answer says what a browser must not do."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", "no-cache")
            await send(message)

        await self._app(scope, receive, with_headers)


class _ThisMachine:
    """Without TLS and a token nobody on the network is let in, whatever the port is bound to."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_here(scope):
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse(ELSEWHERE, 403)(scope, receive, send)


def is_here(scope: Scope) -> bool:
    """Whether the connection comes from the machine that it goes to."""
    client, server = scope.get("client"), scope.get("server")
    if not client or not server:
        return False
    try:
        peer = ip_address(client[0])
    except ValueError:
        return False
    return peer.is_loopback or client[0] == server[0]
