"""What podroute and its program on a router say to each other arrives as it was meant."""

from dataclasses import replace

import pytest

from podroute.model.check import Check, Problem
from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.node import NodeName
from podroute.model.route import Preferences, RouteTable
from podroute.providers.interface import Question
from podroute.providers.linux.messages import (
    SPEECH,
    ApplyRoutes,
    AskChecks,
    ChecksAnswered,
    RoutesApplied,
    RoutesRead,
    applied_answer,
    apply_request,
    ask_request,
    changes_of,
    checks_answer,
    checks_of,
    decode_answer,
    decode_request,
    encode,
    outcomes_of,
    question_of,
    read_answer,
    table_of,
)
from podroute.providers.linux.records import ChangeRecord, FailureRecord, RouteRecord, WishRecord
from podroute.providers.linux.settings import LinuxOptions
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace
from tests.builders import installed, route

WISH = route("10.200.0.0/24", "10.240.0.30", "worker-0; reboot")
WISH_6 = route("fd00:10:200::/64", "fd00:10:240::30")
OURS = installed("10.200.0.0/24", "10.240.0.31")
ODD = replace(OURS, next_hop=None, kind="blackhole", deviation="it drops", partial=True)
FOREIGN = installed("10.200.0.0/24", "10.240.0.30", "foreign")
CHANGES: list[Change] = [
    Create(WISH),
    Create(WISH_6),
    Replace(OURS, WISH),
    Replace(replace(ODD, preference=50), WISH),
    Adopt(FOREIGN, WISH),
    Adopt(FOREIGN, WISH, written=True),
    Delete(OURS),
    Delete(OURS, NodeName("worker-1")),
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_change_arrives(change: Change) -> None:
    request = decode_request(encode(apply_request([change])))

    assert isinstance(request, ApplyRoutes)
    assert (request.speech, changes_of(request)) == (SPEECH, (change,))


@pytest.mark.parametrize("on_link", [None, (parse_cidr("10.240.0.0/24"),)])
@pytest.mark.parametrize(
    ("options", "preferences"),
    [(LinuxOptions(), Preferences(0, 1024)), (LinuxOptions(metric=50), Preferences(50, 50))],
)
def test_a_table_arrives(
    on_link: tuple[object, ...] | None, options: LinuxOptions, preferences: Preferences
) -> None:
    networks = None if on_link is None else (parse_cidr("10.240.0.0/24"),)
    own = frozenset(map(parse_address, ("10.240.0.1", "fd00:10:240::1")))
    gate = frozenset({parse_address("10.240.0.254")})
    table = RouteTable((OURS, ODD, FOREIGN), networks, own, preferences, gateways=gate)

    answer = decode_answer(encode(read_answer(table, options)))

    assert isinstance(answer, RoutesRead)
    assert (table_of(answer), answer.options) == (table, options)


def test_outcomes_arrive() -> None:
    outcomes: list[Outcome] = [
        Done(CHANGES[0]),
        Failed(CHANGES[1], "it is in the way", "pointless"),
        Failed(CHANGES[2], "slowly", "slower", 1.5),
    ]

    answer = decode_answer(encode(applied_answer(outcomes)))

    assert isinstance(answer, RoutesApplied)
    assert list(outcomes_of(answer, CHANGES[:3])) == outcomes


@pytest.mark.parametrize("answers", [0, 2])
def test_an_answer_too_many_or_too_few_is_none(answers: int) -> None:
    answer = RoutesApplied([FailureRecord("no", "worth it")] * answers)

    with pytest.raises(ValueError, match="zip"):
        outcomes_of(answer, CHANGES[:1])


def test_a_question_and_its_answers_arrive() -> None:
    question = Question((WISH, WISH_6), (parse_cidr("10.200.0.0/16"),))
    answers = (
        Check("router-forwarding", "it forwards", (Problem("ip", "it does not", "sysctl"),)),
        Check("router-next-hop", "all answer", skipped="not asked"),
    )

    request = decode_request(encode(ask_request(question)))
    answer = decode_answer(encode(checks_answer(answers)))

    assert isinstance(request, AskChecks)
    assert (request.speech, question_of(request)) == (SPEECH, question)
    assert isinstance(answer, ChecksAnswered)
    assert checks_of(answer) == answers


WISHED = WishRecord("10.200.0.0/24", "10.240.0.30", "worker-0")
WAS = RouteRecord("10.200.0.0/24", "10.200.0.0/24 via 10.240.0.31", "ours")


@pytest.mark.parametrize(
    "record",
    [
        ChangeRecord("create"),
        ChangeRecord("create", WISHED, WAS),
        ChangeRecord("replace", WISHED),
        ChangeRecord("adopt", installed=WAS),
        ChangeRecord("delete", WISHED, WAS),
        ChangeRecord("delete"),
    ],
    ids=str,
)
def test_a_change_with_other_parts_than_it_has_is_none(record: ChangeRecord) -> None:
    with pytest.raises(ValueError, match="with other parts"):
        changes_of(ApplyRoutes(SPEECH, [record]))


@pytest.mark.parametrize("text", ["10.200.0.1/24", "10.200.0.0", "$(reboot)", "10.200.0.0/24\n"])
def test_a_destination_is_a_cidr_and_nothing_else(text: str) -> None:
    wish = WishRecord(text, "10.240.0.30", "worker-0")

    with pytest.raises(ValueError, match=r"10\.200\.0|reboot"):
        changes_of(ApplyRoutes(SPEECH, [ChangeRecord("create", wish)]))
