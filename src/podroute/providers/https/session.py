"""Sends requests to one router, each within its time, and decides nothing."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, TypeVar

import httpx2

from podroute.providers.https.credentials import find_trust
from podroute.providers.https.failures import Fault, Unanswered
from podroute.providers.https.settings import AT_ONCE, HttpsOptions
from podroute.providers.unwaited import answered

AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True, slots=True)
class Request:
    """``path`` is below the router's URL; what may hold a secret is never printed."""

    method: str
    path: str
    content: bytes = field(default=b"", repr=False)
    kind: str = ""  # of the content
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


class Answer(NamedTuple):
    """Whatever it says."""

    status: int
    content: bytes


class HttpsSession:
    """No more than a few requests are under way."""

    def __init__(self, http: httpx2.AsyncClient, options: HttpsOptions) -> None:
        self._http = http
        self._options = options
        self._places = asyncio.Semaphore(AT_ONCE)

    async def ask(self, request: Request) -> Answer:
        """The answer, of whatever status.

        Raises:
            Unanswered: there is none.
        """
        kind = {"Content-Type": request.kind} if request.kind else {}
        url = f"{self._options.root}{request.path}"
        made = self._http.build_request(
            request.method, url, content=request.content, headers={**request.headers, **kind}
        )
        async with self._places:
            response = await self._sent(made)
        return Answer(response.status_code, response.content)

    async def _sent(self, request: httpx2.Request) -> httpx2.Response:
        try:
            async with asyncio.timeout(self._options.longest):
                return await self._http.send(request)
        except (httpx2.RequestError, TimeoutError) as error:
            raise Unanswered(_fault(error), self._words(error), self._options) from error

    def _words(self, error: Exception) -> str:
        if isinstance(error, httpx2.TimeoutException):
            return f"no connection within {self._options.patience:g} s"
        return str(error) or type(error).__name__


async def together(asked: Sequence[Awaitable[AnswerT]]) -> list[AnswerT]:
    """The answers in order, or the first exception; a connection cut short would stay open."""
    told = await asyncio.gather(*asked, return_exceptions=True)
    answers: list[AnswerT] = []
    for one in told:
        if isinstance(one, BaseException):
            raise one
        answers.append(one)
    return answers


def _fault(error: Exception) -> Fault:
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
        return "not trusted" if _is_about_trust(error) else "not reached"
    return "silent" if isinstance(error, httpx2.TimeoutException | TimeoutError) else "cut"


def _is_about_trust(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


@asynccontextmanager
async def connected(options: HttpsOptions) -> AsyncGenerator[HttpsSession]:
    """Its connections are closed at the end; proxies of the environment are not used.

    Raises:
        InvalidOption: a file cannot be read.
    """
    trust = await answered(partial(find_trust, options))
    timeout = httpx2.Timeout(options.timeout, connect=options.patience)
    limits = httpx2.Limits(max_connections=AT_ONCE)
    async with httpx2.AsyncClient(
        verify=trust, timeout=timeout, limits=limits, trust_env=False
    ) as http:
        yield HttpsSession(http, options)
