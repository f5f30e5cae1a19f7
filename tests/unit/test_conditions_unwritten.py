"""Why conditions of Nodes are not written: told once, however many Nodes and tries there are."""

import pytest

from podroute.kube.patch_answers import Applied, Denied, PatchAnswer
from podroute.model.node import NodeName, NodeUid
from podroute.routing.conditions import AVAILABLE, ConditionWrite
from tests.builders import node, roster
from tests.unit.played_router import World
from tests.unit.test_route_reports import world

RBAC = "User podroute cannot patch resource nodes/status at the cluster scope"
POLICY = "ValidatingAdmissionPolicy 'conditions' denied request: ask the team of"


def denied(name: str, why: str) -> Denied:
    """As the API server says it, which names the Node."""
    return Denied(f'HTTP 403: nodes "{name}" is forbidden: {why}')


def wrote(told: World, name: str, answer: PatchAnswer) -> None:
    write = ConditionWrite(NodeName(name), NodeUid(f"uid-{name}"), AVAILABLE, turns=True)
    told.cluster_reports.wrote(write, answer)


def warned(told: World) -> list[str]:
    lines = told.log.getvalue().splitlines()
    return [one.partition(" node=")[2] for one in lines if "level=warning" in one]


def test_one_reason_for_many_nodes_is_one_line_and_counted_each_time() -> None:
    told = world()

    for _ in range(3):
        for name in ("worker-1", "worker-2", "a"):
            wrote(told, name, denied(name, RBAC))

    (line,) = warned(told)
    assert line.startswith("worker-1 ")
    assert RBAC in line
    (entry,) = told.board.timeline()
    assert (entry.kind, entry.node) == ("node", "worker-1")
    assert entry.words.startswith("condition not written: HTTP 403: ")
    assert told.metric('podroute_network_conditions_total{answer="denied"} 9.0')


def test_another_reason_is_told_also_where_it_names_the_node_in_its_own_words() -> None:
    told = world()

    for why in (RBAC, POLICY):
        for name in ("worker-1", "worker-2"):
            wrote(told, name, denied(name, f"{why} {name}."))

    first, second = warned(told)
    assert RBAC in first
    assert f"{POLICY} worker-1." in second


@pytest.mark.parametrize("end", ["written", "gone", "not listed"])
def test_the_same_reason_is_told_again_once_it_was_over(end: str) -> None:
    told = world()
    wrote(told, "worker-1", denied("worker-1", RBAC))

    if end == "written":
        wrote(told, "worker-1", Applied())
    elif end == "gone":
        told.cluster_reports.gone(node("worker-1"))
    else:
        told.cluster_reports.listed(roster(node("worker-2")), rewound=False)
    wrote(told, "worker-2", denied("worker-2", RBAC))

    assert len(warned(told)) == 2


def test_what_holds_for_another_node_still_is_not_told_again() -> None:
    told = world()
    for name in ("worker-1", "worker-2"):
        wrote(told, name, denied(name, RBAC))

    wrote(told, "worker-1", Applied())
    told.cluster_reports.listed(roster(node("worker-1"), node("worker-2")), rewound=False)
    wrote(told, "worker-1", denied("worker-1", RBAC))

    assert len(warned(told)) == 1
