"""Where a plan can be kept, and what is there afterwards."""

import os
from pathlib import Path

import pytest

from tests.unit.command import World, podroute, process, worker


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two workers without routes."""
    world = World(tmp_path)
    world.nodes(worker(0), worker(1))
    return world


def test_only_its_owner_can_read_it(world: World) -> None:
    podroute("plan", *world.flags(), "--out", str(world.plan_file))

    assert world.plan_file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in world.plan_file.parent.iterdir() if path.name[0] == "."] == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("/nonexistent/plan", "No such file or directory", id="no such folder"),
        pytest.param("nodes.json/plan", "Not a directory", id="below a file"),
        pytest.param("a" * 300, "File name too long", id="too long"),
        pytest.param(".", "not a regular file: give another name", id="here"),
        pytest.param("", "not a regular file: give another name", id="nothing"),
        pytest.param("folder", "not a regular file: give another name", id="a folder"),
        pytest.param("pipe", "not a regular file: give another name", id="a pipe"),
        pytest.param("/proc/self/fd/1", "not a regular file: give another name", id="our output"),
        pytest.param("loop", "not a regular file: give another name", id="a link to itself"),
        pytest.param("to-pipe", "not a regular file: give another name", id="a link to a pipe"),
    ],
)
def test_where_no_plan_can_be_kept(world: World, name: str, words: str) -> None:
    folder = world.plan_file.parent
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to("loop")
    (folder / "to-pipe").symlink_to("pipe")
    before = sorted(folder.iterdir())

    out = str(folder / name) if name.strip(".") else name

    ended = process("plan", *world.flags(), "--out", out)

    assert ended.status == 2
    assert ended.err == f"podroute: --out {out or '.'}: {words}\n"
    assert sorted(folder.iterdir()) == before
    assert (folder / "pipe").is_fifo()
    assert (folder / "loop").is_symlink()


def test_a_folder_that_was_deleted_keeps_no_plan(world: World) -> None:
    gone = ["sh", "-c", 'mkdir "$0" && cd "$0" && rmdir "$0" && exec "$@"']
    folder = str(world.plan_file.with_name("deleted"))

    ended = process("plan", *world.flags(), "--out", "x.plan", within=[*gone, folder])

    assert (ended.status, ended.err) == (2, "podroute: --out x.plan: No such file or directory\n")


@pytest.mark.parametrize("before", [["target"], []], ids=["to a file", "to nothing yet"])
def test_a_link_stays_a_link(world: World, before: list[str]) -> None:
    link = world.plan_file.with_name("link")
    link.symlink_to("target")
    for name in before:
        link.with_name(name).write_text("another plan")

    planned = podroute("plan", *world.flags(), "--out", str(link))
    applied = podroute("apply", str(link.with_name("target")))

    assert (planned.status, applied.status) == (0, 0)
    assert link.readlink() == Path("target")
    assert link.stat().st_mode & 0o777 == 0o600
