"""The known bugs of route controllers, one test each; the numbers are those of the design notes.

Each of them fails when the rule that excludes the bug is taken out.
"""

from dataclasses import replace

import msgspec
import pytest

from podroute.kube.nodes import NodeObject, parse_node
from podroute.model.condition import NetworkCondition
from podroute.routing.facts import Disproven, Stopped
from podroute.routing.outcome import Done
from podroute.routing.steps import Delete
from tests.builders import SEED_POOL, SEED_RULES, installed, node, rules
from tests.unit.route_ledgers import PERIOD, Run

A, B = node("a", "10.240.0.30", "10.200.0.0/24"), node("b", "10.240.0.31", "10.200.1.0/24")
OF_A, OF_B = installed("10.200.0.0/24", "10.240.0.30"), installed("10.200.1.0/24", "10.240.0.31")
CREATE_A = "+ 10.200.0.0/24 via 10.240.0.30"
GOOD = "a False RouteCreated: RouteController created a route"


def test_b1_a_route_that_could_not_be_made_is_tried_again_without_any_event() -> None:
    run = Run([A]).start()
    run.fail(run.take())

    run.wait(PERIOD)

    assert run.sent() == [CREATE_A]


def test_b2_a_removal_and_a_creation_of_one_block_are_never_under_way_together() -> None:
    """And the late removal names what it removes: not the new route."""
    run = Run([A, replace(B, pod_cidrs=())], [OF_A]).start()
    run.gone(A)
    (removal,) = run.take()
    assert removal == Delete(OF_A)

    run.see(replace(B, pod_cidrs=A.pod_cidrs))

    assert run.sent() == []
    run.carry([removal])
    run.read()
    assert run.sent() == ["+ 10.200.0.0/24 via 10.240.0.31"]


def test_b3_a_router_that_says_yes_and_does_nothing_leaves_the_network_unavailable() -> None:
    """kubernetes-sigs/cloud-provider-azure#11003."""
    run = Run([A]).start()

    run.answer(*map(Done, run.take()))

    assert run.conditions() == []
    run.read()
    (said,) = run.conditions()
    assert said.startswith("a True NoRouteCreated")


def test_b4_the_end_of_node_1_removes_nothing_of_node_10() -> None:
    first = node("node-1", "10.240.0.30", "10.200.0.0/24")
    tenth = node("node-10", "10.240.0.31", "10.200.1.0/24")
    run = Run([first, tenth, node("other")], [OF_A, OF_B]).start()

    run.gone(first)

    assert run.settle() == ["- 10.200.0.0/24 via 10.240.0.30"]
    assert run.table == [OF_B]


def test_b5_another_internal_ip_is_another_next_hop() -> None:
    """kubernetes/kubernetes#98359."""
    run = Run([A], [OF_A]).start()

    run.see(replace(A, internal_ips=B.internal_ips))

    assert run.settle() == ["~ 10.200.0.0/24 via 10.240.0.31, was 10.240.0.30"]


def test_b6_foreign_routes_are_neither_removed_nor_do_they_stop_the_others() -> None:
    """kubernetes/cloud-provider-openstack#3128, kubernetes/cloud-provider-aws#627."""
    stray = installed("10.200.7.0/24", "10.240.0.99", "foreign")
    in_the_way = installed("10.200.0.0/24", "10.240.0.98", "foreign")
    run = Run([A, B], [stray, in_the_way]).start()

    assert run.settle() == ["+ 10.200.1.0/24 via 10.240.0.31"]
    assert {stray, in_the_way} < {*run.table}
    assert run.state("10.200.0.0/24").startswith("Blocked: ")


def test_b7_something_else_at_the_destination_is_not_what_was_asked_for() -> None:
    """A conflict by name counted as success, whatever the route that was there led to."""
    run = Run([A]).start()
    run.table = [installed("10.200.0.0/24", "10.240.0.99")]
    run.answer(*map(Done, run.take()))

    assert [type(one) for one in run.read()] == [Disproven]
    assert run.settle() == ["~ 10.200.0.0/24 via 10.240.0.30, was 10.240.0.99"]


def test_b8_a_new_machine_under_an_old_name_gets_its_own_route() -> None:
    """kubernetes/kubernetes#52398; the old machine's end is told late, or never."""
    run = Run([A], [OF_A]).start()
    anew = node("a", "10.240.0.77", "10.200.5.0/24", uid="new")

    run.see(anew)
    run.gone(A)

    assert run.settle() == ["+ 10.200.5.0/24 via 10.240.0.77", "- 10.200.0.0/24 via 10.240.0.30"]
    assert run.table == [installed("10.200.5.0/24", "10.240.0.77")]


@pytest.mark.parametrize("added_first", [True, False])
def test_b9_a_block_that_moves_is_replaced_in_whatever_order_that_is_told(
    *, added_first: bool
) -> None:
    """antrea-io/antrea#1527."""
    run = Run([A], [OF_A]).start()
    heir = replace(B, pod_cidrs=A.pod_cidrs, created="2026")

    if added_first:
        run.see(heir)
        run.look()
        run.gone(A)
    else:
        run.gone(A)
        run.see(heir)

    assert run.settle() == ["~ 10.200.0.0/24 via 10.240.0.31, was 10.240.0.30"]


def test_b10_black_holes_of_ours_are_removed_before_they_fill_the_table() -> None:
    """kubernetes/kubernetes#47524."""
    holes = [installed(f"10.200.{i}.0/24", kind="blackhole") for i in (7, 8)]
    run = Run([A], [OF_A, *holes]).start()

    assert run.settle() == ["- 10.200.7.0/24 via blackhole", "- 10.200.8.0/24 via blackhole"]


def test_b21_a_route_that_is_there_and_does_not_take_the_traffic_is_no_proof() -> None:
    """kubernetes-sigs/cloud-provider-azure#527: the probe itself is another rule."""
    before = installed("10.200.0.0/24", "10.240.0.99")
    run = Run([A], [before, OF_A]).start()

    assert run.conditions() == []
    assert "WrongNextHop: " in run.state("10.200.0.0/24")
    run.settle()
    assert run.conditions() == [GOOD]


@pytest.mark.parametrize("reason", ["CalicoIsUp", "CiliumIsUp", "NetworkNotReady"])
def test_b22_a_condition_with_anothers_reason_is_left_alone(reason: str) -> None:
    """kubernetes/kubernetes#118934."""
    shown = replace(A, network=NetworkCondition("True", reason))
    run = Run([shown]).start()

    run.fail(run.take())
    assert run.conditions() == []
    run.wait(PERIOD)
    run.settle()
    assert run.conditions() == []


def test_b23_a_family_that_the_router_does_not_have_is_not_tried_again_and_again() -> None:
    dual = node("a", "10.240.0.30 fd00::30", "10.200.0.0/24", "fd00:10:200::/64")
    run = Run([dual], links="10.240.0.0/24").start()

    assert run.settle() == [CREATE_A]
    assert (
        run.state("fd00:10:200::/64")
        == "Blocked: fd00::30 is not on a link of the router that is up"
    )
    run.wait(1000)
    run.read()
    assert run.sent() == []


def test_b23_a_family_without_a_cluster_cidr_is_a_policy_and_no_failure() -> None:
    dual = node("a", "10.240.0.30 fd00::30", "10.200.0.0/24", "fd00:10:200::/64")
    only_v4 = replace(SEED_RULES, pools=SEED_RULES.pools[:1])
    run = Run([dual], rules=only_v4).start()

    assert run.settle() == [CREATE_A]
    assert run.state("fd00:10:200::/64") == (
        "Unknown: IPv6 is not routed here: no cluster CIDR is of it"
    )
    assert not [one for one in run.facts if isinstance(one, Stopped)]
    assert run.conditions() == ["a False RouteCreated: RouteController created a route"]


def test_b23_a_node_with_nothing_but_that_family_has_no_network() -> None:
    other = node("a", "10.240.0.30", "fd00:10:200::/64")
    run = Run([other], rules=replace(SEED_RULES, pools=SEED_RULES.pools[:1])).start()

    assert run.settle() == []
    assert [one.split(":")[0] for one in run.conditions()] == ["a True NoRouteCreated"]


def test_b26_what_has_failed_has_failed_whether_anybody_is_told_or_not() -> None:
    run = Run([A]).start()

    run.ledger.answered([run.failed(one) for one in run.take()], run.now)

    assert run.conditions() == [
        "a True NoRouteCreated: RouteController failed to create a route: 10.200.0.0/24: busy"
    ]
    run.wait(PERIOD)
    assert run.sent() == [CREATE_A]


def test_b27_a_block_is_the_same_in_whatever_way_it_is_written() -> None:
    text = (
        b'{"metadata": {"name": "a", "uid": "u"}, "spec": {"podCIDRs": ["fd00:010:200:0::/64"]},'
        b'"status": {"addresses": [{"type": "InternalIP", "address": "fd00::30"}]}}'
    )
    shown = parse_node(msgspec.json.decode(text, type=NodeObject))
    run = Run([shown], [installed("fd00:10:200::/64", "fd00::30")]).start()

    assert run.settle() == []
    assert run.state("fd00:10:200::/64") == "InSync: "


HOSTILE = ["10.200.0.0/16", "10.200.0.0/23", "10.200.0.128/25", "10.200.0.0/24", "10.200.0.7/32"]


@pytest.mark.parametrize("claim", HOSTILE)
def test_b28_a_claim_over_the_blocks_of_others_moves_none_of_their_routes(claim: str) -> None:
    run = Run([A, B], [OF_A, OF_B]).start()

    run.see(node("hostile", "10.240.0.66", claim, created="2000"))

    assert run.settle() == []
    assert run.table == [OF_A, OF_B]
    assert "hostile True" in run.conditions()[-1]


@pytest.mark.parametrize("claim", [one for one in HOSTILE if one != "10.200.0.0/24"])
def test_b28_nor_keeps_it_others_from_theirs_while_these_are_not_yet_made(claim: str) -> None:
    hostile = node("hostile", "10.240.0.66", claim, created="2000")
    run = Run([A, B, hostile]).start()

    assert run.settle() == [CREATE_A, "+ 10.200.1.0/24 via 10.240.0.31"]


@pytest.mark.parametrize("claim", HOSTILE)
def test_b29_and_its_end_removes_none_of_them(claim: str) -> None:
    hostile = node("hostile", "10.240.0.66", claim, created="2000")
    run = Run([A, B, hostile], [OF_A, OF_B]).start()

    run.gone(hostile)

    assert run.settle() == []
    assert run.table == [OF_A, OF_B]


@pytest.mark.parametrize(
    "claim",
    ["0.0.0.0/0", "::/0", "10.32.0.0/24", "10.240.0.31/32", "169.254.169.254/32", "8.8.8.0/24"],
)
def test_b30_nothing_is_routed_that_is_no_pods(claim: str) -> None:
    plan = rules(SEED_POOL, reserved="10.32.0.0/24", node_cidrs="10.240.0.0/24")
    hostile = node("hostile", "10.240.0.66 fd00::66", claim)

    run = Run([A, hostile], [OF_A], plan).start()

    assert run.settle() == []
    assert run.state(claim).startswith("Blocked: ")
