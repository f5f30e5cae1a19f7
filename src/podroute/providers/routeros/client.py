"""Calls RouterOS's REST API and decides nothing."""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

from podroute.providers.https.session import HttpsSession, Request, together
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
        paths = (*MENUS.values(), *ADDRESSES)
        v4, v6, own_4, own_6 = await together([self._ask(Call("GET", one)) for one in paths])
        try:
            routes = [*routes_in(v4), *routes_in(v6)]
            addresses = [*addresses_in(own_4), *addresses_in(own_6)]
            return answers_of(routes, addresses, self._options.routing_table)
        except ValueError as error:
            raise self._unreadable(MENUS[4], error) from error

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
