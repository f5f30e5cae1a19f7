import json
import shlex
from pathlib import Path
from random import Random

import pytest

from tests.unit.command import World, node, podroute, worker


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_each_kind_of_step_has_its_sign(world: World) -> None:
    world.nodes(*map(worker, range(5)), node("zwilling", "10.240.0.50", "10.200.0.0/24"))
    world.routes(
        "10.200.1.0/24 10.240.0.99 ours",
        "10.200.2.0/24 10.240.0.32 foreign",
        "10.200.3.0/24 10.240.0.99 foreign",
        "10.200.4.0/24 10.240.0.34 ours",
        "10.200.9.0/24 10.240.0.39 ours",
    )

    ended = podroute("plan", *world.flags(), "--adopt")

    assert ended.err == ""
    assert ended.status == 0
    assert ended.out.splitlines() == [
        "  + 10.200.0.0/24 via 10.240.0.30  worker-0",
        (
            "  ! 10.200.0.0/24 via 10.240.0.50  zwilling"
            "  Blocked: 10.200.0.0/24 overlaps 10.200.0.0/24 of worker-0"
        ),
        "  ~ 10.200.1.0/24 via 10.240.0.31  worker-1  (was: 10.200.1.0/24 via 10.240.0.99 (ours))",
        (
            "  = 10.200.2.0/24 via 10.240.0.32  worker-2"
            "  adopt: 10.200.2.0/24 via 10.240.0.32 (foreign)"
        ),
        (
            "  ! 10.200.3.0/24 via 10.240.0.33  worker-3"
            "  Blocked: 10.200.3.0/24 via 10.240.0.99 (foreign) is not ours"
        ),
        "  - 10.200.9.0/24 via 10.240.0.39  no Node needs it",
        "",
        "Plan: 1 to add, 1 to change, 1 to remove, 1 to adopt, 2 blocked; 1 unchanged.",
    ]


def test_the_holder_is_named_where_the_reason_does_not(world: World) -> None:
    world.nodes(node("lost", "10.240.0.30", "10.99.0.0/24"))

    ended = podroute("plan", *world.flags())

    assert "  Blocked by address plan: 10.99.0.0/24 is outside the cluster CIDR" in ended.out


def test_a_second_route_of_ours_goes_by_its_own_words(world: World) -> None:
    """The Node keeps the other one."""
    world.nodes(worker(0))
    world.routes("10.200.0.0/24 10.240.0.30 ours", "10.200.0.0/24 10.240.0.99 ours")

    ended = podroute("plan", *world.flags())

    assert ended.out.splitlines()[0] == (
        "  - 10.200.0.0/24 via 10.240.0.99  worker-0  (was: 10.200.0.0/24 via 10.240.0.99 (ours))"
        "  another route is enough"
    )


def test_nothing_is_touched(world: World) -> None:
    world.nodes(worker(0))
    world.routes("10.200.9.0/24 10.240.0.39 ours")

    podroute("plan", *world.flags())

    assert world.installed() == ["10.200.9.0/24 10.240.0.39 ours"]


@pytest.mark.parametrize(
    ("routes", "status"),
    [
        pytest.param(["10.200.0.0/24 10.240.0.30 ours"], 0, id="nothing to do -> 0"),
        pytest.param([], 2, id="changes -> 2"),
        pytest.param(["10.200.0.0/24 10.240.0.9 foreign"], 0, id="only blocked -> 0"),
    ],
)
def test_detailed_exit_status(world: World, routes: list[str], status: int) -> None:
    world.nodes(worker(0))
    world.routes(*routes)

    assert podroute("plan", *world.flags(), "--detailed-exitcode").status == status
    assert podroute("plan", *world.flags()).status == 0


def test_with_detailed_exit_status_no_error_looks_like_changes(world: World) -> None:
    world.nodes(worker(0))

    assert podroute("plan", *world.flags(), "--detailed-exitcode", "--bad").status == 1
    assert podroute("plan", "--detailed-exitcode").status == 1
    assert podroute("plan", *world.flags("unreadable"), "--detailed-exitcode").status == 1


def test_the_order_of_the_input_does_not_matter(world: World) -> None:
    bodies = [*map(worker, range(20)), node("twin", "10.240.0.90", "10.200.3.0/24")]
    routes = [f"10.200.{n}.0/24 10.240.0.9{n % 3} ours" for n in range(10, 25)]
    outputs: set[str] = set()
    for seed in range(5):
        world.nodes(*Random(seed).sample(bodies, len(bodies)))
        world.routes(*Random(seed).sample(routes, len(routes)))
        outputs.add(podroute("plan", *world.flags()).out)

    assert len(outputs) == 1


def test_what_is_held_back_is_said_with_the_word_that_lets_it_pass(world: World) -> None:
    world.nodes(worker(0))
    world.routes(*(f"10.200.{n}.0/24 10.240.0.{30 + n} ours" for n in range(1, 6)))

    shown = podroute("plan", *world.flags())
    document = json.loads(podroute("plan", *world.flags(), "-o", "json").out)

    assert "Held back (5, each - and ~): 5 of our 5 routes would be removed" in shown.out
    (line,) = shown.out.split("If that is right: podroute apply ")[1:]
    assert shlex.split(line.splitlines()[0]) == [
        *("--filename", str(world.nodes_file)),
        *("--cluster-cidr", "10.200.0.0/16"),
        *("--provider", "file"),
        *("--provider-option", f"file={world.routes_file}"),
        *("--provider-option", "fault=none"),
        *("--confirm", document["confirmation"]),
    ]
    assert shown.status == 0
    assert [one["action"] for one in document["held"]] == ["delete"] * 5


def test_commands_are_all_that_is_printed(world: World) -> None:
    world.nodes(worker(0), node("zwilling", "10.240.0.50", "10.200.0.0/24"))
    world.routes(*(f"10.200.{n}.0/24 10.240.0.{30 + n} ours" for n in range(1, 6)))

    ended = podroute("plan", *world.flags(), "--show-commands")

    assert ended.out == "# Create\n"
    assert "not among these: 1 blocked step; podroute plan shows them" in ended.err
    assert "Held back (5" in ended.err


def test_json_is_versioned_and_pure(world: World) -> None:
    world.nodes(worker(0), node("new", "10.240.0.40"), node("odd", "nowhere", "10.200.7.0/24"))

    ended = podroute("plan", *world.flags(), "-o", "json")
    document = json.loads(ended.out)

    assert (document["apiVersion"], document["kind"]) == ("podroute/v1alpha1", "RouteProposal")
    assert document["steps"] == [
        {
            "action": "create",
            "destination": "10.200.0.0/24",
            "nextHop": "10.240.0.30",
            "node": "worker-0",
            "was": "",
            "holder": "",
            "reason": "",
        }
    ]
    assert [one["name"] for one in document["unreadable"]] == ["odd"]
    assert document["waiting"] == ["new"]
    assert "Node odd cannot be read" in ended.err
