"""The simulated HTTPS API as an ASGI application."""

import asyncio
import json
from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import parse_qs

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from podroute.testing.https.faults import instead
from podroute.testing.vyos.lines import Command, Refused, found
from podroute.testing.vyos.router import Router

_PATHS: Final = ("/retrieve", "/configure", "/config-file")
_EMPTY: Final = "Configuration under specified path is empty\n"


@dataclass(frozen=True)
class Seen:
    """A request as it was sent, and the answer's status."""

    path: str
    data: object
    status: int


class Api:
    """Answers for ``router`` and remembers all that was asked.

    With ``on`` False the API is off; ``page`` is what another web server says there.
    """

    def __init__(self, router: Router) -> None:
        self.router = router
        self.seen: list[Seen] = []
        self.on = True
        self.page = ""
        self._calls = 0

    def application(self) -> Starlette:
        """For any ASGI server."""
        return Starlette(routes=[Route(path, self._endpoint, methods=["POST"]) for path in _PATHS])

    async def _endpoint(self, request: Request) -> Response:
        self._calls += 1
        fields = parse_qs((await request.body()).decode(), keep_blank_values=True)
        form = {name: values[-1] for name, values in fields.items()}
        path = request.url.path
        trouble = self.router.faults.at_call(self._calls, path)
        await asyncio.sleep(self.router.faults.latency)
        if trouble in {"cut before", "silent before"}:
            return instead(trouble)
        data = form.get("data", "")
        status, body = self._answered(path, data, form.get("key", ""))
        self.seen.append(Seen(path, msgspec.json.decode(data), status))
        return HTMLResponse(body, status) if trouble is None else instead(trouble)

    def _answered(self, path: str, data: str, key: str) -> tuple[int, str]:
        if self.page:
            return 200, self.page
        if not self.on:
            return 502, "<html><h1>502 Bad Gateway</h1></html>"
        if key not in self.router.keys:
            return 401, _said(error="Valid API key is required")
        try:
            commands = msgspec.json.decode(data, type=list[Command] | Command)
            return 200, _said(self._done(path, commands))
        except (Refused, msgspec.DecodeError) as error:
            return 400, _said(error=str(error))

    def _done(self, path: str, said: list[Command] | Command) -> object:
        commands = said if isinstance(said, list) else [said]
        if path == "/configure":
            self.router.commit(commands)
            return None
        match path, commands[0].op:
            case "/config-file", "save":
                return self.router.save()
            case "/retrieve", "exists":
                return found(self.router.running, commands[0].path) is not None
            case "/retrieve", "showConfig":
                return self._shown(commands[0].path)
            case _:
                message = f"'{commands[0].op}' is not a valid operation"
                raise Refused(message)

    def _shown(self, words: list[str]) -> object:
        shown = found(self.router.running, words)
        if not shown:
            raise Refused(_EMPTY)
        return shown


def _said(data: object = None, error: str | None = None) -> str:
    told = None if error is None else escape(error, quote=False)
    return json.dumps({"success": error is None, "data": data, "error": told})
