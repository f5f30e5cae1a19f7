"""The simulated API as an ASGI application."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.filters import masked, passing
from podroute.testing.gcp.operations import Job
from podroute.testing.gcp.refusal import Document, Refusal
from podroute.testing.gcp.resources import by_zone

_PAGE: Final = 500
_LONGEST_WAIT: Final = 120.0  # seconds
_PREFIX: Final = "/compute/v1/projects/{project}"

Answered: TypeAlias = Document | Awaitable[Document]


@dataclass(frozen=True)
class Seen:
    """A call as it was sent, and the answer."""

    method: str  # of the API, e.g. routes.insert
    path: str
    query: Mapping[str, str]
    body: Document
    status: int
    answer: Document


class _Cut(Response):
    """The connection ends without an answer."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        return


class Api:
    """Answers for ``cloud`` and remembers all that was asked."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.seen: list[Seen] = []
        self._calls = 0

    def application(self) -> Starlette:
        """For any ASGI server."""
        listed = (
            ("GET", "/global/routes", "routes.list", self._list_routes),
            ("POST", "/global/routes", "routes.insert", self._insert),
            ("GET", "/global/routes/{name}", "routes.get", self._get_route),
            ("DELETE", "/global/routes/{name}", "routes.delete", self._delete),
            ("GET", "/global/operations", "globalOperations.list", self._list_operations),
            ("GET", "/global/operations/{name}", "globalOperations.get", self._get_operation),
            ("POST", "/global/operations/{name}/wait", "globalOperations.wait", self._wait),
            ("GET", "/global/networks/{name}", "networks.get", self._get_network),
            ("GET", "/global/firewalls", "firewalls.list", self._list_firewalls),
            ("GET", "/aggregated/instances", "instances.aggregatedList", self._list_instances),
            ("GET", "", "projects.get", self._get_project),
        )
        return Starlette(
            routes=[
                Route(f"{_PREFIX}{path}", self._endpoint(name, answer), methods=[verb])
                for verb, path, name, answer in listed
            ]
        )

    def _endpoint(
        self, method: str, answer: Callable[[Request, Document], Answered]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            self._calls += 1
            content = await request.body()
            body: Document = json.loads(content) if content else {}
            trouble = self.cloud.faults.at_call(self._calls, method)
            await asyncio.sleep(self.cloud.faults.latency)
            if trouble == "cut before":
                return _Cut()
            try:
                if isinstance(trouble, Refusal):
                    raise trouble
                self._check(method, request)
                document = await _whole(answer(request, body))
                shown = masked(document, request.query_params.get("fields", ""))
                response = JSONResponse(shown)
            except Refusal as error:
                shown = error.document()
                response = JSONResponse(shown, error.status, error.headers)
            path, query = request.url.path, dict(request.query_params)
            self.seen.append(Seen(method, path, query, body, response.status_code, shown))
            return _Cut() if trouble == "cut after" else response

        return endpoint

    def _check(self, method: str, request: Request) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        path = request.url.path.partition("/compute/v1/")[2]
        self.cloud.faults.check(method, token, path)
        if request.path_params["project"] != self.cloud.project:
            message = f"The resource '{path}' was not found"
            raise Refusal(404, "notFound", message)

    def _insert(self, request: Request, body: Document) -> Document:
        return self._begun(self.cloud.insert(body, request.query_params.get("requestId", "")))

    def _delete(self, request: Request, _: Document) -> Document:
        name = request.path_params["name"]
        return self._begun(self.cloud.delete(name, request.query_params.get("requestId", "")))

    def _get_route(self, request: Request, _: Document) -> Document:
        return self.cloud.route(request.path_params["name"])

    def _list_routes(self, request: Request, _: Document) -> Document:
        found = passing(self.cloud.listed(), request.query_params.get("filter", ""))
        return self._page("routeList", found, request)

    def _list_operations(self, request: Request, _: Document) -> Document:
        jobs = self.cloud.operations.all()
        if request.query_params.get("orderBy") == "creationTimestamp desc":
            jobs.reverse()
        return self._page("operationList", [self._begun(job) for job in jobs], request)

    def _get_operation(self, request: Request, _: Document) -> Document:
        return self._begun(self.cloud.operations.named(request.path_params["name"]))

    async def _wait(self, request: Request, _: Document) -> Document:
        job = self.cloud.operations.named(request.path_params["name"])
        await asyncio.sleep(max(0.0, min(job.ends - self.cloud.now(), _LONGEST_WAIT)))
        return self._begun(job)

    def _get_network(self, request: Request, _: Document) -> Document:
        network = self.cloud.network(request.path_params["name"])
        link = self.cloud.url(f"global/networks/{network.name}")
        shown: Document = {"kind": "compute#network", "name": network.name, "selfLink": link}
        return {**shown, "peerings": list(network.peerings)} if network.peerings else shown

    def _list_instances(self, request: Request, _: Document) -> Document:
        page = self._page("instanceAggregatedList", [], request)
        specs = sorted(self.cloud.instances.values(), key=lambda one: (one.zone, one.name))
        size, start = _size(request), _start(request)
        page["items"] = by_zone(specs[start : start + size], self.cloud)
        if start + size < len(specs):
            page["nextPageToken"] = str(start + size)
        return page

    def _list_firewalls(self, request: Request, _: Document) -> Document:
        return self._page("firewallList", self.cloud.firewalls, request)

    def _get_project(self, _request: Request, _: Document) -> Document:
        quota = {"metric": "ROUTES", "limit": float(self.cloud.limit)}
        usage = float(self.cloud.used())
        other = {"metric": "NETWORKS", "limit": 5.0, "usage": float(len(self.cloud.networks))}
        quotas = [other, {**quota, "usage": usage}]
        return {"kind": "compute#project", "name": self.cloud.project, "quotas": quotas}

    def _begun(self, job: Job) -> Document:
        return job.document(self.cloud.url("")[:-1], self.cloud.now())

    def _page(self, kind: str, found: Sequence[Document], request: Request) -> Document:
        size, start = _size(request), _start(request)
        page: Document = {
            "kind": f"compute#{kind}",
            "id": request.url.path.partition("/compute/v1/")[2],
            "selfLink": f"{self.cloud.root}{request.url.path.removeprefix('/compute/v1')}",
        }
        if self.cloud.faults.warning:
            page["warning"] = {"code": self.cloud.faults.warning}
        if found:
            page["items"] = list(found[start : start + size])
        if start + size < len(found):
            page["nextPageToken"] = str(start + size)
        return page


def _size(request: Request) -> int:
    size = int(request.query_params.get("maxResults", _PAGE))
    if not 0 <= size <= _PAGE:
        message = f"Invalid value for field 'maxResults': '{size}'. Must be from 0 to {_PAGE}."
        raise Refusal(400, "invalid", message)
    return size


def _start(request: Request) -> int:
    token = request.query_params.get("pageToken", "0")
    if not token.isdecimal():
        raise Refusal(400, "invalid", f"Invalid value for field 'pageToken': '{token}'.")
    return int(token)


async def _whole(answer: Answered) -> Document:
    return await answer if isinstance(answer, Awaitable) else answer
