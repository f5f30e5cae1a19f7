"""Several routers in one controller: each is its own target, and a Node has one condition."""

import asyncio
from collections.abc import Sequence

import pytest

from podroute.kube.node_events import Removed
from podroute.model.route import Quota
from podroute.routing.conditions import AVAILABLE, FAILED, ConditionWrite
from tests.builders import installed, node
from tests.unit.played_pair import NAMES, running_pair
from tests.unit.played_router import Api, Router, listed, refusing
from tests.waiting import until

A = node("a", "10.240.0.30", "10.200.0.0/24")
B = node("b", "10.240.0.31", "10.200.1.0/24")
ROUTE_A = "+ 10.200.0.0/24 via 10.240.0.30"
GONE_A = "- 10.200.0.0/24 via 10.240.0.30"
STALE = [installed(f"10.200.{number}.0/24", "10.240.0.99") for number in range(20, 30)]


def told(written: Sequence[ConditionWrite]) -> list[str]:
    return [f"{one.node} {one.condition.status} {one.condition.message}" for one in written]


async def test_each_gets_all_routes_and_the_node_is_told_once() -> None:
    api, left, right = Api(listed(A)), Router(), Router()
    async with running_pair(api, left, right) as pair:
        await until(lambda: api.written)
        await until(lambda: pair.states() == [f"10.200.0.0/24 {one} InSync" for one in NAMES])
    assert left.sent() == right.sent() == [ROUTE_A]
    assert told(api.written) == [f"a False {AVAILABLE.message}"]
    created = "a uid-a Normal RouteCreated: router {}: 10.200.0.0/24: via 10.240.0.30"
    assert sorted(pair.events) == sorted(map(created.format, NAMES))
    assert sorted(one.words for one in pair.board.timeline() if one.kind == "created") == [
        f"{one}: via 10.240.0.30" for one in NAMES
    ]
    assert "router=left" in pair.log.getvalue()


@pytest.mark.parametrize("needed", [1, 2], ids=["any", "all"])
async def test_one_that_is_down_holds_up_no_route_of_the_other(needed: int) -> None:
    api, left, right = Api(listed(A)), Router(), Router()
    right.down = "no route to host"
    async with running_pair(api, left, right, needed=needed) as pair:
        await until(lambda: pair.states() == ["10.200.0.0/24 left InSync"])
        await until(lambda: pair.board.standing.unreached == "right: no route to host")
        assert pair.loops["left"].fault == ""
        assert pair.loops["right"].fault == "no route to host"
        await until(lambda: len(api.written) == (needed == 1))
        right.down = ""
        await until(lambda: right.sent() == [ROUTE_A])
        await until(lambda: api.written)
    assert told(api.written) == [f"a False {AVAILABLE.message}"]
    assert left.sent() == [ROUTE_A]


def removed(router: Router) -> bool:
    return GONE_A in router.sent()


async def test_a_removal_at_the_living_one_does_not_wait_for_the_other() -> None:
    api, left, right = Api(listed(A, B)), Router(), Router()
    async with running_pair(api, left, right) as pair:
        await until(lambda: [one.rsplit(maxsplit=1)[1] for one in pair.states()] == ["InSync"] * 4)
        right.down = "no route to host"
        await until(lambda: pair.loops["right"].fault)
        api.news.put_nowait(Removed(A))
        await until(lambda: removed(left))
        assert not removed(right)
        right.down = ""
        await until(lambda: removed(right))
        await until(lambda: len(pair.states()) == 2)


async def test_one_that_does_not_answer_holds_up_nobody() -> None:
    api, left, right = Api(listed(A, B)), Router(), Router()
    right.hold = asyncio.Event()
    async with running_pair(api, left, right) as pair:
        await until(lambda: ROUTE_A in left.sent() and right.calls)
        api.news.put_nowait(Removed(A))
        await until(lambda: removed(left))
        assert not removed(right)
        right.hold.set()
        await until(lambda: len(pair.states()) == 2)


@pytest.mark.parametrize(
    ("needed", "words"),
    [
        (2, f"a True {FAILED}: at right: 10.200.0.0/24: refused"),
        (1, f"a False {AVAILABLE.message}, but not at right"),
    ],
)
async def test_who_refuses_the_route_is_named_on_the_node(needed: int, words: str) -> None:
    api, left, right = Api(listed(A)), Router(), Router()
    right.answer = refusing("refused", times=1000)
    async with running_pair(api, left, right, needed=needed):
        await until(lambda: words in told(api.written))


async def test_a_word_lets_pass_what_one_of_them_holds_back() -> None:
    api = Api(listed(A, B))
    left, right = Router(STALE), Router(STALE[:1])
    async with running_pair(api, left, right) as pair:
        await until(lambda: pair.kept["left"].held_back)
        await until(lambda: len(right.sent()) == 3)
        assert pair.kept["right"].held_back == ""
        assert pair.board.standing.held is not None
        assert pair.board.standing.held.reason.startswith("left: ")
        assert "--only-router left" in pair.board.standing.held.next
        pair.keeping.confirm(pair.kept["left"].held_back)
        await until(lambda: len(left.sent()) == len(STALE) + 2)
        await until(lambda: pair.board.standing.held is None)


async def test_what_a_page_shows_says_which_router_it_is_of() -> None:
    api, left, right = Api(listed(A, node("c"))), Router(), Router()
    left.quota, right.quota = Quota(1, 50), Quota(1, 20)
    async with running_pair(api, left, right) as pair:
        await until(lambda: pair.board.standing.quota == right.quota)
        await until(
            lambda: (
                pair.states() == ["10.200.0.0/24 left InSync", "10.200.0.0/24 right InSync"]
                or len(pair.board.rows()) == 3
            )
        )
        await until(lambda: pair.board.standing.read)
        names = [(one.name, one.quota) for one in pair.board.standing.routers]
        await until(
            lambda: pair.metric(
                'podroute_routes{provider="played",router="right",state="InSync"} 1.0'
            )
        )
        written = 'podroute_network_conditions_total{answer="applied"} 1.0'
        await until(lambda: pair.metric(written))
    assert names == [("left", left.quota), ("right", right.quota)]
    (waiting,) = pair.board.of("node/c")
    assert waiting.state == "Pending"
    assert not waiting.router
