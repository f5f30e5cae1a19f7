"""Which lines carry out a change at VyOS, and what has become of it?"""

import json
from typing import TypeAlias

import pytest

from podroute.model.route import InstalledRoute
from podroute.providers.vyos.changes import Entries, Line, Lines, body_of, by_hand, judged, prepared
from podroute.providers.vyos.refusals import Refusal, refusal
from podroute.providers.vyos.settings import VyosOptions
from podroute.providers.vyos.translate import route_table
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace
from tests.builders import route
from tests.unit.vyos_nodes import DESTINATION, HOP, MARK, Tree, answers

There: TypeAlias = Tree | None

OPTIONS = VyosOptions("https://r", key_file="/k")
RED = VyosOptions("https://r", key_env="K", vrf="red", distance=7)
WISH = route(DESTINATION, HOP, 'worker-0"}]; reboot now')
WISH_6 = route("fd00:10:200::/64", "fd00:10:240::30", "$(reboot)")
MARKED: Tree = {"description": MARK}
OURS: Tree = {**MARKED, "next-hop": {HOP: {}}}
OLD: Tree = {**MARKED, "next-hop": {"10.240.0.31": {"distance": "3"}}}
FAR: Tree = {**MARKED, "next-hop": {HOP: {"distance": "9", "interface": "eth0"}}}
HOLE: Tree = {**MARKED, "blackhole": {"tag": "7", "distance": "2"}}
BOTH: Tree = {**MARKED, "next-hop": {HOP: {}, "10.240.0.31": {}}, "interface": {"eth0": {}}}
THEIRS: Tree = {"description": "by hand", "next-hop": {HOP: {"distance": "9"}}}
BARE: Tree = {"next-hop": {HOP: {}}}

IN_RED = "vrf name red protocols static route6 fd00:10:200::/64"
PLACE = f"protocols static route {DESTINATION}"
SET = f"set {PLACE} next-hop {HOP}"


def entries(node: There) -> Entries:
    return Entries(answers(node).entries)


def read(node: Tree, options: VyosOptions = OPTIONS) -> InstalledRoute:
    return route_table(answers(node), options).routes[0]


def said(plan: Lines | Outcome) -> list[str]:
    assert isinstance(plan, tuple)
    return [f"{line.op} {' '.join(line.path)}" for line in plan]


@pytest.mark.parametrize(
    ("change", "options", "lines"),
    [
        (Create(WISH), OPTIONS, [SET, f"set {PLACE} description {MARK}"]),
        (
            Create(WISH_6),
            RED,
            [
                f"set {IN_RED} next-hop fd00:10:240::30 distance 7",
                f"set {IN_RED} description {MARK}",
            ],
        ),
    ],
    ids=str,
)
def test_a_wish_is_two_lines(change: Change, options: VyosOptions, lines: list[str]) -> None:
    """Whatever its Node is called."""
    assert said(prepared(change, entries(None), options)) == lines


@pytest.mark.parametrize(
    ("change", "there", "lines"),
    [
        (Replace(read(OLD), WISH), OLD, [f"delete {PLACE} next-hop 10.240.0.31", SET]),
        (
            Replace(read(FAR), WISH),
            FAR,
            [
                f"delete {PLACE} next-hop {HOP} distance 9",
                f"delete {PLACE} next-hop {HOP} interface eth0",
                SET,
            ],
        ),
        (Replace(read(HOLE), WISH), HOLE, [f"delete {PLACE} blackhole", SET]),
        (
            Replace(read(BOTH), WISH),
            BOTH,
            [f"delete {PLACE} interface eth0", f"delete {PLACE} next-hop 10.240.0.31"],
        ),
        (Delete(read(OLD)), OLD, [f"delete {PLACE}"]),
        (
            Adopt(read(THEIRS), WISH),
            THEIRS,
            [
                f"delete {PLACE} next-hop {HOP} distance 9",
                SET,
                f"set {PLACE} description {MARK} by hand",
            ],
        ),
        (Adopt(read(BARE), WISH), BARE, [f"set {PLACE} description {MARK}"]),
    ],
    ids=str,
)
def test_the_lines_of_a_change(change: Change, there: Tree, lines: list[str]) -> None:
    assert said(prepared(change, entries(there), OPTIONS)) == lines


def test_another_distance_is_set_where_the_way_stays() -> None:
    near = VyosOptions("https://r", key_file="/k", distance=7)
    plans = [said(prepared(Replace(read(node), WISH), entries(node), near)) for node in (OURS, FAR)]

    assert plans == [
        [f"{SET} distance 7"],
        [
            f"delete {PLACE} next-hop {HOP} distance 9",
            f"delete {PLACE} next-hop {HOP} interface eth0",
            f"{SET} distance 7",
        ],
    ]


def test_a_word_is_a_word_whatever_is_in_it() -> None:
    lines = (Line("set", ("a", 'b"]}; c', "d e")),)

    assert json.loads(body_of(lines)) == [{"op": "set", "path": ["a", 'b"]}; c', "d e"]}]


@pytest.mark.parametrize(
    ("change", "there", "why"),
    [
        (Create(WISH), THEIRS, "description 'by hand' is in the way"),
        (Create(WISH), OLD, "next-hop 10.240.0.31 distance 3"),
        (Create(WISH), MARKED, "is in the way"),
        (Replace(read(OLD), WISH), None, "is no longer there"),
        (Replace(read(OLD), WISH), HOLE, "is no longer there"),
        (Replace(read(THEIRS), WISH), THEIRS, "is not ours"),
        (Delete(read(THEIRS)), THEIRS, "is not ours"),
        (Delete(read(OLD)), OURS, f"is no longer there, but route {DESTINATION} next-hop {HOP}"),
        (Adopt(read(THEIRS), WISH), None, "is no longer there"),
        (Create(route(DESTINATION, "fd00::1")), None, f"of another family than {DESTINATION}"),
        (Replace(read(OLD), route(DESTINATION, "fd00::1")), OLD, "fd00::1 is of another family"),
    ],
    ids=str,
)
def test_where_nothing_may_be_written(change: Change, there: There, why: str) -> None:
    outcome = prepared(change, entries(there), OPTIONS)

    assert isinstance(outcome, Failed)
    assert (outcome.step, outcome.retry) == (change, "pointless")
    assert why in outcome.reason


@pytest.mark.parametrize(
    ("change", "there"),
    [
        (Create(WISH), OURS),
        (Replace(read(OURS), WISH), OURS),
        (Replace(read(OLD), WISH), OURS),
        (Delete(read(OLD)), None),
        (Delete(read(OLD)), THEIRS),
        (Adopt(read(THEIRS), WISH), OURS),
    ],
    ids=str,
)
def test_what_is_done_already_is_not_written(change: Change, there: There) -> None:
    assert prepared(change, entries(there), OPTIONS) == Done(change)


@pytest.mark.parametrize(
    ("change", "after", "done"),
    [
        (Create(WISH), OURS, True),
        (Create(WISH), BARE, False),
        (Create(WISH), None, False),
        (Replace(read(OLD), WISH), OURS, True),
        (Replace(read(OLD), WISH), OLD, False),
        (Delete(read(OLD)), None, True),
        (Delete(read(OLD)), THEIRS, True),
        (Delete(read(OLD)), OLD, False),
        (Adopt(read(THEIRS), WISH), OURS, True),
    ],
    ids=str,
)
@pytest.mark.parametrize("told", [None, Refusal("no", "slower", 3.0)])
def test_what_counts_is_what_is_there(
    change: Change, after: There, told: Refusal | None, *, done: bool
) -> None:
    outcome = judged(change, entries(after), OPTIONS, told)

    failed = Failed(change, "VyOS took it, but does not have it", "worth it")
    if told:
        failed = Failed(change, "no", "slower", 3.0)
    assert outcome == (Done(change) if done else failed)


PIPE = """printf 'data-urlencode = "key=%s"\\n' "$(cat /k)" |"""
CURL = "curl --silent --show-error --fail-with-body --data-urlencode"
DELETED = '[{"op":"delete","path":["protocols","static","route","10.200.0.0/24"]}]'


@pytest.mark.parametrize(
    ("change", "there", "line"),
    [
        (
            Delete(read(OLD)),
            OLD,
            f"{PIPE} {CURL} 'data={DELETED}' https://r/configure --config -",
        ),
        (Delete(read(OLD)), None, "true"),
        (Delete(read(BARE)), BARE, f"false 'route {DESTINATION} next-hop {HOP} is not ours'"),
    ],
    ids=str,
)
def test_what_a_person_types(change: Change, there: There, line: str) -> None:
    assert by_hand(prepared(change, entries(there), OPTIONS), OPTIONS) == line


LOCKED = b'{"success":false,"error":"Configuration system temporarily locked due to another c"}'


@pytest.mark.parametrize(
    ("status", "content", "words", "told"),
    [
        (401, b"{}", "is the key in /k one of service https api keys?", ("pointless", 0, False)),
        (502, b"<h1>\x1b", r"<h1>\x1b (HTTP 502); is its API on?", ("worth it", 0, False)),
        (400, LOCKED, "somebody else commits; tried again", ("slower", 5, False)),
        (
            400,
            b'{"success":false,"error":"\\n\\n[[vrf]] failed\\nCommit failed\\n"}',
            "https://r: /configure: [[vrf]] failed Commit failed (HTTP 400)",
            ("worth it", 0, True),
        ),
        (500, b'{"success":false}', "no reason given (HTTP 500)", ("worth it", 0, False)),
    ],
)
def test_a_refusal_says_what_to_do(
    status: int, content: bytes, words: str, told: tuple[str, float, bool]
) -> None:
    found = refusal("/configure", status, content, OPTIONS)

    assert words in found.words
    assert (found.retry, found.after, found.parts) == told
