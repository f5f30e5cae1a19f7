"""How are routes, changes and checks written as JSON between podroute and a router? Pure."""

from typing import Literal, assert_never

import msgspec

from podroute.model.check import Check, Problem
from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.node import NodeName
from podroute.model.route import InstalledRoute, Kind, Ownership, Route
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace


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


class ProblemRecord(msgspec.Struct, frozen=True):
    """A ``Problem``."""

    subject: str
    cause: str
    fix: str


class CheckRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A ``Check``."""

    id: str
    what: str
    problems: list[ProblemRecord] = []
    skipped: str = ""


class FailureRecord(msgspec.Struct, frozen=True, rename="camel"):
    """A ``Failed`` without its step."""

    reason: str
    retry: Literal["worth it", "slower", "pointless"]
    after: float = 0.0


def change_record(change: Change) -> ChangeRecord:
    """``change`` as a record."""
    match change:
        case Create(route=route):
            return ChangeRecord("create", wish_record(route))
        case Replace(installed=installed, route=route):
            return ChangeRecord("replace", wish_record(route), route_record(installed))
        case Adopt(installed=installed, route=route, written=written):
            wish, was = wish_record(route), route_record(installed)
            return ChangeRecord("adopt", wish, was, written=written)
        case Delete(installed=installed, node=node):
            return ChangeRecord("delete", installed=route_record(installed), node=node or "")
        case _:
            assert_never(change)


def change_of(record: ChangeRecord) -> Change:
    """The other way round.

    Raises:
        ValueError: it is none.
    """
    match record:
        case ChangeRecord("create", WishRecord() as wish, None):
            return Create(route_of(wish))
        case ChangeRecord("replace", WishRecord() as wish, RouteRecord() as was):
            return Replace(installed_of(was), route_of(wish))
        case ChangeRecord("adopt", WishRecord() as wish, RouteRecord() as was):
            return Adopt(installed_of(was), route_of(wish), record.written)
        case ChangeRecord("delete", None, RouteRecord() as was):
            return Delete(installed_of(was), NodeName(record.node) if record.node else None)
        case _:
            message = f"a change of kind {record.verb!r} with other parts than it has"
            raise ValueError(message)


def wish_record(route: Route) -> WishRecord:
    """``route`` as a record."""
    return WishRecord(str(route.destination), str(route.next_hop), route.node)


def route_of(record: WishRecord) -> Route:
    """The other way round.

    Raises:
        ValueError: an address or a CIDR cannot be read.
    """
    return Route(
        parse_cidr(record.destination), parse_address(record.next_hop), NodeName(record.node)
    )


def route_record(route: InstalledRoute) -> RouteRecord:
    """``route`` as a record."""
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


def installed_of(record: RouteRecord) -> InstalledRoute:
    """The other way round.

    Raises:
        ValueError: an address or a CIDR cannot be read.
    """
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


def check_record(check: Check) -> CheckRecord:
    """``check`` as a record."""
    problems = [ProblemRecord(one.subject, one.cause, one.fix) for one in check.problems]
    return CheckRecord(check.id, check.what, problems, check.skipped)


def check_of(record: CheckRecord) -> Check:
    """The other way round."""
    problems = tuple(Problem(one.subject, one.cause, one.fix) for one in record.problems)
    return Check(record.id, record.what, problems, record.skipped)
