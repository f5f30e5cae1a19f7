import os
import shlex
from pathlib import Path

import pytest

from tests.unit.command import (
    Body,
    Ended,
    World,
    node,
    planned,
    podroute,
    process,
    worker,
)

BOTH = ["10.200.0.0/24 10.240.0.30 ours", "10.200.1.0/24 10.240.0.31 ours"]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return planned(tmp_path)


def test_it_is_carried_out_without_a_question(world: World) -> None:
    ended = podroute("apply", str(world.plan_file))

    assert ended.status == 0
    assert ended.out == "Applied: 2 of 2 changes, read back.\n"
    assert world.installed() == BOTH


@pytest.mark.parametrize(
    ("flags", "environment", "named"),
    [
        ("--provider memory", {}, "--provider"),
        ("--cluster-cidr 10.0.0.0/8", {}, "--cluster-cidr"),
        ("--cluster-cidr 10.200.0.0/16,fd00::/48", {}, "--cluster-cidr"),
        ("-f other.json --reserved 10.200.9.0/24", {}, "--filename, --reserved"),
        ("-f - --provider file", {}, "--filename"),
        ("--context prod", {"PODROUTE_CONTEXT": "test"}, "--context"),
        ("", {"PODROUTE_NODE_CIDR_MASK_SIZE": "25"}, "--node-cidr-mask-size"),
        ("", {"PODROUTE_CONFIG": "CONFIG"}, "--node-cidrs"),
    ],
)
def test_what_it_was_not_made_with_is_refused_beside_it(
    world: World, flags: str, environment: dict[str, str], named: str
) -> None:
    config = world.plan_file.with_name("podroute.yaml")
    config.write_text("apiVersion: podroute/v1alpha1\nnode-cidrs: 10.240.0.0/24\n")
    variables = {key: text.replace("CONFIG", str(config)) for key, text in environment.items()}

    ended = process("apply", str(world.plan_file), *flags.split(), environment=variables)

    assert ended.status == 2
    assert ended.err == (
        f"podroute: {world.plan_file} was made without this {named}: leave out the flag, "
        "PODROUTE_… variable or line of --config, or make a new plan\n"
    )
    assert world.installed() == []


def test_what_it_was_made_with_may_stand_beside_it(world: World) -> None:
    flags = [*world.router(), "-f", os.path.relpath(world.nodes_file)]
    environment = {"PODROUTE_CLUSTER_CIDR": "10.200.0.0/16"}

    ended = process("apply", str(world.plan_file), *flags, environment=environment)

    assert (ended.status, world.installed()) == (0, BOTH)


def test_two_families_may_stand_beside_it_in_any_form(world: World) -> None:
    both = ["--cluster-cidr", "fd00:2::/48", "--out", str(world.plan_file)]
    assert podroute("plan", *world.flags(), *both).status == 0

    ended = podroute("apply", str(world.plan_file), "--cluster-cidr", "fd00:2::/48,10.200.0.0/16")

    assert ended.status == 0


def test_a_dry_run_shows_it(world: World) -> None:
    ended = podroute("apply", str(world.plan_file), "--dry-run")

    assert ended.status == 0
    assert "Plan: 2 to add" in ended.out
    assert world.installed() == []


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


def test_nodes_of_a_file_that_has_gone_are_not_taken_from_it(world: World) -> None:
    world.nodes_file.unlink()

    ended = podroute("apply", str(world.plan_file))

    assert ended.status == 1
    assert "nodes.json: No such file or directory" in ended.err


def test_a_held_change_needs_its_word(world: World) -> None:
    world.nodes()
    world.routes(*BOTH)
    planned = podroute("plan", *world.flags(), "--out", str(world.plan_file))

    without = podroute("apply", str(world.plan_file))
    dry = podroute("apply", str(world.plan_file), "--dry-run")
    way = proposed(planned)
    with_it = podroute(*way)

    assert without.status == 5
    assert proposed(without) == proposed(dry) == way
    assert with_it.status == 0
    assert world.installed() == []


def proposed(ended: Ended) -> list[str]:
    """The words behind podroute in the one command that lets what is held back pass."""
    (line,) = (ended.out + ended.err).split("If that is right: podroute ")[1:]
    return shlex.split(line.splitlines()[0])


def test_what_is_held_back_beside_other_changes_needs_a_fresh_plan(world: World) -> None:
    stale = [f"10.200.{n}.0/24 10.240.0.{30 + n} ours" for n in range(5, 10)]
    world.routes(*stale)
    podroute("plan", *world.flags(), "--out", str(world.plan_file))

    first = podroute("apply", str(world.plan_file))
    second = podroute(*proposed(first), "--auto-approve")

    assert (first.status, "Applied: 2 of 2" in first.out) == (5, True)
    assert (second.status, world.installed()) == (0, BOTH)


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
        pytest.param("[" * 100_000, "is not a saved plan", id="nested deeply"),
        pytest.param('{"a":' * 100_000, "is not a saved plan", id="nested deeply in a field"),
    ],
)
def test_what_is_no_plan(world: World, text: str, words: str) -> None:
    world.plan_file.write_text(text)

    ended = podroute("apply", str(world.plan_file))

    assert ended.status == 1
    assert words in ended.err
    assert world.installed() == []


def test_no_such_file(world: World) -> None:
    missing = podroute("apply", str(world.plan_file) + "x")

    assert (missing.status, "No such file" in missing.err) == (1, True)
