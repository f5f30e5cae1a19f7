"""A saved plan that somebody has changed is no longer what was looked at."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.unit.command import World, planned, podroute

BOTH = ["10.200.0.0/24 10.240.0.30 ours", "10.200.1.0/24 10.240.0.31 ours"]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return planned(tmp_path)


@contextmanager
def edited(world: World) -> Generator[dict[str, Any]]:
    """What is done to it is done to the file."""
    plan: dict[str, Any] = json.loads(world.plan_file.read_text())
    yield plan
    world.plan_file.write_text(json.dumps(plan))


def test_a_field_that_podroute_does_not_write_is_not_overlooked(world: World) -> None:
    with edited(world) as plan:
        plan["addresses"]["reservd"] = ["10.200.0.0/24"]

    ended = podroute("apply", str(world.plan_file))

    assert ended.status == 1
    assert "it has fields that podroute does not write" in ended.err


@pytest.mark.parametrize("field", ["filename", "kubeconfig", "context"])
def test_a_null_character_is_in_no_name(world: World, field: str) -> None:
    with edited(world) as plan:
        plan["source"] |= {"filename": "", field: "a\0b"}

    ended = podroute("apply", str(world.plan_file))

    assert ended.status == 1
    assert f"is not a saved plan: its --{field} has a null character; make one by" in ended.err


def test_a_null_character_is_in_no_option_of_a_provider(world: World) -> None:
    with edited(world) as plan:
        plan["router"]["provider_option"][0] += "\0"

    ended = podroute("apply", str(world.plan_file))

    assert (ended.status, "its --provider-option has a null character" in ended.err) == (1, True)


def test_the_same_steps_in_another_order_are_another_plan(world: World) -> None:
    with edited(world) as plan:
        plan["steps"].reverse()

    ended = podroute("apply", str(world.plan_file))

    assert (ended.status, world.installed()) == (5, [])
    assert "nothing was changed: its steps are in another order; look at a new" in ended.err


def test_a_step_that_is_there_twice_is_another_plan(world: World) -> None:
    with edited(world) as plan:
        plan["steps"].append(plan["steps"][0])

    ended = podroute("apply", str(world.plan_file))

    assert (ended.status, world.installed()) == (5, [])
    assert "nothing was changed: no longer: + 10.200.0.0/24 via 10.240.0.30" in ended.err


def test_what_is_held_back_in_another_order_is_another_plan(world: World) -> None:
    world.nodes()
    world.routes(*BOTH)
    podroute("plan", *world.flags(), "--out", str(world.plan_file))
    with edited(world) as plan:
        plan["held"].reverse()

    ended = podroute("apply", str(world.plan_file))

    assert (ended.status, world.installed()) == (5, BOTH)
    assert "nothing was changed: what is held back is in another order" in ended.err
