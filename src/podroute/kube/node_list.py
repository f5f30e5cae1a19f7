"""All Nodes of a cluster as of one moment, page by page, decoded into the few fields we need."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, TypeAlias
from urllib.parse import urlencode

import msgspec

from podroute.kube.answer import Answer
from podroute.kube.api_errors import ApiUnreachable, not_kubernetes, refusal
from podroute.kube.copies import Copy, listed
from podroute.kube.login import Login
from podroute.kube.nodes import NodeList, NodeObject, decode_item, forget_conditions

PAGE: Final = 500  # Nodes, as kubectl asks
PAGES: Final = 10_000  # of one list; 5,000 Nodes have ten
ATTEMPTS: Final = 3  # to read one list: a page's token can expire

Get: TypeAlias = Callable[[str], Awaitable[Answer]]


class _ListMeta(msgspec.Struct):
    token: str = msgspec.field(name="continue", default="")
    version: str = msgspec.field(name="resourceVersion", default="")


class _Page(msgspec.Struct, tag_field="kind", tag="NodeList"):
    items: list[NodeObject] | None
    metadata: _ListMeta


class _LoosePage(msgspec.Struct, tag_field="kind", tag="NodeList"):
    items: list[object] | None
    metadata: _ListMeta


class _Expired(Exception):  # noqa: N818 -- an event
    """The list that the page belongs to is no longer kept."""


async def read_node_list(
    get: Get, login: Login, selector: str = "", fields: Mapping[str, str] | None = None
) -> NodeList:
    """Every Node, as of one consistent moment; ``get`` fetches a path.

    ``fields`` is what a query says of them beside the label ``selector``.

    Raises:
        ApiUnreachable: the API server refused, or did not answer in full.
    """
    labels = {"labelSelector": selector} if selector else {}
    query = {"limit": str(PAGE), **labels, **(fields or {})}
    for _ in range(ATTEMPTS):
        try:
            return await _Listing(get, login, query).read()
        except _Expired:
            continue
    message = f"{login.where}: the Node list changed faster than it could be read: try again"
    raise ApiUnreachable(message)


@dataclass(frozen=True, slots=True)
class _Listing:
    """One consistent list, page by page."""

    get: Get
    login: Login
    query: dict[str, str]

    async def read(self) -> NodeList:
        found: list[tuple[str, Copy]] = []
        token = ""
        used: set[str] = set()
        for _ in range(PAGES):
            body = await self._page(token)
            items, meta = _decode(body, self.login, len(found))
            found += items
            token = meta.token
            if not token:
                return listed(found, self.login.name, meta.version)
            if token in used:
                raise _endless(self.login, "gave the same continue token twice")
            used.add(token)
        raise _endless(self.login, f"gave {PAGES} pages, and a continue token once more")

    async def _page(self, token: str) -> bytes:
        query = {**self.query, **({"continue": token} if token else {})}
        answer = await self.get(f"/api/v1/nodes?{urlencode(query)}")
        if token and answer.status == HTTPStatus.GONE:
            raise _Expired
        if answer.status != HTTPStatus.OK:
            raise refusal(answer.status, answer.body, self.login)
        return answer.body


def _endless(login: Login, what: str) -> ApiUnreachable:
    words = f"{what}, so its Node list has no end"
    message = f"{login.where} {words}: check the address, and what is on the way to it"
    return ApiUnreachable(message)


def _decode(body: bytes, login: Login, place: int) -> tuple[Sequence[tuple[str, Copy]], _ListMeta]:
    """One page; item by item, from number ``place`` on, only where the whole does not fit."""
    try:
        page = msgspec.json.decode(body, type=_Page)
    except (ValueError, RecursionError):
        return _decode_each(body, login, place)
    return [("", forget_conditions(item)) for item in page.items or ()], page.metadata


def _decode_each(
    body: bytes, login: Login, place: int
) -> tuple[Sequence[tuple[str, Copy]], _ListMeta]:
    try:
        page = msgspec.json.decode(body, type=_LoosePage)
    except (ValueError, RecursionError):
        raise not_kubernetes(login) from None
    places = (f"items[{number}]" for number, _ in enumerate(page.items or (), start=place))
    items = zip(places, page.items or (), strict=True)
    return [(name, decode_item(item, name)) for name, item in items], page.metadata
