"""What the route loop tells of Nodes, router and leader, and how it tells of many at once."""

from podroute.controllers.notices import FEW
from podroute.model.node import NodeName, NodeUid, Unreadable
from podroute.routing.facts import Proven, Stopped, Strayed
from podroute.routing.states import RouteState
from podroute.routing.steps import Blocked, Create, Delete, Replace
from tests.builders import installed, node, roster, route, unreadable
from tests.unit.test_route_reports import UID, WISH, timeline, world


def test_a_node_that_cannot_be_read_has_an_event_and_its_end_is_told_too() -> None:
    told = world()
    spoilt = Unreadable("x", "status.addresses[0]: 'x' is no address", uid=NodeUid("uid-x"))

    told.cluster_reports.seen(spoilt)
    told.cluster_reports.seen(spoilt)
    told.cluster_reports.seen(node("x"))
    told.cluster_reports.seen(node("x"))

    (event,) = told.events
    assert event == (
        "x uid-x Warning InvalidNode: it cannot be read: status.addresses[0]: 'x' is no address; "
        "its routes stay as they are"
    )
    assert timeline(told) == [
        "node  x: a Node cannot be read: status.addresses[0]: 'x' is no address",
        "node  x: a Node can be read again",
    ]
    assert "a Node can be read again" in told.log.getvalue()


def test_a_node_that_is_read_by_a_later_list_or_is_gone_is_forgotten() -> None:
    told = world()
    told.cluster_reports.listed(roster(unreadable("x"), unreadable("y")), rewound=False)

    told.cluster_reports.listed(roster(node("x")), rewound=False)
    told.cluster_reports.seen(node("y"))

    assert [one.words for one in told.board.timeline()] == [
        "a Node cannot be read: spoilt",
        "a Node cannot be read: spoilt",
        "a Node can be read again",
    ]


def test_an_api_server_that_is_away_is_in_the_timeline_once_and_when_it_is_back() -> None:
    told = world()
    for reason in ("refused", "refused", "no route"):
        told.cluster_reports.lost(reason)
    for _ in range(2):
        told.cluster_reports.listed(roster(), rewound=False)

    assert [f"{one.kind} {one.words}" for one in told.board.timeline()] == [
        "node the API server is not followed: refused",
        "node the API server is not followed: no route",
        "node the API server is followed again",
    ]


def test_who_leads_is_in_the_timeline() -> None:
    told = world()

    told.cluster_reports.led("host_1", leads=True)
    told.cluster_reports.led("host_1", leads=False)

    assert timeline(told) == ["leader  : host_1 leads", "leader  : host_1 leads no more"]


def test_a_router_that_is_not_heard_is_told_once_and_when_it_is_again() -> None:
    told = world()

    for _ in range(3):
        told.reports.deaf("no such socket")
    for _ in range(3):
        told.reports.heard()
    told.reports.deaf("no such socket")

    log = told.log.getvalue()
    assert log.count("the router's own changes are not heard") == 2
    assert log.count("the router's own changes are heard again") == 1
    assert [one.kind for one in told.board.timeline()] == ["read"] * 3


def strayed(number: int) -> Strayed:
    destination = route(f"10.{number >> 8}.{number & 255}.0/24", "10.240.0.30").destination
    return Strayed(RouteState(f"n{number}", destination, None, "Missing", "no such route"))


def test_a_flood_of_one_sort_is_one_line_and_pushes_nothing_out_of_the_timeline() -> None:
    told = world()
    told.cluster_reports.led("host_1", leads=True)
    flood = [strayed(number) for number in range(5000)]

    step = Blocked(NodeName("b"), WISH.destination, WISH.next_hop, "a", "why")
    told.reports.tell([*flood, Stopped(step, NodeUid("uid-b"), UID)])

    leads, drift, duplicate = told.board.timeline()
    assert (leads.kind, drift.kind, duplicate.kind) == ("leader", "drift", "duplicate")
    assert drift.words == (
        "5,000 at once, the first of them: 10.0.0.0/24 Missing: no such route; "
        "10.0.1.0/24 Missing: no such route; 10.0.2.0/24 Missing: no such route"
    )
    assert (drift.subject, drift.node) == ("", "")
    log = told.log.getvalue()
    assert log.count("event=drift") == 1
    assert "count=5000" in log


def test_changes_by_the_thousand_are_counted_each_and_told_with_the_longest() -> None:
    told = world()
    facts = [
        Proven(Create(route(f"10.200.{number}.0/24", "10.240.0.30", "a")), number / 10, UID)
        for number in range(50)
    ]

    told.reports.tell(facts)

    (entry,) = told.board.timeline()
    assert (entry.kind, entry.seconds) == ("created", 4.9)
    assert told.metric('podroute_route_convergence_seconds_count{provider="played"} 50.0')
    assert len(told.events) == 50


def test_each_removal_and_replacement_is_a_line_of_the_log_however_many_there_are() -> None:
    told = world()
    blocks = [f"10.200.{number}.0/24" for number in range(FEW + 1)]
    gone = [Proven(Delete(installed(one, "10.240.0.9")), 0.1, NodeUid("")) for one in blocks]
    moved = [
        Proven(Replace(installed(one, "10.240.0.9"), route(one, "10.240.0.30", "a")), 0.1, UID)
        for one in blocks
    ]

    told.reports.tell([*gone, *moved])

    assert [one.kind for one in told.board.timeline()] == ["deleted", "replaced"]
    log = told.log.getvalue()
    for one in blocks:
        assert log.count(f"destination={one}") == 2


def test_a_few_are_told_one_by_one() -> None:
    told = world()

    told.reports.tell([strayed(number) for number in range(FEW)])

    assert len(told.board.timeline()) == told.log.getvalue().count("event=drift") == FEW
