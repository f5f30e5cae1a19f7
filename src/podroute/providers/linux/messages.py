"""What do podroute and its program on a router say to each other? Pure.

One JSON object a line. The program begins with ``Hello``; each request gets one answer, in order;
``RoutesChanged`` comes at any time after an answer to ``ReadRoutes``, once for each.
"""

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias, assert_never

import msgspec

from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.node import NodeName
from podroute.model.route import InstalledRoute, Kind, Ownership, Preferences, Route, RouteTable
from podroute.providers.linux.settings import LinuxOptions
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace

SPEECH: Final = 1  # the version of all this
LONGEST_REQUEST: Final = 1 << 23  # bytes; 10,000 changes


class _Message(
    msgspec.Struct, frozen=True, rename="camel", tag_field="kind", omit_defaults=True
): ...


class WishRecord(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A ``Route``."""

    destination: str
    next_hop: str
    node: str


class RouteRecord(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True
):
    """An ``InstalledRoute``."""

    destination: str
    handle: str
    ownership: Ownership
    next_hop: str = ""
    kind: Kind = "unicast"
    preference: int = 0
    deviation: str = ""
    partial: bool = False


class ChangeRecord(
    msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True
):
    """A ``Change``."""

    verb: Literal["create", "replace", "delete", "adopt"]
    wish: WishRecord | None = None
    installed: RouteRecord | None = None
    node: str = ""
    written: bool = False


class FailureRecord(msgspec.Struct, frozen=True, rename="camel"):
    """A ``Failed`` without its step."""

    reason: str
    retry: Literal["worth it", "slower", "pointless"]
    after: float = 0.0


class ReadRoutes(_Message, frozen=True, forbid_unknown_fields=True):
    """Asks for a ``RoutesRead``."""

    speech: int


class ApplyRoutes(_Message, frozen=True, forbid_unknown_fields=True):
    """Asks for a ``RoutesApplied``."""

    speech: int
    changes: list[ChangeRecord]


class Hello(_Message, frozen=True):
    """Who speaks."""

    speech: int
    podroute: str


class RoutesRead(_Message, frozen=True):
    """A ``RouteTable``, and what the router has chosen about its routes."""

    options: LinuxOptions
    routes: list[RouteRecord]
    on_link: list[str] | None
    own_addresses: list[str]


class RoutesApplied(_Message, frozen=True):
    """For each change what has become of it; None: it is done."""

    outcomes: list[FailureRecord | None]


class RoutesChanged(_Message, frozen=True):
    """Somebody may have changed routes since the last ``ReadRoutes``."""


class NothingDone(_Message, frozen=True):
    """The request was not carried out."""

    reason: str
    after: float = 0.0


Request: TypeAlias = ReadRoutes | ApplyRoutes
Answer: TypeAlias = Hello | RoutesRead | RoutesApplied | RoutesChanged | NothingDone

_REQUESTS: Final[msgspec.json.Decoder[Request]] = msgspec.json.Decoder(Request)
_ANSWERS: Final[msgspec.json.Decoder[Answer]] = msgspec.json.Decoder(Answer)

encode: Final = msgspec.json.Encoder().encode


def decode_request(line: bytes) -> Request:
    """What a podroute elsewhere asks.

    Raises:
        msgspec.DecodeError: it is no request.
    """
    return _REQUESTS.decode(line)


def decode_answer(line: bytes) -> Answer:
    """What podroute on a router says.

    Raises:
        msgspec.DecodeError: it is no answer.
    """
    return _ANSWERS.decode(line)


def read_answer(table: RouteTable, options: LinuxOptions) -> RoutesRead:
    """``table`` as a message."""
    on_link = None if table.on_link is None else [str(one) for one in table.on_link]
    return RoutesRead(
        options,
        [_route_record(one) for one in table.routes],
        on_link,
        sorted(map(str, table.own_addresses)),
    )


def table_of(answer: RoutesRead) -> RouteTable:
    """The other way round.

    Raises:
        ValueError: an address or a CIDR cannot be read.
    """
    on_link = None if answer.on_link is None else tuple(map(parse_cidr, answer.on_link))
    return RouteTable(
        tuple(map(_installed, answer.routes)),
        on_link,
        frozenset(map(parse_address, answer.own_addresses)),
        Preferences(answer.options.metric_of(4), answer.options.metric_of(6)),
    )


def apply_request(changes: Sequence[Change]) -> ApplyRoutes:
    """``changes`` as a message."""
    return ApplyRoutes(SPEECH, [_change_record(one) for one in changes])


def changes_of(request: ApplyRoutes) -> tuple[Change, ...]:
    """The other way round.

    Raises:
        ValueError: one of them is none.
    """
    return tuple(map(_change, request.changes))


def applied_answer(outcomes: Sequence[Outcome]) -> RoutesApplied:
    """``outcomes`` as a message."""
    return RoutesApplied(
        [
            FailureRecord(one.reason, one.retry, one.after) if isinstance(one, Failed) else None
            for one in outcomes
        ]
    )


def outcomes_of(answer: RoutesApplied, changes: Sequence[Change]) -> tuple[Outcome, ...]:
    """The other way round, for the changes that were sent.

    Raises:
        ValueError: there are more or fewer answers than changes.
    """
    return tuple(
        Done(change) if one is None else Failed(change, one.reason, one.retry, one.after)
        for change, one in zip(changes, answer.outcomes, strict=True)
    )


def _change_record(change: Change) -> ChangeRecord:
    match change:
        case Create(route=route):
            return ChangeRecord("create", _wish_record(route))
        case Replace(installed=installed, route=route):
            return ChangeRecord("replace", _wish_record(route), _route_record(installed))
        case Adopt(installed=installed, route=route, written=written):
            wish, was = _wish_record(route), _route_record(installed)
            return ChangeRecord("adopt", wish, was, written=written)
        case Delete(installed=installed, node=node):
            return ChangeRecord("delete", installed=_route_record(installed), node=node or "")
        case _:
            assert_never(change)


def _change(record: ChangeRecord) -> Change:
    match record:
        case ChangeRecord("create", WishRecord() as wish, None):
            return Create(_route(wish))
        case ChangeRecord("replace", WishRecord() as wish, RouteRecord() as was):
            return Replace(_installed(was), _route(wish))
        case ChangeRecord("adopt", WishRecord() as wish, RouteRecord() as was):
            return Adopt(_installed(was), _route(wish), record.written)
        case ChangeRecord("delete", None, RouteRecord() as was):
            return Delete(_installed(was), NodeName(record.node) if record.node else None)
        case _:
            message = f"a change of kind {record.verb!r} with other parts than it has"
            raise ValueError(message)


def _wish_record(route: Route) -> WishRecord:
    return WishRecord(str(route.destination), str(route.next_hop), route.node)


def _route(record: WishRecord) -> Route:
    return Route(
        parse_cidr(record.destination), parse_address(record.next_hop), NodeName(record.node)
    )


def _route_record(route: InstalledRoute) -> RouteRecord:
    return RouteRecord(
        str(route.destination),
        route.handle,
        route.ownership,
        "" if route.next_hop is None else str(route.next_hop),
        route.kind,
        route.preference,
        route.deviation,
        route.partial,
    )


def _installed(record: RouteRecord) -> InstalledRoute:
    return InstalledRoute(
        parse_cidr(record.destination),
        parse_address(record.next_hop) if record.next_hop else None,
        record.ownership,
        record.handle,
        record.kind,
        record.preference,
        record.deviation,
        record.partial,
    )
