"""Behaviours 63 to 74: which routes are ours, and what a reconciliation sends.

After TestIsResponsibleForRoute and TestReconcile of kubernetes/cloud-provider,
controllers/route/route_controller_test.go; the addresses are those there.
"""

from dataclasses import replace

import pytest

from podroute.model.node import Node
from podroute.model.route import InstalledRoute, Kind
from podroute.routing.facts import Disproven, Proven, Stopped
from tests.builders import installed, node, pool, rules
from tests.unit.route_ledgers import Run

N1, N2 = "192.168.0.1", "192.168.0.2"
V4 = rules(pool("10.120.0.0/16", 24))
DUAL = rules(pool("10.120.0.0/16", 24), pool("a00:100::/24", 88))

RESPONSIBLE = [
    ("10.244.0.0/16", "10.244.0.0/24", True),
    ("10.244.0.0/16", "10.244.10.0/24", True),
    ("10.244.0.0/16", "10.244.255.0/24", True),
    ("10.244.0.0/14", "10.244.0.0/24", True),
    ("10.244.0.0/14", "10.247.255.0/24", True),
    ("a00::/10", "a00:100::/24", True),
    ("10.244.0.0/16", "10.224.0.0/24", False),
    ("10.244.0.0/16", "10.0.10.0/24", False),
    ("10.244.0.0/16", "10.255.255.0/24", False),
    ("10.244.0.0/14", "10.248.0.0/24", False),
    ("10.244.0.0/14", "10.243.255.0/24", False),
    ("a00::/10", "b00:100::/24", False),
]


@pytest.mark.parametrize(("cluster", "destination", "inside"), RESPONSIBLE)
def test_63_which_routes_are_ours(cluster: str, destination: str, *, inside: bool) -> None:
    """TestIsResponsibleForRoute.

    Upstream owns every route inside the cluster CIDR. Here a mark decides: what is ours goes, be
    it inside or not, and what is foreign stays and is shown where it is inside.
    """
    family = pool(cluster, 24)
    served = node("n", "fd00::1" if ":" in cluster else N1, str(family.block(5)))
    via = "fd00::9" if ":" in cluster else "192.168.0.9"
    foreign = installed(destination, via, "foreign")
    run = Run([served], [foreign], rules(family)).start()
    run.settle()

    assert foreign in run.table
    assert run.lines[destination] != [] if inside else not run.lines[destination]
    run = Run([served], [installed(destination, via)], rules(family)).start()
    assert [one[:1] for one in run.settle()] == ["+", "-"]
    assert len(run.table) == 1


def test_63_a_route_that_contains_the_cluster_is_not_ours() -> None:
    """Upstream says yes: a route to 10.0.0.0/8 would go with the Node that it leads to."""
    default = installed("10.0.0.0/8", N1, "foreign")
    run = Run([node("n", N1, "10.120.0.0/24")], [default], V4).start()

    assert run.settle() == [f"+ 10.120.0.0/24 via {N1}"]
    assert default in run.table


def two(*, dual: bool = False) -> list[Node]:
    if dual:
        return [
            node("node-1", f"{N1} fd00::1", "10.120.0.0/24", "a00:100::/88"),
            node("node-2", f"{N2} fd00::2", "10.120.1.0/24", "a00:100:0:0:0:100::/88"),
        ]
    return [node("node-1", N1, "10.120.0.0/24"), node("node-2", N2, "10.120.1.0/24")]


def theirs(nodes: list[Node]) -> list[InstalledRoute]:
    return [
        installed(str(cidr), str(ip))
        for one in nodes
        for cidr, ip in zip(one.pod_cidrs, one.internal_ips, strict=True)
    ]


def reconciled(nodes: list[Node], routes: list[InstalledRoute]) -> Run:
    return Run(nodes, routes, DUAL if len(nodes[0].pod_cidrs) > 1 else V4).start()


BOTH = [f"+ 10.120.0.0/24 via {N1}", f"+ 10.120.1.0/24 via {N2}"]


@pytest.mark.parametrize("dual", [False, True])
def test_64_nothing_there(*, dual: bool) -> None:
    nodes = two(dual=dual)
    run = reconciled(nodes, [])

    sent = run.settle()

    assert sent[:2] == BOTH
    assert len(sent) == (4 if dual else 2)
    assert {one.destination for one in run.table} == {
        cidr for one in nodes for cidr in one.pod_cidrs
    }


@pytest.mark.parametrize("dual", [False, True])
def test_65_all_there_costs_no_call(*, dual: bool) -> None:
    nodes = two(dual=dual)
    run = reconciled(nodes, theirs(nodes))

    assert run.sent() == []
    assert run.ledger.next_moment() == float("inf")


@pytest.mark.parametrize("dual", [False, True])
@pytest.mark.parametrize("kept", range(2))
def test_66_some_there(kept: int, *, dual: bool) -> None:
    nodes = two(dual=dual)
    there = theirs(nodes)[kept]
    run = reconciled(nodes, [there])

    sent = run.settle()

    assert len(sent) == (3 if dual else 1)
    assert not any(f" {there.destination} " in one for one in sent)
    assert there in run.table


def test_67_swapped_targets() -> None:
    run = reconciled(two(), [installed("10.120.0.0/24", N2), installed("10.120.1.0/24", N1)])

    assert run.settle() == [
        f"~ 10.120.0.0/24 via {N1}, was {N2}",
        f"~ 10.120.1.0/24 via {N2}, was {N1}",
    ]


def test_68_surplus_of_vanished_nodes() -> None:
    gone = installed("10.120.2.0/24", "192.168.0.3")
    run = reconciled(two(), [*theirs(two()), gone])

    assert run.settle() == ["- 10.120.2.0/24 via 192.168.0.3"]


def test_69_one_stale_and_one_missing() -> None:
    stale = installed("10.120.2.0/24", "192.168.0.3")
    run = reconciled(two(), [theirs(two())[0], stale])

    assert run.settle() == [BOTH[1], "- 10.120.2.0/24 via 192.168.0.3"]


@pytest.mark.parametrize("dual", [False, True])
@pytest.mark.parametrize("recorded", ["", "192.168.0.77"])
def test_70_another_next_hop_or_none(recorded: str, *, dual: bool) -> None:
    """TestReconcile, "routes without / with other EnabledNodeAddresses"."""
    nodes = two(dual=dual)
    right = theirs(nodes)
    kind: Kind = "unicast" if recorded else "link"
    wrong = installed("10.120.0.0/24", recorded, kind=kind)
    run = reconciled(nodes, [wrong, *right[1:]])

    assert run.settle() == [f"~ 10.120.0.0/24 via {N1}, was {recorded or kind}"]


def test_71_a_node_without_a_pod_cidr() -> None:
    run = reconciled([*two(), node("node-3", "192.168.0.3")], [])

    assert run.settle() == BOTH
    assert run.state("node/node-3") == "Pending: no podCIDR yet"


def test_72_blackholes_inside_and_outside() -> None:
    """Ours inside the cluster CIDR goes; another's stays, wherever it is."""
    inside = installed("10.120.7.0/24", kind="blackhole")
    outside = installed("10.1.2.0/24", ownership="foreign", kind="blackhole")
    run = reconciled(two(), [*theirs(two()), inside, outside])

    assert run.settle() == ["- 10.120.7.0/24 via blackhole"]
    assert outside in run.table


def test_73_one_node_that_lists_a_block_twice() -> None:
    """An error for that Node, and all is done for the others."""
    twice = node("node-1", N1, "10.120.0.0/24", "10.120.0.0/24")
    run = reconciled([twice, two()[1]], [])

    assert run.settle() == BOTH
    (told,) = (one for one in run.facts if isinstance(one, Stopped))
    assert told.step.reason == "10.120.0.0/24 overlaps 10.120.0.0/24 of node-1"
    assert len(run.conditions()) == 2


def test_74_what_is_noticed_names_the_uid() -> None:
    """An Event names apiVersion, kind, name and UID: see ``test_kube_events``."""
    first, second = two()
    run = reconciled([first, replace(second, pod_cidrs=first.pod_cidrs)], [])
    changes = run.take()
    run.fail(changes)
    run.wait(10)
    run.carry(run.take())
    run.read()

    uids = [one.uid for one in run.facts if isinstance(one, Proven | Disproven | Stopped)]
    assert set(uids) == {first.uid, second.uid}
    assert {type(one) for one in run.facts} == {Proven, Disproven, Stopped}
