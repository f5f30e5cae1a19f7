"""Calls the compute API: one method of this class for each method of the API."""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final, TypeAlias, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx2
import msgspec

from podroute.model.route import Quota
from podroute.providers.gcp.login import Login
from podroute.providers.gcp.names import network_url, path_of
from podroute.providers.gcp.pace import Pace
from podroute.providers.gcp.refusals import (
    DELETE,
    GET_NETWORK,
    GET_PROJECT,
    GET_ROUTE,
    INSERT,
    LIST_FIREWALLS,
    LIST_INSTANCES,
    LIST_OPERATIONS,
    LIST_ROUTES,
    WAIT,
    Call,
    Refusal,
    Refused,
    refusal,
)
from podroute.providers.gcp.settings import BURST, GcpOptions
from podroute.providers.gcp.translate import is_in_network, quota_of
from podroute.providers.gcp.wire import (
    Firewall,
    FirewallList,
    Instance,
    InstanceList,
    NetworkResource,
    Operation,
    OperationList,
    Peering,
    Project,
    Resource,
    RouteList,
    RouteResource,
)
from podroute.providers.interface import ProviderUnreachable

_PAGE: Final = "500"  # the API's maximum
_MOST_PAGES: Final = 10_000
_TRIES: Final = 3
_PAUSE: Final = 0.2  # seconds before the second try, doubled for each further one
_LONGEST_PAUSE: Final = 2.0
_LONGEST_WAIT: Final = 150.0  # seconds; the API answers after two minutes
_REFUSED: Final = 400
_INCOMPLETE: Final = frozenset(("UNREACHABLE", "PARTIAL_SUCCESS"))
_AGAIN: Final = frozenset(("unknown", "unreached", "throttled"))
_INSTANCE_FIELDS: Final = (
    "items/*/instances(name,selfLink,status,canIpForward,"
    "networkInterfaces(network,networkIP,ipv6Address,ipv6AccessConfigs/externalIpv6)),"
    "items/*/warning/code,nextPageToken,unreachables,warning/code"
)
_PEERING_FIELDS: Final = "name,peerings(name,network,state,exportCustomRoutes,stackType)"

ResourceT = TypeVar("ResourceT", bound=Resource)
PageT = TypeVar("PageT", RouteList, InstanceList, OperationList, FirewallList)
_Texts: TypeAlias = Mapping[str, str]


class Compute:
    """The compute API for one project."""

    def __init__(self, http: httpx2.AsyncClient, login: Login, options: GcpOptions) -> None:
        self._http = http
        self._login = login
        self._options = options
        self._pace = Pace(options.rate, BURST)
        self._global = f"{options.root}/projects/{options.project}/global"

    async def routes(self) -> list[RouteResource]:
        """All routes of the network.

        Raises:
            Refused: they are not all known.
        """
        wanted = {"filter": f'network eq ".*/networks/{self._options.network}"'}
        found: dict[str, RouteResource] = {}  # a page may repeat what has moved to it meanwhile
        empty = True
        async for page in self._pages(LIST_ROUTES, f"{self._global}/routes", wanted, RouteList):
            _check_complete(LIST_ROUTES, page.warning.code)
            empty = empty and not page.items
            found |= {one.name: one for one in page.items if is_in_network(one, self._options)}
        if empty:
            await self._get(GET_NETWORK, network_url(self._options), {"fields": "name"}, Resource)
        return list(found.values())

    async def route(self, name: str) -> RouteResource | None:
        """The route of that name, in any network; None: there is none."""
        try:
            return await self._get(GET_ROUTE, f"{self._global}/routes/{name}", {}, RouteResource)
        except Refused as error:
            if error.refusal.cause == "absent":
                return None
            raise

    async def instances(self) -> list[Instance]:
        """All instances of the project.

        Raises:
            Refused: they are not all known.
        """
        url = f"{self._options.root}/projects/{self._options.project}/aggregated/instances"
        wanted = {"fields": _INSTANCE_FIELDS}
        found: list[Instance] = []
        async for page in self._pages(LIST_INSTANCES, url, wanted, InstanceList):
            zones = page.items.values()
            unreached = "UNREACHABLE" if page.unreachables else page.warning.code
            _check_complete(LIST_INSTANCES, unreached, *(one.warning.code for one in zones))
            found += [instance for zone in zones for instance in zone.instances]
        return found

    async def firewalls(self) -> list[Firewall]:
        """The firewall rules of the network.

        Raises:
            Refused: they are not all known.
        """
        network = path_of(network_url(self._options))
        found: list[Firewall] = []
        async for page in self._pages(
            LIST_FIREWALLS, f"{self._global}/firewalls", {}, FirewallList
        ):
            _check_complete(LIST_FIREWALLS, page.warning.code)
            found += [one for one in page.items if path_of(one.network) == network]
        return found

    async def peerings(self) -> Sequence[Peering]:
        """Those of the network.

        Raises:
            Refused: they are not known.
        """
        wanted = {"fields": _PEERING_FIELDS}
        url = network_url(self._options)
        return (await self._get(GET_NETWORK, url, wanted, NetworkResource)).peerings

    async def quota(self) -> Quota | None:
        """That of the project; None: it has none for routes."""
        url = f"{self._options.root}/projects/{self._options.project}"
        return quota_of(await self._get(GET_PROJECT, url, {"fields": "quotas"}, Project))

    async def insert(self, body: Mapping[str, object]) -> Operation:
        """A route comes; a repeated request is known to the server by its id."""
        return await self._change(INSERT, "POST", "routes", msgspec.json.encode(body))

    async def delete(self, name: str) -> Operation:
        """The route of that name goes."""
        return await self._change(DELETE, "DELETE", f"routes/{quote(name)}")

    async def wait(self, name: str) -> Operation:
        """The operation when it is done, or as it is after two minutes at most."""
        url = f"{self._global}/operations/{quote(name)}/wait"
        request = self._http.build_request("POST", url, timeout=_LONGEST_WAIT)
        return await self._ask(WAIT, request, Operation)

    async def operations(self) -> AsyncIterator[Operation]:
        """The project's operations, the newest first."""
        wanted = {
            "orderBy": "creationTimestamp desc",
            "fields": "items(name,status,error,httpErrorStatusCode),nextPageToken",
        }
        url = f"{self._global}/operations"
        async for page in self._pages(LIST_OPERATIONS, url, wanted, OperationList):
            for operation in page.items:
                yield operation

    async def _change(self, call: Call, method: str, path: str, body: bytes = b"") -> Operation:
        await self._pace.turn()
        request = self._http.build_request(
            method,
            f"{self._global}/{path}",
            params={"requestId": str(uuid4())},
            content=body,
            headers={"Content-Type": "application/json"} if body else {},
        )
        return await self._ask(call, request, Operation)

    async def _pages(
        self,
        call: Call,
        url: str,
        wanted: _Texts,
        kind: type[PageT],
    ) -> AsyncIterator[PageT]:
        token = ""
        seen: set[str] = set()
        while len(seen) < _MOST_PAGES:
            more = {"pageToken": token} if token else {}
            page = await self._get(call, url, {**wanted, "maxResults": _PAGE, **more}, kind)
            yield page
            token = page.next_page_token
            if not token:
                return
            if token in seen:
                break
            seen.add(token)
        raise Refused(Refusal("unknown", f"{call.method}: the pages have no end"))

    async def _get(
        self, call: Call, url: str, parameters: _Texts, kind: type[ResourceT]
    ) -> ResourceT:
        request = self._http.build_request("GET", url, params=dict(parameters))
        return await self._ask(call, request, kind)

    async def _ask(self, call: Call, request: httpx2.Request, kind: type[ResourceT]) -> ResourceT:
        """The answer, after a few tries.

        Raises:
            Refused: there was none, or it was not as wished.
        """
        for attempt in range(1, _TRIES):
            try:
                return await self._try(call, request, kind)
            except Refused as error:
                pause = _pause(error.refusal, attempt)
                if pause is None:
                    raise
            await asyncio.sleep(pause)
        return await self._try(call, request, kind)

    async def _try(self, call: Call, request: httpx2.Request, kind: type[ResourceT]) -> ResourceT:
        response = await self._send(call, request)
        if response.status_code >= _REFUSED:
            retry_after = response.headers.get("Retry-After", "")
            raise Refused(refusal(call, response.status_code, response.content, retry_after))
        try:
            return msgspec.json.decode(response.content, type=kind)
        except msgspec.DecodeError as error:
            message = f"{call.method}: the answer is not of the compute API: {error}"
            raise Refused(Refusal("unknown", message)) from error

    async def _send(self, call: Call, request: httpx2.Request) -> httpx2.Response:
        """Once more with a new token if the first was not accepted."""
        token = await self._token(call)
        response = await self._sent(call, request, token)
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            renewed = await self._token(call, instead_of=token)
            if renewed != token:
                return await self._sent(call, request, renewed)
        return response

    async def _token(self, call: Call, *, instead_of: str = "") -> str:
        try:
            return await self._login.token(instead_of=instead_of)
        except ProviderUnreachable as error:
            raise Refused(Refusal("credentials", f"{call.method}: {error}")) from error

    async def _sent(self, call: Call, request: httpx2.Request, token: str) -> httpx2.Response:
        request.headers["Authorization"] = f"Bearer {token}"
        try:
            async with self._pace.place():
                return await self._http.send(request)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            words = f"{request.url.host} is not reached: {str(error) or type(error).__name__}"
            raise Refused(Refusal("unreached", f"{call.method}: {words}")) from error
        except httpx2.TransportError as error:
            words = f"no answer from {request.url.host}: {str(error) or type(error).__name__}"
            raise Refused(Refusal("unknown", f"{call.method}: {words}")) from error


@asynccontextmanager
async def connected(login: Login, options: GcpOptions) -> AsyncGenerator[Compute]:
    """Its connections are closed at the end."""
    async with httpx2.AsyncClient(timeout=options.timeout) as http:
        yield Compute(http, login, options)


def _pause(why: Refusal, attempt: int) -> float | None:
    """Seconds before the next try; None: another one is for somebody with more time."""
    if why.cause not in _AGAIN or why.after > _LONGEST_PAUSE:
        return None
    usual = min(_LONGEST_PAUSE, _PAUSE * attempt * attempt)
    spread = random.uniform(1.0, 1.5)  # noqa: S311 -- no secret: callers must not meet again
    return max(why.after, usual) * spread


def _check_complete(call: Call, *codes: str) -> None:
    for code in codes:
        if code in _INCOMPLETE:
            message = f"{call.method}: the answer is not complete ({code}): try again later"
            raise Refused(Refusal("unknown", message))
