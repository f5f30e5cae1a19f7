"""Which requests carry out a change at RouterOS, and what has become of it?"""

import json

import pytest

from podroute.model.route import InstalledRoute
from podroute.providers.routeros.changes import Call, Entries, by_hand, judged, prepared
from podroute.providers.routeros.refusals import Refusal, is_accepted, refusal
from podroute.providers.routeros.settings import RouterosOptions
from podroute.providers.routeros.translate import route_table
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace
from tests.builders import route
from tests.unit.routeros_items import DESTINATION, HOLE, MARK, OURS, THEIRS, Fields, answers

OPTIONS = RouterosOptions("https://r", password_file="/p")  # noqa: S106 -- the file's name
FAR = RouterosOptions("https://r", password_env="P", distance=50, routing_table="pods")  # noqa: S106
WISH = route(DESTINATION, "10.240.0.30", 'worker-0","blackhole":"yes')
WISH_6 = route("fd00:10:200::/64", "fd00:10:240::30", "worker-0; /system/reboot")
OLD: Fields = {**OURS, "gateway": "10.240.0.31"}
FAR_ONE: Fields = {**OURS, "distance": "9"}
OTHER: Fields = {**OLD, ".id": "*3"}
BGP: Fields = {**THEIRS, "dynamic": "true", "distance": "20", "comment": ""}
IDLE: Fields = {**OURS, "active": "false"}


def entries(*items: Fields) -> Entries:
    return Entries(answers(*items).entries)


def read(item: Fields) -> InstalledRoute:
    return route_table(answers(item), OPTIONS).routes[0]


def calls(*said: tuple[str, str, Fields | None]) -> tuple[Call, ...]:
    """With bodies as they are encoded."""
    return tuple(
        Call(
            method, path, b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        )
        for method, path, body in said
    )


NEW: Fields = {
    "dst-address": DESTINATION,
    "gateway": "10.240.0.30",
    "distance": "1",
    "routing-table": "main",
    "comment": MARK,
}
ADDED = ("PUT", "/ip/route", NEW)
REMOVED = ("DELETE", "/ip/route/*1", None)


@pytest.mark.parametrize(
    ("change", "options", "call"),
    [
        (Create(WISH), OPTIONS, ADDED),
        (
            Create(WISH_6),
            FAR,
            (
                "PUT",
                "/ipv6/route",
                {
                    "dst-address": "fd00:10:200::/64",
                    "gateway": "fd00:10:240::30",
                    "distance": "50",
                    "routing-table": "pods",
                    "comment": MARK,
                },
            ),
        ),
    ],
    ids=str,
)
def test_a_wish_is_an_item(
    change: Change, options: RouterosOptions, call: tuple[str, str, Fields]
) -> None:
    """Whatever its Node is called."""
    assert prepared(change, entries(), options) == calls(call)


@pytest.mark.parametrize(
    ("change", "there", "sent"),
    [
        (Create(WISH), [{**THEIRS, "distance": "9"}], [ADDED]),
        (Create(WISH), [{**OLD, "disabled": "true"}], [ADDED]),
        (Create(WISH), [BGP], [ADDED]),
        (
            Replace(read(OLD), WISH),
            [OLD],
            [("PATCH", "/ip/route/*1", {"gateway": "10.240.0.30"})],
        ),
        (
            Replace(read(FAR_ONE), WISH),
            [FAR_ONE],
            [("PATCH", "/ip/route/*1", {"distance": "1"})],
        ),
        (
            Replace(read({**OURS, "gateway": "10.240.0.30%ether1"}), WISH),
            [{**OURS, "gateway": "10.240.0.30%ether1"}],
            [("PATCH", "/ip/route/*1", {"gateway": "10.240.0.30"})],
        ),
        (
            Replace(read({**OURS, "disabled": "true", "check-gateway": "ping"}), WISH),
            [{**OURS, "disabled": "true", "check-gateway": "ping"}],
            [("PATCH", "/ip/route/*1", {"disabled": "no", "check-gateway": "none"})],
        ),
        (Replace(read(HOLE), WISH), [HOLE], [REMOVED, ADDED]),
        (Replace(read(FAR_ONE), WISH), [FAR_ONE, {**OURS, ".id": "*9"}], [REMOVED]),
        (Delete(read(OLD)), [OLD], [REMOVED]),
        (
            Delete(read({**OLD, ".id": "*1/../*2"})),
            [{**OLD, ".id": "*1/../*2"}],
            [("DELETE", "/ip/route/*1%2F..%2F*2", None)],
        ),
        (
            Adopt(read(THEIRS), WISH),
            [THEIRS],
            [("PATCH", "/ip/route/*2", {"comment": f"{MARK} by hand"})],
        ),
        (
            Adopt(read({**THEIRS, "distance": "9"}), WISH),
            [{**THEIRS, "distance": "9"}],
            [("PATCH", "/ip/route/*2", {"distance": "1", "comment": f"{MARK} by hand"})],
        ),
        (
            Adopt(read({**THEIRS, "distance": "9"}), WISH, written=True),
            [{**THEIRS, "distance": "9"}, OURS],
            [("DELETE", "/ip/route/*2", None)],
        ),
    ],
    ids=str,
)
def test_the_requests_of_a_change(
    change: Change, there: list[Fields], sent: list[tuple[str, str, Fields | None]]
) -> None:
    assert prepared(change, entries(*there), OPTIONS) == calls(*sent)


@pytest.mark.parametrize(
    ("change", "there", "why", "retry"),
    [
        (Create(WISH), [THEIRS], "comment=by hand is in the way", "pointless"),
        (Create(WISH), [OLD], "gateway=10.240.0.31 distance=1", "pointless"),
        (Create(WISH), [HOLE], "is in the way", "pointless"),
        (Replace(read(FAR_ONE), WISH), [FAR_ONE, OTHER], "is in the way", "pointless"),
        (Replace(read(OLD), WISH), [], "is no longer there", "pointless"),
        (Replace(read(THEIRS), WISH), [THEIRS], "is not ours", "pointless"),
        (Delete(read(THEIRS)), [THEIRS], "is not ours", "pointless"),
        (Delete(read(OLD)), [OURS], "is no longer there, but /ip/route *1", "pointless"),
        (Adopt(read(THEIRS), WISH), [], "is no longer there", "pointless"),
        (Adopt(read(BGP), WISH), [BGP], "is no static route: change it where it", "pointless"),
        (
            Create(route(DESTINATION, "fd00::1")),
            [],
            f"fd00::1 is of another family than {DESTINATION}",
            "pointless",
        ),
        (
            Replace(read(IDLE), WISH),
            [IDLE],
            "is as wished, but the router does not use it: is there a route of a lower distance",
            "worth it",
        ),
    ],
    ids=str,
)
def test_where_nothing_may_be_written(
    change: Change, there: list[Fields], why: str, retry: str
) -> None:
    outcome = prepared(change, entries(*there), OPTIONS)

    assert isinstance(outcome, Failed)
    assert (outcome.step, outcome.retry) == (change, retry)
    assert why in outcome.reason


@pytest.mark.parametrize(
    ("change", "there"),
    [
        (Create(WISH), [OURS]),
        (Replace(read(OURS), WISH), [OURS]),
        (Replace(read(OLD), WISH), [OURS]),
        (Delete(read(OLD)), []),
        (Delete(read(OLD)), [FAR_ONE, THEIRS]),
        (Adopt(read(THEIRS), WISH), [OURS]),
    ],
    ids=str,
)
def test_what_is_done_already_is_not_written(change: Change, there: list[Fields]) -> None:
    assert prepared(change, entries(*there), OPTIONS) == Done(change)


@pytest.mark.parametrize(
    ("change", "after", "done"),
    [
        (Create(WISH), [OURS], True),
        (Create(WISH), [IDLE], True),
        (Create(WISH), [THEIRS], False),
        (Create(WISH), [], False),
        (Replace(read(OLD), WISH), [OURS], True),
        (Replace(read(HOLE), WISH), [HOLE], False),
        (Replace(read(FAR_ONE), WISH), [FAR_ONE, {**OURS, ".id": "*9"}], False),
        (Replace(read(OLD), WISH), [OLD], False),
        (Delete(read(OLD)), [], True),
        (Delete(read(OLD)), [OLD], False),
        (Adopt(read(THEIRS), WISH), [{**OURS, ".id": "*2"}], True),
    ],
    ids=str,
)
@pytest.mark.parametrize("told", [None, Refusal("no", "slower")])
def test_what_counts_is_what_is_there(
    change: Change, after: list[Fields], told: Refusal | None, *, done: bool
) -> None:
    outcome = judged(change, entries(*after), OPTIONS, told)

    words, retry = told or ("RouterOS took it, but does not have it", "worth it")
    assert outcome == (Done(change) if done else Failed(change, words, retry))


CURL = "curl --silent --show-error --fail-with-body --request"
JSON = """--header 'Content-Type: application/json' --data '{"gateway":"10.240.0.30"}'"""
PIPE = r"""printf 'user = "podroute:%s"\n' "$(cat /p)" | """


@pytest.mark.parametrize(
    ("change", "there", "line"),
    [
        (Delete(read(OLD)), [OLD], f"{PIPE}{CURL} DELETE 'https://r/rest/ip/route/*1' --config -"),
        (
            Replace(read(OLD), WISH),
            [OLD],
            f"{PIPE}{CURL} PATCH 'https://r/rest/ip/route/*1' {JSON} --config -",
        ),
        (Delete(read(OLD)), [], "true"),
    ],
    ids=str,
)
def test_what_a_person_types(change: Change, there: list[Fields], line: str) -> None:
    assert by_hand(prepared(change, entries(*there), OPTIONS), OPTIONS) == line


def test_two_requests_are_one_line_and_what_cannot_be_is_false() -> None:
    both = by_hand(prepared(Replace(read(HOLE), WISH), entries(HOLE), OPTIONS), OPTIONS)
    never = by_hand(prepared(Delete(read(THEIRS)), entries(THEIRS), OPTIONS), OPTIONS)

    assert [one.split("--request ")[1].split()[0] for one in both.split(" && ")] == [
        "DELETE",
        "PUT",
    ]
    assert never.startswith("false '/ip/route *2 ")


NO_RIGHT = b'{"error":500,"message":"Internal Server Error","detail":"not enough permissions (9)"}'


@pytest.mark.parametrize(
    ("call", "status", "content", "words", "retry"),
    [
        ("GET /a", 401, b'{"error":401,"message":"Unauthorized"}', "password in /p", "pointless"),
        ("GET /a", 403, b"{}", "no reason given (HTTP 403); the group of user", "pointless"),
        ("PUT /a", 500, NO_RIGHT, "the policies read, write and rest-api", "pointless"),
        ("GET /a", 404, b"<html>\x1b", r"<html>\x1b (HTTP 404); is it RouterOS 7.1", "pointless"),
        ("GET /a", 500, b"{}", "https://r: GET /a: no reason given (HTTP 500)", "worth it"),
        ("PUT /a", 503, b"{}", "(HTTP 503)", "slower"),
        (
            "PUT /a",
            400,
            b'{"message":"Bad Request","detail":"failure: x"}',
            "Bad Request: failure: x (HTTP 400)",
            "pointless",
        ),
        ("PATCH /a", 404, b'{"message":"Not Found"}', "Not Found (HTTP 404)", "worth it"),
    ],
)
def test_a_refusal_says_what_to_do(
    call: str, status: int, content: bytes, words: str, retry: str
) -> None:
    told = refusal(call, status, content, OPTIONS)

    assert words in told.words
    assert told.retry == retry
    assert not is_accepted(status)
    assert is_accepted(201)
