"""Calls RouterOS's REST API and decides nothing."""

import asyncio
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

from podroute.providers.https.session import HttpsSession, Request
from podroute.providers.routeros.changes import Call
from podroute.providers.routeros.refusals import Refusal, Refused, is_accepted, refusal
from podroute.providers.routeros.settings import RouterosOptions
from podroute.providers.routeros.wire import (
    ADDRESSES,
    MENUS,
    SETTINGS,
    Answers,
    ForwardingItem,
    addresses_in,
    answers_of,
    forwarding_in,
    routes_in,
)

_JSON: Final = "application/json"
DocumentT = TypeVar("DocumentT")


class RestApi:
    """That of one router."""

    def __init__(self, session: HttpsSession, options: RouterosOptions, password: str) -> None:
        self._session = session
        self._options = options
        login = b64encode(f"{options.user}:{password}".encode()).decode()
        self._headers: Mapping[str, str] = {"Authorization": f"Basic {login}"}

    async def read(self) -> Answers:
        """All that is there.

        Raises:
            Refused: it is not all known.
            Unanswered: there is no answer.
        """
        try:
            async with asyncio.TaskGroup() as group:
                routes = [group.create_task(self._get(one, routes_in)) for one in MENUS.values()]
                own = [group.create_task(self._get(one, addresses_in)) for one in ADDRESSES]
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors
        items = [item for task in routes for item in task.result()]
        addresses = [item for task in own for item in task.result()]
        try:
            return answers_of(items, addresses, self._options.routing_table)
        except ValueError as error:
            raise self._unreadable("/ip/route", error) from error

    async def forwarding(self) -> Mapping[int, ForwardingItem]:
        """What it says of each IP version.

        Raises:
            Refused: it does not say.
            Unanswered: there is no answer.
        """
        return {one: await self._get(menu, forwarding_in) for one, menu in SETTINGS.items()}

    async def send(self, calls: Sequence[Call]) -> None:
        """One after the other, as long as they are accepted.

        Raises:
            Refused: the first that is not.
            Unanswered: nobody knows what has become of it.
        """
        for call in calls:
            await self._ask(call)

    async def _get(self, path: str, read: Callable[[bytes], DocumentT]) -> DocumentT:
        content = await self._ask(Call("GET", path))
        try:
            return read(content)
        except ValueError as error:
            raise self._unreadable(path, error) from error

    async def _ask(self, call: Call) -> bytes:
        kind = _JSON if call.body else ""
        request = Request(call.method, f"/rest{call.path}", call.body, kind, self._headers)
        answer = await self._session.ask(request)
        if not is_accepted(answer.status):
            what = f"{call.method} /rest{call.path}"
            raise Refused(refusal(what, answer.status, answer.content, self._options))
        return answer.content

    def _unreadable(self, path: str, error: ValueError) -> Refused:
        return Refused(Refusal(f"{self._options.url}: GET /rest{path}: {error}"))
