"""A Node given with two contents: neither is believed, whichever stands first."""

import json
from collections.abc import Sequence
from itertools import permutations
from pathlib import Path

import pytest

from podroute.kube.documents import read_documents
from podroute.kube.nodes import to_roster
from podroute.model.cidr import parse_address
from podroute.model.node import Unreadable
from tests.unit.command import Body, World, node, podroute, worker

TWICE = "it is there twice, with different contents: give each Node once"
ONE, OTHER, THIRD = "10.200.0.0/24", "10.200.1.0/24", "10.200.2.0/24"
IP, OTHER_IP = "10.240.0.30", "10.240.0.31"
ROUTE = f"{ONE} {IP} ours"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def but(body: Body, **metadata: object) -> Body:
    """The same Node with other metadata."""
    return {**body, "metadata": {"name": "a", "uid": "uid-a", **metadata}}


def misshapen(**metadata: object) -> Body:
    return {"kind": "Node", "metadata": {"name": "a", **metadata}, "spec": {"podCIDR": 5}}


def unreadable(text: str, file: Path) -> Unreadable:
    file.write_text(text)
    roster = to_roster(read_documents(str(file)))
    assert roster.nodes == ()
    (one,) = roster.unreadable
    return one


def known(one: Unreadable) -> str:
    """The podCIDRs; ``dark`` where they are not clear."""
    return "dark" if one.pod_cidrs is None else " ".join(map(str, one.pod_cidrs))


HERE = node("a", IP, ONE)


@pytest.mark.parametrize(
    ("copies", "cidrs", "ips"),
    [
        pytest.param([HERE, node("a", IP, OTHER)], "dark", IP, id="another block"),
        pytest.param([HERE, node("a", OTHER_IP, ONE)], ONE, "", id="another address"),
        pytest.param([HERE, node("a", IP, "10.200.0.7/24")], ONE, IP, id="one has host bits set"),
        pytest.param([HERE, node("a", IP, "ten/24")], "dark", IP, id="one has no CIDR"),
        pytest.param([HERE, node("a", IP)], "dark", IP, id="one has no block"),
        pytest.param([HERE, node("a", "", ONE)], ONE, "", id="one has no address"),
        pytest.param([HERE, node("a", IP, ONE, "fd00::/64")], "dark", IP, id="one family more"),
        pytest.param(
            [node("a", IP, ONE, "fd00::/64"), node("a", IP, "fd00::/64", ONE)],
            f"{ONE} fd00::/64",
            IP,
            id="the families in another order",
        ),
        pytest.param([node("a", IP), node("a", OTHER_IP)], "dark", "", id="only addresses"),
        pytest.param(
            [node("a", IP), but(node("a", IP), labels={"a": "b"})], "", IP, id="only labels"
        ),
        pytest.param([HERE, misshapen()], "dark", "", id="one is of another shape"),
        pytest.param(
            [HERE, misshapen(labels=5)], "dark", "", id="one is of another shape in its metadata"
        ),
        pytest.param(
            [HERE, node("a", IP, OTHER), node("a", IP, THIRD), HERE],
            "dark",
            IP,
            id="three, one twice",
        ),
    ],
)
def test_only_what_all_copies_say_is_known(
    copies: Sequence[Body], cidrs: str, ips: str, tmp_path: Path
) -> None:
    for order in permutations(copies):
        one = unreadable("\n".join(map(json.dumps, order)), tmp_path / "nodes")

        assert (one.name, one.reason) == ("a", TWICE)
        assert (known(one), one.internal_ips) == (cidrs, tuple(map(parse_address, ips.split())))


@pytest.mark.parametrize(
    ("metadata", "uid", "deleting"),
    [
        ({"labels": {"a": "b"}}, "uid-a", False),
        ({"uid": "uid-b"}, "", False),
        ({"uid": ""}, "uid-a", False),
        ({"deletionTimestamp": "2026-11-24T00:00:00Z"}, "uid-a", False),
    ],
)
def test_its_identity_where_there_is_one(
    metadata: Body, uid: str, *, deleting: bool, tmp_path: Path
) -> None:
    for order in permutations([HERE, but(HERE, **metadata)]):
        one = unreadable("\n".join(map(json.dumps, order)), tmp_path / "nodes")

        assert (one.uid, one.deleting) == (uid, deleting)


def test_it_is_being_deleted_where_all_say_so(tmp_path: Path) -> None:
    gone = but(HERE, deletionTimestamp="2026-11-24T00:00:00Z")
    later = but(HERE, deletionTimestamp="2026-11-24T00:00:09Z")

    assert unreadable(json.dumps(gone) + json.dumps(later), tmp_path / "nodes").deleting


def test_the_same_labels_in_another_order_are_no_other_content(world: World) -> None:
    one, other = {"a": "1", "b": "2"}, {"b": "2", "a": "1"}
    world.nodes(but(HERE, labels=one), but(HERE, labels=other))

    assert [one.name for one in to_roster(read_documents(str(world.nodes_file))).nodes] == ["a"]


def test_several_that_are_no_nodes_keep_their_reasons(world: World) -> None:
    world.nodes(misshapen(), {"kind": "Node", "metadata": {"name": "a"}, "spec": 5}, worker(2))

    ended = podroute("plan", *world.flags())

    assert ended.err.count("Node a cannot be read: spec") == 2


@pytest.mark.parametrize("installed", [[], [ROUTE]], ids=["no route yet", "its route is there"])
def test_the_plan_is_the_same_for_any_order(world: World, installed: list[str]) -> None:
    world.routes(*installed)
    bodies = [HERE, node("a", OTHER_IP, OTHER), worker(2)]
    planned = set[str]()
    for order in permutations(bodies):
        world.nodes(*order)
        ended = podroute("plan", *world.flags(), "-o", "json")
        assert (ended.status, ended.err) == (0, f"podroute: Node a cannot be read: {TWICE}\n")
        planned.add(ended.out)

    (text,) = planned
    plan = json.loads(text)
    assert [step["destination"] for step in plan["steps"] if step["node"]] == [THIRD]
    assert [step["destination"] for step in plan["held"]] == [ONE] * len(installed)
    assert plan["unreadable"] == [{"name": "a", "reason": TWICE}]


def test_no_removal_passes_while_its_blocks_are_not_clear(world: World) -> None:
    world.routes(ROUTE)
    world.nodes(HERE, node("a", OTHER_IP, OTHER), worker(2))

    ended = podroute("apply", *world.flags(), "--auto-approve")

    assert ended.status == 5
    assert "the podCIDR of a cannot be read: one of these routes may be its own" in ended.err
    assert world.installed() == [ROUTE, f"{THIRD} 10.240.0.32 ours"]


def test_a_block_that_all_copies_name_keeps_its_route(world: World) -> None:
    world.routes(ROUTE)
    world.nodes(HERE, node("a", OTHER_IP, ONE), node("b", "10.240.0.33", ONE))

    ended = podroute("apply", *world.flags(), "--auto-approve")

    assert ended.status == 0
    assert world.installed() == [ROUTE]


def test_the_plain_table_shows_none_of_them(world: World) -> None:
    world.nodes(HERE, node("a", OTHER_IP, OTHER), worker(2))

    ended = podroute("table", "-f", str(world.nodes_file), "-o", "plain")

    assert ended.out == f"10.240.0.32 {THIRD} \n"
    assert ended.err == f"podroute: a is no Node that can be read: {TWICE}\n"
