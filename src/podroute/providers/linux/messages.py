"""What do podroute and its program on a router say to each other? Pure.

One JSON object a line. The program begins with ``Hello``; each request gets one answer, in order;
``RoutesChanged`` comes at any time after an answer to ``ReadRoutes``, once for each.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

import msgspec

from podroute.model.check import Check
from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.route import Preferences, RouteTable
from podroute.providers.interface import Question
from podroute.providers.linux.records import (
    ChangeRecord,
    CheckRecord,
    FailureRecord,
    RouteRecord,
    WishRecord,
    change_of,
    change_record,
    check_of,
    check_record,
    installed_of,
    route_of,
    route_record,
    wish_record,
)
from podroute.providers.linux.settings import LinuxOptions
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Change

SPEECH: Final = 1  # the version of all this
LONGEST_REQUEST: Final = 1 << 23  # bytes; 10,000 changes


class _Message(
    msgspec.Struct, frozen=True, rename="camel", tag_field="kind", omit_defaults=True
): ...


class ReadRoutes(_Message, frozen=True, forbid_unknown_fields=True):
    """Asks for a ``RoutesRead``."""

    speech: int


class ApplyRoutes(_Message, frozen=True, forbid_unknown_fields=True):
    """Asks for a ``RoutesApplied``."""

    speech: int
    changes: list[ChangeRecord]


class AskChecks(_Message, frozen=True, forbid_unknown_fields=True):
    """A ``Question``; it asks for a ``ChecksAnswered``."""

    speech: int
    wishes: list[WishRecord]
    pools: list[str]


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
    gateways: list[str] = []  # a former podroute does not tell them


class RoutesApplied(_Message, frozen=True):
    """For each change what has become of it; None: it is done."""

    outcomes: list[FailureRecord | None]


class ChecksAnswered(_Message, frozen=True):
    """What the router says about itself."""

    checks: list[CheckRecord]


class RoutesChanged(_Message, frozen=True):
    """Somebody may have changed routes since the last ``ReadRoutes``."""


class NothingDone(_Message, frozen=True):
    """The request was not carried out."""

    reason: str
    after: float = 0.0


Request: TypeAlias = ReadRoutes | ApplyRoutes | AskChecks
Answer: TypeAlias = (
    Hello | RoutesRead | RoutesApplied | ChecksAnswered | RoutesChanged | NothingDone
)

_REQUESTS: Final[msgspec.json.Decoder[Request]] = msgspec.json.Decoder(Request)
_ANSWERS: Final[msgspec.json.Decoder[Answer]] = msgspec.json.Decoder(Answer)

encode: Final = msgspec.json.Encoder().encode


def decode_request(line: bytes) -> Request:
    """What a podroute elsewhere asks.

    Raises:
        ValueError: it is no request.
        RecursionError: it is one of a kind that is made to be read by nobody.
    """
    return _REQUESTS.decode(line)


def decode_answer(line: bytes) -> Answer:
    """What podroute on a router says.

    Raises:
        ValueError: it is no answer.
        RecursionError: as for requests.
    """
    return _ANSWERS.decode(line)


def read_answer(table: RouteTable, options: LinuxOptions) -> RoutesRead:
    """``table`` as a message."""
    on_link = None if table.on_link is None else [str(one) for one in table.on_link]
    return RoutesRead(
        options,
        [route_record(one) for one in table.routes],
        on_link,
        sorted(map(str, table.own_addresses)),
        sorted(map(str, table.gateways)),
    )


def table_of(answer: RoutesRead) -> RouteTable:
    """The other way round.

    Raises:
        ValueError: an address or a CIDR cannot be read.
    """
    on_link = None if answer.on_link is None else tuple(map(parse_cidr, answer.on_link))
    return RouteTable(
        tuple(map(installed_of, answer.routes)),
        on_link,
        frozenset(map(parse_address, answer.own_addresses)),
        Preferences(answer.options.metric_of(4), answer.options.metric_of(6)),
        gateways=frozenset(map(parse_address, answer.gateways)),
    )


def apply_request(changes: Sequence[Change]) -> ApplyRoutes:
    """``changes`` as a message."""
    return ApplyRoutes(SPEECH, [change_record(one) for one in changes])


def changes_of(request: ApplyRoutes) -> tuple[Change, ...]:
    """The other way round.

    Raises:
        ValueError: one of them is none.
    """
    return tuple(map(change_of, request.changes))


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


def ask_request(question: Question) -> AskChecks:
    """``question`` as a message."""
    wishes, pools = map(wish_record, question.wishes), map(str, question.pools)
    return AskChecks(SPEECH, [*wishes], [*pools])


def question_of(request: AskChecks) -> Question:
    """The other way round.

    Raises:
        ValueError: an address or a CIDR cannot be read.
    """
    return Question(tuple(map(route_of, request.wishes)), tuple(map(parse_cidr, request.pools)))


def checks_answer(checks: Sequence[Check]) -> ChecksAnswered:
    """``checks`` as a message."""
    return ChecksAnswered(list(map(check_record, checks)))


def checks_of(answer: ChecksAnswered) -> tuple[Check, ...]:
    """The other way round."""
    return tuple(map(check_of, answer.checks))
