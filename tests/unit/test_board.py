"""The board between the loops that write and whoever looks."""

import asyncio

import msgspec
import pytest

from podroute.model.cidr import parse_address, parse_cidr
from podroute.observe.board import (
    KEPT,
    REMEMBERED,
    Board,
    Happening,
    RouteRecord,
    Standing,
    route_record,
    subject_of,
)
from podroute.routing.states import RouteState, State


def record(cidr: str | None, state: State = "InSync", node: str = "worker-0") -> RouteRecord:
    return RouteRecord(node, ("10.240.0.30",), cidr, "10.240.0.30", state, "ours", "")


def put(board: Board, *cidrs: str, state: State = "InSync") -> None:
    for cidr in cidrs:
        board.put(cidr, [record(cidr, state)])


def happening(words: str) -> Happening:
    return Happening(1_800_000_000.0, "created", "10.200.0.0/24", "worker-0", words, 0.02)


def test_a_record_is_the_line_of_the_table_in_its_order() -> None:
    state = RouteState(
        "worker-0", parse_cidr("10.200.0.0/24"), parse_address("10.240.0.30"), "InSync", "", "ours"
    )

    shown = msgspec.json.encode(route_record(state, [parse_address("10.240.0.30")])).decode()

    assert shown == (
        '{"node":"worker-0","internalIPs":["10.240.0.30"],"podCIDR":"10.200.0.0/24",'
        '"nextHop":"10.240.0.30","state":"InSync","owner":"ours","reason":""}'
    )


def test_what_is_not_there_is_null() -> None:
    waiting = RouteState("new", None, None, "Pending", "no podCIDR yet")

    made = route_record(waiting, [])

    assert (made.pod_cidr, made.next_hop, made.owner) == (None, None, None)
    assert subject_of(waiting) == "node/new"


def test_rows_are_ordered_as_the_table_orders_them() -> None:
    board = Board()
    put(board, "fd00:10:200::/64", "10.200.10.0/24", "10.200.9.0/24", "10.200.8.0/22")
    board.put("node/b", [record(None, "Pending", "b")])
    board.put("node/a", [record(None, "Pending", "a")])

    assert [one.pod_cidr or one.node for one in board.rows()] == [
        "10.200.8.0/22",
        "10.200.9.0/24",
        "10.200.10.0/24",
        "fd00:10:200::/64",
        "a",
        "b",
    ]
    assert list(board.lines())[-2:] == ["node/a", "node/b"]


def test_nothing_new_is_no_revision() -> None:
    board = Board()
    put(board, "10.200.0.0/24")
    board.stand(Standing(provider="linux"))
    before = board.revision

    put(board, "10.200.0.0/24")
    board.put("10.200.7.0/24", [])
    board.stand(Standing(provider="linux"))

    assert board.revision == before == 2


def test_counts_follow_each_change() -> None:
    board = Board()
    put(board, "10.200.0.0/24", "10.200.1.0/24")
    put(board, "10.200.1.0/24", state="Missing")
    board.put("10.200.0.0/24", [record("10.200.0.0/24"), record("10.200.0.0/24", "Stale")])
    board.put("10.200.1.0/24", [])

    assert {state: n for state, n in board.counts().items() if n} == {"InSync": 1, "Stale": 1}
    assert len(board.counts()) == 9


def test_a_delta_has_the_changed_subjects_as_they_are_now() -> None:
    board = Board()
    put(board, "10.200.0.0/24", "10.200.1.0/24")
    seen = board.revision
    put(board, "10.200.0.0/24", state="Missing")
    put(board, "10.200.0.0/24", state="InSync")
    board.put("10.200.1.0/24", [])
    board.happened(happening("first"))
    board.happened(happening("second"))

    delta = board.since(seen)

    assert delta is not None
    assert delta.revision == board.revision
    assert delta.subjects == {
        "10.200.0.0/24": (record("10.200.0.0/24"),),
        "10.200.1.0/24": (),
    }
    assert [one.words for one in delta.happenings] == ["first", "second"]
    assert delta.standing is None


def test_a_delta_has_the_standing_only_where_it_has_changed() -> None:
    board = Board()
    board.stand(Standing(leader="a"))
    seen = board.revision
    put(board, "10.200.0.0/24")
    before = board.since(seen)
    board.stand(Standing(leader="b"))
    after = board.since(seen)

    assert before is not None
    assert before.standing is None
    assert after is not None
    assert after.standing == Standing(leader="b")


def test_what_is_too_long_ago_or_of_another_board_needs_a_snapshot() -> None:
    board = Board()
    for number in range(REMEMBERED + 1):
        board.put("10.200.0.0/24", [record("10.200.0.0/24", node=f"n{number}")])

    assert board.since(0) is None
    kept = board.since(1)
    assert kept is not None
    assert len(kept.subjects) == 1
    assert board.since(board.revision + 1) is None
    assert board.since(-1) is None


def test_the_timeline_keeps_the_last_of_them() -> None:
    board = Board()
    for number in range(KEPT + 5):
        board.happened(happening(str(number)))

    assert [one.words for one in board.timeline()] == [str(n) for n in range(5, KEPT + 5)]


async def test_everybody_who_waits_is_woken() -> None:
    board = Board()
    put(board, "10.200.0.0/24")
    await board.wait(0)
    waiters = [asyncio.create_task(board.wait(1)) for _ in range(3)]
    await asyncio.sleep(0)
    assert not any(one.done() for one in waiters)

    put(board, "10.200.1.0/24")

    async with asyncio.timeout(5):
        await asyncio.gather(*waiters)


@pytest.mark.parametrize("subject", ["10.200.0.0", "worker-0"])
def test_a_subject_is_a_destination_or_a_node(subject: str) -> None:
    with pytest.raises(ValueError, match="has no mask"):
        Board().put(subject, [record(None)])
