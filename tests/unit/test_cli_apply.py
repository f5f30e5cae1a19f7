import os
import pty
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from tests.unit.command import (
    CLEAN,
    Ended,
    World,
    node,
    node_list,
    podroute,
    process,
    process_environment,
    worker,
)
from tests.waiting import asleep

YES = "--auto-approve"


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two workers; the route of one is there."""
    world = World(tmp_path)
    world.nodes(worker(0), worker(1))
    world.routes("10.200.0.0/24 10.240.0.30 ours")
    return world


BOTH = ["10.200.0.0/24 10.240.0.30 ours", "10.200.1.0/24 10.240.0.31 ours"]


def answered(
    *arguments: str,
    answer: str = "",
    meanwhile: Callable[[], None] = lambda: None,
    ctrl_c: bool = False,
    inherited: Sequence[int] = (),
) -> tuple[Ended, str]:
    """Run on a terminal on which ``answer`` is typed; the second text is the question."""
    keyboard, terminal = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "podroute", *arguments],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**CLEAN, **process_environment()},
        pass_fds=inherited,
    )
    assert child.stderr
    question = b""
    while not question.endswith(b"approve: ") and (letter := child.stderr.read(1)):
        question += letter
    meanwhile()
    os.write(keyboard, answer.encode())
    if ctrl_c:
        asleep(child.pid)
        child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    os.close(keyboard)
    os.close(terminal)
    return Ended(child.returncode, out.decode(), err.decode()), question.decode()


def test_after_a_yes_the_plan_is_carried_out_and_read_back(world: World) -> None:
    ended, question = answered("apply", *world.flags(), answer="yes\n")

    assert "Only 'yes' is accepted to approve: " in question
    assert ended.status == 0
    assert "  + 10.200.1.0/24 via 10.240.0.31  worker-1\n" in ended.out
    assert ended.out.endswith("Applied: 1 of 1 change, read back.\n")
    assert ended.err == "podroute: applying 1 change\n"
    assert world.installed() == BOTH


def test_a_pipe_is_not_read_again_after_the_yes(world: World) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as pipe:
        pipe.write(node_list(worker(0), worker(1)))
    flags = [*world.router(), "-f", f"/dev/fd/{reading}"]

    ended, _ = answered("apply", *flags, answer="yes\n", inherited=[reading])

    os.close(reading)
    assert (ended.status, ended.err) == (0, "podroute: applying 1 change\n")
    assert world.installed() == BOTH


def test_ctrl_c_at_the_question_changes_nothing(world: World) -> None:
    before = world.installed()

    ended, _ = answered("apply", *world.flags(), ctrl_c=True)

    assert ended.status == 130
    assert ended.err.endswith("podroute: interrupted; podroute plan shows what is left to do\n")
    assert world.installed() == before


@pytest.mark.parametrize("answer", ["y\n", "no\n", "\n", "YES\n"])
def test_anything_but_yes_changes_nothing(world: World, answer: str) -> None:
    before = world.installed()

    ended, _ = answered("apply", *world.flags(), answer=answer)

    assert ended.status == 5
    assert ended.err == "podroute: not approved, nothing was changed\n"
    assert world.installed() == before


def test_what_changes_while_the_question_is_open_is_not_overrun(world: World) -> None:
    taken = "10.200.1.0/24 10.240.0.77 foreign"

    ended, _ = answered(
        "apply", *world.flags(), answer="yes\n", meanwhile=lambda: world.routes(taken)
    )

    assert ended.status == 5
    assert "the plan is stale, nothing was changed: no longer: + 10.200.1.0/24" in ended.err
    assert world.installed() == [taken]


def test_without_a_terminal_nobody_is_asked(world: World) -> None:
    before = world.installed()

    ended = process("apply", *world.flags())

    assert ended.status == 2
    assert "give --auto-approve" in ended.err
    assert world.installed() == before


def test_a_dry_run_shows_and_stops(world: World) -> None:
    before = world.installed()

    ended = podroute("apply", *world.flags(), "--dry-run")

    assert ended.status == 0
    assert "Plan: 1 to add" in ended.out
    assert world.installed() == before


def test_nodes_from_standard_input(world: World) -> None:
    ended = process("apply", *world.router(), "-f", "-", YES, stdin=node_list(worker(0), worker(1)))

    assert ended.status == 0
    assert world.installed() == BOTH


def test_a_second_apply_has_nothing_to_do(world: World) -> None:
    podroute("apply", *world.flags(), YES)

    ended = podroute("apply", *world.flags())

    assert ended.status == 0
    assert ended.out.endswith(
        "Plan: 0 to add, 0 to change, 0 to remove; 2 unchanged.\nNothing to do.\n"
    )


def test_adopt_takes_over_what_leads_there_already(world: World) -> None:
    world.routes(BOTH[0], "10.200.1.0/24 10.240.0.31 foreign")

    without = podroute("apply", *world.flags(), YES)
    with_it = podroute("apply", *world.flags(), YES, "--adopt")

    assert without.out.endswith("Nothing to do.\n")
    assert with_it.status == 0
    assert world.installed() == BOTH


class TestHeldBack:
    """More leaves at once than passes unasked."""

    @pytest.fixture
    def leaving(self, world: World) -> list[str]:
        """Five routes that nobody needs."""
        lines = [f"10.200.{n}.0/24 10.240.0.{30 + n} ours" for n in range(5, 10)]
        world.routes(*lines)
        return lines

    def test_harmless_changes_are_made_all_the_same(self, world: World, leaving: list[str]) -> None:
        ended = podroute("apply", *world.flags(), YES)

        assert ended.status == 5
        assert "Applied: 2 of 2 changes" in ended.out
        assert "podroute: Held back (5" in ended.err
        assert (ended.out + ended.err).count("If that is right: ") == 1
        assert world.installed() == sorted([*BOTH, *leaving])

    @pytest.mark.parametrize("first", [YES, "--dry-run"])
    def test_the_command_that_is_shown_lets_them_pass(
        self, world: World, leaving: list[str], first: str
    ) -> None:
        assert leaving
        held = podroute("apply", *world.flags(), first)
        way = (held.out + held.err).split("If that is right: podroute ")[1].splitlines()[0]

        wrong = podroute("apply", *world.flags(), YES, "--confirm", "00000000")
        right = podroute(*shlex.split(way), *([] if YES in way else [YES]))

        assert wrong.status == 5
        assert "--confirm 00000000 is the word for other changes" in wrong.err
        assert right.status == 0
        assert world.installed() == BOTH

    def test_only_held_back_means_refused_without_a_question(
        self, world: World, leaving: list[str]
    ) -> None:
        world.routes(*BOTH, *leaving)

        ended = podroute("apply", *world.flags())

        assert ended.status == 5
        assert "Applied" not in ended.out

    def test_no_node_at_all_empties_no_router(self, world: World, leaving: list[str]) -> None:
        world.nodes()

        ended = podroute("apply", *world.flags(), YES)

        assert ended.status == 5
        assert "the Node list is empty" in ended.err
        assert world.installed() == leaving


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ("unreadable", 3, "podroute: the router does not answer\n"),
        ("lost", 3, "podroute: the router has gone\n"),
        ("refuses", 4, "failed: + 10.200.1.0/24 via 10.240.0.31  worker-1: the router says no\n"),
        ("lies", 4, "worker-1: the router took it, but it is not so when read back\n"),
        ("mute", 3, "1 change sent, but not to be read back: the router does not answer"),
    ],
)
def test_a_router_that_fails(world: World, fault: str, status: int, words: str) -> None:
    ended = podroute("apply", *world.flags(fault), YES)

    assert ended.status == status
    assert words in ended.err
    assert "1 of 1" not in ended.out


def test_a_router_that_is_lost_halfway_leaves_a_rest_for_the_next_apply(world: World) -> None:
    nodes = [node(f"n{n}", f"10.240.{n >> 8}.{n & 255}", f"10.200.{n}.0/24") for n in range(1, 256)]
    nodes += [
        node(f"m{n}", f"10.241.{n >> 8}.{n & 255}", f"10.201.{n}.0/24") for n in range(1, 256)
    ]
    world.nodes(*nodes)
    world.routes()
    flags = [*world.flags("lost halfway"), "--cluster-cidr", "10.200.0.0/15"]
    flags.remove("10.200.0.0/16")
    flags.remove("--cluster-cidr")

    ended = podroute("apply", *flags, YES)
    again = podroute("apply", *flags, YES)

    assert ended.status == 4
    assert "Applied: 500 of 510 changes" in ended.out
    assert ended.err.count("the router has gone") == 10
    assert again.status == 0
    assert len(world.installed()) == 510


def all_of(screen: int) -> str:
    """The kernel hands on piece by piece what was written to a terminal; then it has an error."""
    shown = b""
    with suppress(OSError):
        while piece := os.read(screen, 65536):
            shown += piece
    return shown.decode()


def test_progress_is_a_bar_only_on_a_terminal(world: World) -> None:
    screen, terminal = pty.openpty()

    subprocess.run(
        [sys.executable, "-m", "podroute", "apply", *world.flags(), YES],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=terminal,
        env={**CLEAN, **process_environment(), "TERM": "xterm"},
    )
    os.close(terminal)
    shown = all_of(screen)
    os.close(screen)

    assert "100%" in shown
    assert "applying" not in shown
