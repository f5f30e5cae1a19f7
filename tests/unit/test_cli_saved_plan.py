import json
from pathlib import Path

import pytest

from tests.unit.command import Body, World, node, node_list, podroute, process, worker

BOTH = ["10.200.0.0/24 10.240.0.30 ours", "10.200.1.0/24 10.240.0.31 ours"]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two workers without routes, and a plan for them."""
    world = World(tmp_path)
    world.nodes(worker(0), worker(1))
    assert podroute("plan", *world.flags(), "--out", str(world.plan_file)).status == 0
    return world


def test_it_is_carried_out_without_a_question(world: World) -> None:
    ended = podroute("apply", str(world.plan_file))

    assert ended.status == 0
    assert ended.out == "Applied: 2 of 2 changes, read back.\n"
    assert world.installed() == BOTH


def test_flags_that_it_was_not_made_with_are_not_used_silently(world: World) -> None:
    flags = ["--cluster-cidr", "10.0.0.0/8", "--provider", "file"]

    ended = podroute("apply", str(world.plan_file), *flags)

    assert ended.status == 0
    assert f"podroute: --cluster-cidr is not used: {world.plan_file} has its own\n" in ended.err
    assert "--provider is not used" not in ended.err


def test_a_dry_run_shows_it(world: World) -> None:
    ended = podroute("apply", str(world.plan_file), "--dry-run")

    assert ended.status == 0
    assert "Plan: 2 to add" in ended.out
    assert world.installed() == []


def test_only_its_owner_can_read_it(world: World) -> None:
    assert world.plan_file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in world.plan_file.parent.iterdir() if path.name[0] == "."] == []


def test_the_same_input_in_another_order_is_the_same_plan(world: World) -> None:
    world.nodes(worker(1), worker(0))

    assert podroute("apply", str(world.plan_file)).status == 0


@pytest.mark.parametrize(
    ("nodes", "routes", "words"),
    [
        pytest.param(
            [worker(0), worker(1)],
            ["10.200.0.0/24 10.240.0.30 ours"],
            "no longer: + 10.200.0.0/24 via 10.240.0.30",
            id="a step is done already",
        ),
        pytest.param(
            [worker(0), worker(1)],
            ["10.200.0.0/24 10.240.0.9 foreign"],
            "now: ! 10.200.0.0/24",
            id="a foreign route has come",
        ),
        pytest.param([worker(0)], [], "no longer: + 10.200.1.0/24", id="a Node has left"),
        pytest.param(
            [worker(0), worker(1), worker(2)], [], "now: + 10.200.2.0/24", id="a Node has come"
        ),
        pytest.param(
            [worker(0), node("worker-1", "10.240.0.99", "10.200.1.0/24")],
            [],
            "now: + 10.200.1.0/24 via 10.240.0.99",
            id="a Node has another address",
        ),
    ],
)
def test_a_stale_one_is_refused(
    world: World, nodes: list[Body], routes: list[str], words: str
) -> None:
    world.nodes(*nodes)
    world.routes(*routes)

    ended = podroute("apply", str(world.plan_file))

    assert ended.status == 5
    assert ended.err.startswith("podroute: the plan is stale, nothing was changed: ")
    assert words in ended.err
    assert world.installed() == routes


def test_many_differences_are_counted(world: World) -> None:
    world.nodes(*map(worker, range(10, 20)))

    assert " and 9 more; look at a new podroute plan" in podroute("apply", str(world.plan_file)).err


def test_nodes_of_standard_input_are_in_it(world: World) -> None:
    nodes = node_list(worker(0), worker(1))
    planned = process(
        "plan", *world.router(), "-f", "-", "--out", str(world.plan_file), stdin=nodes
    )

    ended = podroute("apply", str(world.plan_file))

    assert planned.status == 0
    assert (ended.status, world.installed()) == (0, BOTH)


def test_a_node_that_could_not_be_read_still_holds_removals_back(world: World) -> None:
    stale = "10.200.9.0/24 10.240.0.39 ours"
    world.routes(stale)
    nodes = json.dumps({"kind": "List", "items": [worker(0), {"kind": "Node", "spec": 7}]})
    process("plan", *world.router(), "-f", "-", "--out", str(world.plan_file), stdin=nodes)

    ended = podroute("apply", str(world.plan_file))

    assert ended.status == 5
    assert "the podCIDR of items[1] cannot be read" in ended.err
    assert world.installed() == [BOTH[0], stale]


def test_a_held_change_needs_its_word(world: World) -> None:
    world.nodes()
    world.routes(*BOTH)
    planned = podroute("plan", *world.flags(), "--out", str(world.plan_file))
    word = planned.out.split("--confirm ")[1].split()[0]

    without = podroute("apply", str(world.plan_file))
    with_it = podroute("apply", str(world.plan_file), "--confirm", word)

    assert without.status == 5
    assert with_it.status == 0
    assert world.installed() == []


def test_adoption_is_part_of_the_plan(world: World) -> None:
    world.routes(BOTH[0], "10.200.1.0/24 10.240.0.31 foreign")
    podroute("plan", *world.flags(), "--adopt", "--out", str(world.plan_file))
    assert podroute("apply", str(world.plan_file)).status == 0
    assert world.installed() == BOTH

    podroute("plan", *world.flags(), "--out", str(world.plan_file))
    assert podroute("apply", str(world.plan_file), "--adopt").status == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "is not a saved plan", id="empty"),
        pytest.param("kind: RoutePlan", "is not a saved plan", id="not JSON"),
        pytest.param("\x00\x01", "is not a saved plan", id="binary"),
        pytest.param("{}", "is no plan: kind '' of ''", id="another document"),
        pytest.param(
            '{"apiVersion": "podroute/v2", "kind": "RoutePlan"}',
            "is no plan: kind 'RoutePlan' of 'podroute/v2'",
            id="another version",
        ),
        pytest.param(
            '{"apiVersion": "podroute/v1alpha1", "kind": "RoutePlan"}', "missing", id="incomplete"
        ),
    ],
)
def test_what_is_no_plan(world: World, text: str, words: str) -> None:
    world.plan_file.write_text(text)

    ended = podroute("apply", str(world.plan_file))

    assert ended.status == 1
    assert words in ended.err
    assert world.installed() == []


def test_a_field_that_podroute_does_not_write_is_not_overlooked(world: World) -> None:
    plan = json.loads(world.plan_file.read_text())
    plan["addresses"]["reservd"] = ["10.200.0.0/24"]
    world.plan_file.write_text(json.dumps(plan))

    ended = podroute("apply", str(world.plan_file))

    assert ended.status == 1
    assert "it has fields that podroute does not write" in ended.err


def test_no_such_file(world: World) -> None:
    missing = podroute("apply", str(world.plan_file) + "x")
    unwritable = podroute("plan", *world.flags(), "--out", "/nonexistent/plan")

    assert (missing.status, "No such file" in missing.err) == (1, True)
    assert (unwritable.status, "--out /nonexistent/plan: No such file" in unwritable.err) == (
        2,
        True,
    )
