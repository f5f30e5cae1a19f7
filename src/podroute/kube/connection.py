"""A connection to one API server that lasts for weeks: thousands of requests, and watches.

lightkube gives TLS and credentials, aiohttp sends: a request costs a third of what it costs by
httpx2 (``docs/decisions/0011``), and that decides how long thousands of Nodes wait.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypeAlias, TypedDict, Unpack
from urllib.parse import urlsplit

import aiohttp
import httpx2
from lightkube import ConfigError

from podroute.kube.access import sign_in
from podroute.kube.answer import Answer
from podroute.kube.api_errors import CONTROLLER_RIGHTS, explained
from podroute.kube.kubeconfig import KubeconfigError
from podroute.kube.login import Login
from podroute.kube.rate_limit import UNLIMITED, RateLimit
from podroute.kube.session import CONNECT, new_session

# method, server, and the status of the answer: None where none came
Told: TypeAlias = Callable[[str, str, int | None], None]

KINDS: Final = {"PATCH": "application/strategic-merge-patch+json"}  # the cheapest to the server


@dataclass(frozen=True, slots=True)
class Stream:
    """An answer that goes on and on."""

    status: int
    _content: aiohttp.StreamReader

    async def read(self) -> bytes:
        """All of it: for one that is short because it is a refusal."""
        with _translated():
            return await self._content.read()

    async def chunks(self) -> AsyncIterator[bytes]:
        """As it arrives."""
        with _translated():
            async for chunk in self._content.iter_any():
                yield chunk


class _Options(TypedDict, total=False):
    data: bytes | None
    headers: Mapping[str, str]
    timeout: aiohttp.ClientTimeout


class Connection:
    """It signs in again when its credentials have expired; ``told`` hears of every request.

    ``sleepy``: it does nothing by the clock, for who watches and asks little else. ``rights``: the
    command that gives those to watch, where they are missing.
    """

    def __init__(
        self,
        login: Login,
        rate: RateLimit = UNLIMITED,
        told: Told | None = None,
        *,
        sleepy: bool = False,
        rights: str = CONTROLLER_RIGHTS,
    ) -> None:
        self.login: Final = login
        self.rights: Final = rights
        self._sleepy = sleepy
        self._rate = rate
        self._told = told
        self._host = urlsplit(login.cluster.server).netloc
        self._server_name = login.cluster.tls_server_name or None
        self._signing_in = asyncio.Lock()
        self._session: aiohttp.ClientSession | None = None
        self._retiring: aiohttp.ClientSession | None = None  # may have requests under way

    @property
    def where(self) -> str:
        """The server, for messages."""
        return self.login.where

    async def turn(self) -> None:
        """Returns when the rate limit lets one more request go."""
        await self._rate.turn()

    async def request(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        within: float,
        in_turn: bool = True,
    ) -> Answer:
        """One request; nothing of it is sent after so many seconds.

        ``in_turn``: the rate limit comes first, within the same time. Else the caller has had its
        turn.

        Raises:
            httpx2.TransportError: it is not known what became of it.
        """
        kind = KINDS.get(method, "application/json")
        headers = {"Content-Type": kind} if body is not None else {}
        with _translated():
            async with asyncio.timeout(within):
                if in_turn:
                    await self._rate.turn()
                response = await self._begin(method, path, data=body, headers=headers)
                async with response:
                    return Answer(response.status, await response.read(), response.headers)

    @asynccontextmanager
    async def stream(self, path: str, *, silence: float) -> AsyncGenerator[Stream]:
        """``silence`` is the longest pause in the answer, in seconds.

        Raises:
            httpx2.TransportError: it was not reached, broke off, or was silent for too long.
        """
        await self._rate.turn()
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT, sock_read=silence)
        with _translated():
            response = await self._begin("GET", path, timeout=timeout)
        transport = response.connection.transport if response.connection else None
        try:
            yield Stream(response.status, response.content)
        finally:
            response.close()
            if transport is not None and not response.content.at_eof():
                transport.abort()  # a silent server would not answer a farewell

    async def close(self) -> None:
        """Nothing is sent any more."""
        for session in (self._retiring, self._session):
            if session is not None:
                await session.close()

    async def sign_in(self) -> None:
        """Asks for credentials now.

        Raises:
            KubeconfigError: they cannot be used.
        """
        with explained(self.login):
            await self._signed_in()

    async def _begin(
        self, method: str, path: str, **options: Unpack[_Options]
    ) -> aiohttp.ClientResponse:
        """The answer's head; the credentials are renewed once if they are not accepted."""
        session = await self._signed_in()
        response = await self._ask(session, method, path, **options)
        if response.status != HTTPStatus.UNAUTHORIZED:
            return response
        response.close()
        session = await self._signed_in(instead_of=session)
        return await self._ask(session, method, path, **options)

    async def _ask(
        self,
        session: aiohttp.ClientSession,
        method: str,
        path: str,
        **options: Unpack[_Options],
    ) -> aiohttp.ClientResponse:
        status: int | None = None
        try:
            response = await session.request(
                method,
                path.removeprefix("/"),
                server_hostname=self._server_name,
                allow_redirects=False,
                **options,
            )
            status = response.status
        finally:
            if self._told is not None:
                self._told(method, self._host, status)
        return response

    async def _signed_in(
        self, instead_of: aiohttp.ClientSession | None = None
    ) -> aiohttp.ClientSession:
        if self._session is not None and self._session is not instead_of:
            return self._session
        async with self._signing_in:
            former = self._session
            if former is not None and former is not instead_of:
                return former
            config = await sign_in(self.login)
            session = new_session(config, self.login, sweeping=not self._sleepy)
            self._session = session
            retired, self._retiring = self._retiring, former
            if retired is not None:
                await retired.close()  # what is under way by it is tried again
            return session


@asynccontextmanager
async def connect(
    login: Login,
    rate: RateLimit = UNLIMITED,
    told: Told | None = None,
    *,
    sleepy: bool = False,
    rights: str = CONTROLLER_RIGHTS,
) -> AsyncGenerator[Connection]:
    """Signed in.

    Raises:
        KubeconfigError: the credentials cannot be used.
    """
    connection = Connection(login, rate, told, sleepy=sleepy, rights=rights)
    try:
        await connection.sign_in()
        yield connection
    finally:
        await connection.close()


@contextmanager
def _translated() -> Generator[None]:
    """Failures in the words of httpx2, which all that reads from an API server knows."""
    try:
        yield
    except TimeoutError as error:
        raise httpx2.ReadTimeout(str(error)) from error
    except (KubeconfigError, ConfigError) as error:
        message = f"cannot sign in again: {error}"
        raise httpx2.NetworkError(message) from error
    except aiohttp.ClientHttpProxyError as error:
        message = f"{error.status} {error.message}"
        raise httpx2.ProxyError(message) from error
    except aiohttp.ClientConnectorError as error:
        raise httpx2.ConnectError(str(error)) from (error.__cause__ or error)
    except aiohttp.ClientPayloadError as error:
        message = "the connection ended in the middle of an answer"
        raise httpx2.ReadError(message) from error
    except (aiohttp.ClientError, OSError) as error:
        cause = error.__cause__  # of TLS and DNS, which aiohttp wraps in a likeness
        raise httpx2.NetworkError(str(error)) from (cause or error)
    except ValueError as error:
        raise httpx2.LocalProtocolError(str(error)) from error
