"""What the route loop tells people: each fact once to the log, the metrics, the board, an Event."""

from dataclasses import replace
from time import monotonic

import pytest

from podroute.controllers.election import Claim, Term
from podroute.kube.patch_answers import Applied, PatchAnswer, Refused
from podroute.model.node import NodeName, NodeUid, Unreadable
from podroute.model.route import Quota
from podroute.providers.interface import ProviderUnreachable
from podroute.routing.conditions import AVAILABLE, ConditionWrite
from podroute.routing.facts import (
    Disproven,
    Fact,
    Filling,
    HeldBack,
    Look,
    Proven,
    Stopped,
    Strayed,
)
from podroute.routing.guardrails import Verdict
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.states import RouteState
from podroute.routing.steps import Adopt, Blocked, Change, Create, Delete, Replace
from tests.builders import installed, node, roster, route, table
from tests.unit.played_router import QUICK, Api, Router, World, listed

WISH = route("10.200.0.0/24", "10.240.0.30", "a")
WAS = installed("10.200.0.0/24", "10.240.0.9")
FOREIGN = installed("10.200.0.0/24", "10.240.0.30", "foreign")
UID, NOBODY = NodeUid("uid-a"), NodeUid("")
CREATE = Create(WISH)


def world() -> World:
    term = Term(Claim("fresh", 0), monotonic(), endless=True)
    return World(Api(listed()), Router(), term, QUICK)


def timeline(told: World) -> list[str]:
    return [f"{one.kind} {one.subject} {one.node}: {one.words}" for one in told.board.timeline()]


DONE: list[tuple[Change, NodeUid, str, str]] = [
    (
        CREATE,
        UID,
        "a uid-a Normal RouteCreated: 10.200.0.0/24: via 10.240.0.30",
        "created 10.200.0.0/24 a: via 10.240.0.30",
    ),
    (
        Replace(WAS, WISH),
        UID,
        f"a uid-a Normal RouteReplaced: 10.200.0.0/24: via 10.240.0.30, was {WAS.handle}",
        f"replaced 10.200.0.0/24 a: via 10.240.0.30, was {WAS.handle}",
    ),
    (
        Adopt(FOREIGN, WISH),
        UID,
        "a uid-a Normal RouteAdopted: 10.200.0.0/24: via 10.240.0.30",
        "adopted 10.200.0.0/24 a: via 10.240.0.30",
    ),
    (
        Delete(WAS),
        NOBODY,
        f"lease Normal RouteDeleted: 10.200.0.0/24: no Node needs it: {WAS.handle}",
        f"deleted 10.200.0.0/24 : no Node needs it: {WAS.handle}",
    ),
    (
        Delete(WAS, NodeName("a")),
        UID,
        f"a uid-a Normal RouteDeleted: 10.200.0.0/24: another route is enough: {WAS.handle}",
        f"deleted 10.200.0.0/24 a: another route is enough: {WAS.handle}",
    ),
]


@pytest.mark.parametrize(("change", "uid", "event", "happening"), DONE)
def test_a_change_that_is_proven(change: Change, uid: NodeUid, event: str, happening: str) -> None:
    told = world()

    told.reports.tell([Proven(change, 0.25, uid)])

    assert told.events == [event]
    assert timeline(told) == [happening]
    assert told.board.timeline()[0].seconds == 0.25
    assert "seconds=0.25" in told.log.getvalue()
    assert told.metric('podroute_route_convergence_seconds_count{provider="played"} 1.0')


@pytest.mark.parametrize(
    ("change", "uid", "event"),
    [
        (CREATE, UID, "a uid-a Warning FailedToCreateRoute: create of the route to"),
        (Replace(WAS, WISH), UID, "a uid-a Warning FailedToCreateRoute: replace of the route to"),
        (Adopt(FOREIGN, WISH), UID, "a uid-a Warning FailedToCreateRoute: adopt of the route to"),
        (Delete(WAS), NOBODY, "lease Warning FailedToCreateRoute: delete of the route to"),
    ],
)
def test_a_change_that_has_failed_is_told_once_and_counted_each_time(
    change: Change, uid: NodeUid, event: str
) -> None:
    told = world()

    for again in (False, True, True):
        told.reports.tell([Disproven(Failed(change, "busy", "worth it"), again=again, uid=uid)])

    assert told.events == [f"{event} 10.200.0.0/24: busy"] * 3  # the recorder counts them
    assert told.log.getvalue().count("failed") == 1
    assert len(timeline(told)) == 1
    assert told.metric('workqueue_retries_total{name="Routes"} 3.0')


def stopped(holder: str, holder_uid: str = "", name: str = "a") -> Stopped:
    remedy = "" if holder == "quota" else "do this"
    step = Blocked(NodeName(name), WISH.destination, WISH.next_hop, holder, "why", remedy)
    return Stopped(step, UID, NodeUid(holder_uid))


@pytest.mark.parametrize(
    ("fact", "kind", "events"),
    [
        (
            stopped("10.200.0.0/24 via 10.240.0.9"),
            "foreign",
            ["a uid-a Warning ForeignRoute: no route to 10.200.0.0/24: why: do this"],
        ),
        (
            stopped("address plan"),
            "refused",
            ["a uid-a Warning PodCIDRRefused: no route to 10.200.0.0/24: why: do this"],
        ),
        (
            stopped("quota"),
            "quota",
            ["a uid-a Warning FailedToCreateRoute: no route to 10.200.0.0/24: why"],
        ),
        (
            stopped("b", "uid-b"),
            "duplicate",
            [
                "a uid-a Warning DuplicatePodCIDR: no route to 10.200.0.0/24: why: do this",
                "b uid-b Warning DuplicatePodCIDR: a claims what this Node has: why: do this",
            ],
        ),
        (
            stopped("a", "uid-a"),
            "duplicate",
            ["a uid-a Warning DuplicatePodCIDR: no route to 10.200.0.0/24: why: do this"],
        ),
    ],
)
def test_a_wish_that_is_stopped_is_told_at_the_nodes_concerned(
    fact: Fact, kind: str, events: list[str]
) -> None:
    told = world()

    told.reports.tell([fact])

    assert told.events == events
    assert timeline(told) == [f"{kind} 10.200.0.0/24 a: why"]


def test_drift_is_told() -> None:
    told = world()
    state = RouteState("a", WISH.destination, WISH.next_hop, "Missing", "no such route")

    told.reports.tell([Strayed(state)])

    assert timeline(told) == ["drift 10.200.0.0/24 a: Missing: no such route"]
    assert told.events == []


def test_what_is_held_back_is_told_with_the_next_command() -> None:
    told = world()
    verdict = Verdict((), (Delete(WAS),), "the Node list is empty", "1a2b3c4d", "no Nodes")

    told.reports.tell([HeldBack(verdict)])
    held = told.board.standing.held
    assert held is not None
    assert (held.count, held.reason, held.confirmation) == (1, verdict.reason, "1a2b3c4d")
    (event,) = told.events
    assert event == (
        "lease Warning DeletesHeld: the Node list is empty; if that is right: "
        "podroute apply --confirm 1a2b3c4d"
    )
    told.reports.tell([HeldBack(Verdict(()))])

    assert told.board.standing.held is None
    assert "nothing is held back any more" in told.log.getvalue()


def test_a_router_that_fills_up_is_told() -> None:
    told = world()

    told.reports.tell([Filling(Quota(4, 5))])

    (event,) = told.events
    assert event == (
        "lease Warning RouteQuotaNear: the router has 4 of the 5 routes that it takes: "
        "raise its quota"
    )
    assert timeline(told) == ["quota  : the router has 4 of the 5 routes that it takes"]


def test_nodes_that_cannot_be_read_are_told_once_for_each_reason() -> None:
    told = world()
    spoilt = Unreadable("x", "spoilt")

    told.cluster_reports.listed(roster(spoilt), rewound=False)
    told.cluster_reports.listed(roster(spoilt, node("a")), rewound=True)
    told.cluster_reports.listed(roster(replace(spoilt, reason="worse")), rewound=False)

    log = told.log.getvalue()
    assert log.count("a Node cannot be read") == 2
    assert log.count("gone back in time") == 1
    assert log.count("listed for routes") == 3


@pytest.mark.parametrize(("after", "code"), [(0.0, "unreachable"), (3.0, "throttled")])
def test_a_router_that_is_not_reached_is_told_until_it_answers(after: float, code: str) -> None:
    told = world()

    for _ in range(3):
        told.reports.unreached("apply", ProviderUnreachable("no route to host", after))
    told.reports.read(table(own="10.240.0.1 fd00::1"), [])
    told.reports.read(table(own="10.240.0.1 fd00::1"), [])

    log = told.log.getvalue()
    assert log.count("the router is not reached, and keeps what it has") == 1
    assert log.count("the router answers again") == 1
    assert timeline(told) == [
        "read  : the router is not reached, and keeps what it has: no route to host",
        "read  : the router answers again",
    ]
    line = f'podroute_provider_requests_total{{code="{code}",method="apply",provider="played"}} 3.0'
    assert told.metric(line)
    assert (told.board.standing.read, len(told.board.standing.own_addresses)) == (1000.0, 2)


def test_each_step_is_timed_with_what_became_of_it() -> None:
    told = world()
    outcomes: list[Outcome] = [
        Done(CREATE),
        Failed(Delete(WAS), "no", "worth it"),
        Failed(Replace(WAS, WISH), "HTTP 429", "slower", 1.0),
    ]

    told.reports.applied(outcomes, [], 0.3)

    for op, result in (("create", "done"), ("delete", "failed"), ("replace", "throttled")):
        labels = f'op="{op}",provider="played",result="{result}"'
        assert told.metric(f"podroute_route_operation_duration_seconds_count{{{labels}}} 1.0")


@pytest.mark.parametrize(
    ("answer", "name", "level"),
    [(Applied(), "applied", "debug"), (Refused("HTTP 404"), "refused", "warning")],
)
def test_a_condition_is_counted_by_its_answer(answer: PatchAnswer, name: str, level: str) -> None:
    told = world()

    told.cluster_reports.wrote(ConditionWrite(NodeName("a"), UID, AVAILABLE, turns=True), answer)

    assert told.metric(f'podroute_network_conditions_total{{answer="{name}"}} 1.0')
    assert ("condition not written" in told.log.getvalue()) is (level == "warning")


def test_after_a_look_at_everything_the_board_shows_nothing_else() -> None:
    told = world()
    state = RouteState("a", WISH.destination, WISH.next_hop, "InSync", "", "ours")
    told.reports.looked(Look({"10.200.0.0/24": [state], "node/w": []}), told.ledger, "periodic", 0)
    assert told.states() == ["10.200.0.0/24 InSync"]

    told.reports.looked(Look({}, (), whole=True), told.ledger, "node_change", 0)

    assert told.states() == []
    line = 'route_controller_route_sync_total{outcome="noop",trigger="node_change"} 1.0'
    assert told.metric(line)
