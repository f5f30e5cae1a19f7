"""What is no change, and is told all the same."""

import json
from pathlib import Path

import pytest

from tests.unit.command import Body, World, node, podroute, worker

YES = "--auto-approve"
FOREIGN = "10.200.1.0/24 10.240.0.9 foreign"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two workers; one has its route, a foreign one is in the way of the other."""
    world = World(tmp_path)
    world.nodes(worker(0), worker(1))
    world.routes("10.200.0.0/24 10.240.0.30 ours", FOREIGN)
    return world


BLOCKED = (
    "podroute: not done: 1 blocked step, first ! 10.200.1.0/24 via 10.240.0.31  worker-1  Blocked: "
    "10.200.1.0/24 via 10.240.0.9 (foreign) is not ours; podroute plan shows each\n"
)


def test_what_is_blocked_is_not_nothing_to_do(world: World) -> None:
    ended = podroute("apply", *world.flags())

    assert (ended.status, ended.err) == (0, BLOCKED)
    assert ended.out.endswith("1 blocked; 1 unchanged.\nNothing was changed.\n")


def test_what_is_blocked_beside_changes_is_told_too(world: World) -> None:
    world.nodes(*map(worker, range(3)))

    ended = podroute("apply", *world.flags(), YES)

    assert (ended.status, ended.out.endswith("Applied: 1 of 1 change, read back.\n")) == (0, True)
    assert ended.err.endswith(BLOCKED)


def test_what_is_blocked_in_a_saved_plan_is_counted(world: World) -> None:
    world.routes("10.200.0.0/24 10.240.0.9 foreign", FOREIGN)
    podroute("plan", *world.flags(), "--out", str(world.plan_file))

    ended = podroute("apply", str(world.plan_file))

    assert (ended.status, ended.out) == (0, "Nothing was changed.\n")
    assert ended.err.startswith("podroute: not done: 2 blocked steps, first ! 10.200.0.0/24 via ")


def leaving(body: Body) -> Body:
    """The same, being deleted: a finalizer keeps it."""
    metadata = body["metadata"]
    assert isinstance(metadata, dict)
    return {**body, "metadata": {**metadata, "deletionTimestamp": "2026-01-01T00:00:00Z"}}


class TestBeingDeleted:
    """Four workers, three of which are being deleted."""

    @pytest.fixture(autouse=True)
    def _leaving(self, world: World) -> None:
        world.nodes(
            leaving(worker(0)),
            worker(1),
            leaving(node("new", "10.240.0.40")),
            leaving(node("odd", "10.240.0.41", "x/24")),
        )

    @pytest.mark.parametrize("output", ["table", "wide"])
    def test_the_row_says_so_and_keeps_its_state(self, world: World, output: str) -> None:
        lines = podroute("table", *world.flags(), "-o", output).out.splitlines()

        assert "InSync" in lines[1]
        assert lines[1].endswith("   the Node is being deleted")
        assert "deleted" not in lines[2]
        assert lines[3].endswith("   no podCIDR yet; the Node is being deleted")

    @pytest.mark.parametrize("verb", ["table", "plan"])
    def test_json_names_them_readable_or_not(self, world: World, verb: str) -> None:
        document = json.loads(podroute(verb, *world.flags(), "-o", "json").out)

        assert document["deleting"] == ["worker-0", "new", "odd"]

    def test_no_decision_depends_on_it(self, world: World) -> None:
        with_it = podroute("plan", *world.flags()).out
        world.nodes(worker(0), worker(1), node("new", "10.240.0.40"), node("odd", "", "x/24"))

        assert podroute("plan", *world.flags()).out == with_it

    def test_the_seeds_output_stays(self, world: World) -> None:
        ended = podroute("table", "-f", str(world.nodes_file), "-o", "plain")

        assert ended.out.splitlines()[0] == "10.240.0.30 10.200.0.0/24 "
        assert "deleted" not in ended.out
