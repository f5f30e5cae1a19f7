"""The simulated REST API as an ASGI application."""

import asyncio
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from podroute.testing.https.faults import instead
from podroute.testing.routeros.items import Refusal
from podroute.testing.routeros.router import Router

_VERBS: Final = ["GET", "PUT", "PATCH", "DELETE"]
_UNKNOWN: Final = Refusal(400, "Bad Request", "no such command or directory")


@dataclass(frozen=True)
class Seen:
    """A request as it was sent, and the answer's status."""

    method: str
    path: str
    body: Mapping[str, object]
    status: int


class Api:
    """Answers for ``router`` and remembers all that was asked."""

    def __init__(self, router: Router) -> None:
        self.router = router
        self.seen: list[Seen] = []
        self._calls = 0

    def application(self) -> Starlette:
        """For any ASGI server."""
        paths = ("/rest/{menu}/{kind}", "/rest/{menu}/{kind}/{name}")
        return Starlette(routes=[Route(path, self._endpoint, methods=_VERBS) for path in paths])

    async def _endpoint(self, request: Request) -> Response:
        self._calls += 1
        content = await request.body()
        what = f"{request.method} {request.url.path}"
        trouble = self.router.faults.at_call(self._calls, what)
        await asyncio.sleep(self.router.faults.latency)
        if trouble in {"cut before", "silent before"}:
            return instead(trouble)
        body: dict[str, object] = json.loads(content) if content else {}
        try:
            self._check(request)
            response = self._answered(request, body)
        except Refusal as error:
            response = JSONResponse(error.document(), error.status)
        self.seen.append(Seen(request.method, request.url.path, body, response.status_code))
        return response if trouble is None else instead(trouble)

    def _check(self, request: Request) -> None:
        logins = {
            f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"
            for user, password in self.router.users.items()
        }
        if request.headers.get("Authorization") not in logins:
            raise Refusal(401, "Unauthorized")
        if request.method != "GET" and not self.router.may_write:
            raise Refusal(500, "Internal Server Error", "not enough permissions (9)")

    def _answered(self, request: Request, body: dict[str, object]) -> Response:
        menu, kind = request.path_params["menu"], request.path_params["kind"]
        name = request.path_params.get("name", "")
        if menu not in self.router.items:
            raise _UNKNOWN
        if request.method == "GET" and not name:
            return JSONResponse(self._printed(menu, kind))
        match request.method, kind, bool(name):
            case "PUT", "route", False:
                return JSONResponse(self.router.add(menu, body), 201)
            case "PATCH", "route", True:
                return JSONResponse(self.router.set(menu, name, body))
            case "DELETE", "route", True:
                self.router.remove(menu, name)
                return Response(status_code=204)
            case _:
                raise _UNKNOWN

    def _printed(self, menu: str, kind: str) -> object:
        match kind:
            case "route":
                return self.router.routes(menu)
            case "address":
                return self.router.owned(menu)
            case "settings":
                return self.router.settings[menu]
            case _:
                raise _UNKNOWN
