"""Calls VyOS's HTTPS API and decides nothing."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

import msgspec

from podroute.providers.https.session import HttpsSession, Request, together
from podroute.providers.vyos.changes import Lines, body_of
from podroute.providers.vyos.refusals import Refusal, Refused, refusal
from podroute.providers.vyos.settings import VyosOptions
from podroute.providers.vyos.wire import Answers, Path, Reply, answers_of, below, reply_in

_FORM: Final = "application/x-www-form-urlencoded"
_INTERFACES: Final = ("interfaces",)
_FOUND: Final = frozenset((HTTPStatus.OK, HTTPStatus.BAD_REQUEST))


class HttpApi:
    """That of one router."""

    def __init__(self, session: HttpsSession, options: VyosOptions, key: str) -> None:
        self._session = session
        self._options = options
        self._key = key

    async def read(self) -> Answers:
        """All that is there.

        Raises:
            Refused: it is not all known.
            Unanswered: there is no answer.
        """
        options = self._options
        root = options.above or options.statics
        configured, interfaces = await together([self._shown(root), self._shown(_INTERFACES)])
        if options.vrf and not configured:
            words = f"there is no VRF {options.vrf}: set vrf name {options.vrf} table NUMBER"
            raise Refused(Refusal(f"{options.url}: {words}", "pointless"))
        try:
            statics = below(configured, options.statics[len(root) :])
            return answers_of(statics, interfaces, options.vrf)
        except ValueError as error:
            raise Refused(Refusal(f"{options.url}: /retrieve: {error}")) from error

    async def there(self, paths: Sequence[Path]) -> Sequence[Path]:
        """Those of ``paths`` that are in the configuration.

        Raises:
            Refused: it does not say.
            Unanswered: there is no answer.
        """
        asked = [self._ask("/retrieve", {"op": "exists", "path": path}) for path in paths]
        replies = await together(asked)
        return [path for path, reply in zip(paths, replies, strict=True) if reply.data is True]

    async def configure(self, lines: Lines) -> None:
        """All of them in one commit, or none.

        Raises:
            Refused: none.
            Unanswered: nobody knows what has become of them.
        """
        await self._sent("/configure", body_of(lines))

    async def save(self) -> None:
        """Writes the running configuration to the startup configuration.

        Raises:
            Refused: it is not written.
            Unanswered: nobody knows.
        """
        await self._ask("/config-file", {"op": "save"})

    async def _shown(self, path: Path) -> object:
        """The configuration at ``path``; an empty one where there is none."""
        asked = {"op": "showConfig", "path": path}
        reply = await self._ask("/retrieve", asked, may_be_empty=True)
        return reply.data if reply.success else {}

    async def _ask(
        self, path: str, asked: Mapping[str, object], *, may_be_empty: bool = False
    ) -> Reply:
        return await self._sent(path, msgspec.json.encode(asked), may_be_empty=may_be_empty)

    async def _sent(self, path: str, data: bytes, *, may_be_empty: bool = False) -> Reply:
        form = urlencode({"data": data.decode(), "key": self._key}).encode()
        answer = await self._session.ask(Request("POST", path, form, _FORM))
        if answer.status in _FOUND:
            try:
                reply = reply_in(answer.content)
            except ValueError as error:
                raise Refused(Refusal(f"{self._options.url}: {path}: {error}")) from error
            if reply.success or (may_be_empty and reply.is_empty):
                return reply
        raise Refused(refusal(path, answer.status, answer.content, self._options))
