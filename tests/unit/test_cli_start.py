"""How the command starts and ends: help, version, completion, settings, signals."""

import json
import os
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.unit.command import (
    CLEAN,
    Ended,
    World,
    podroute,
    process,
    process_environment,
    worker,
)
from tests.waiting import asleep

FIRST = ["table", "plan", "apply", "status", "controller", "web", "agent"]
SECOND = ["check", "explain", "ipam", "bgp", "on-router", "lab", "version", "completion"]
VERBS = [*FIRST, *SECOND]
HEAVY = {"cyclopts", "rich", "msgspec", "yaml", "lightkube", "httpx2", "pyroute2", "asyncio"}
FOREIGN = {"lightkube", "httpx2", "pyroute2"}


def imported(*arguments: str) -> set[str]:
    """The top-level packages that a run imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "podroute", *arguments],
        check=True,
        capture_output=True,
        text=True,
        env={**CLEAN, **process_environment()},
    )
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.nodes(worker(0))
    return world


def test_help_starts_with_next_to_nothing() -> None:
    assert not imported("--help") & HEAVY


def test_a_verb_imports_only_what_it_uses(world: World) -> None:
    assert not imported("plan", *world.flags()) & FOREIGN
    assert not imported("plan", "--help") & FOREIGN
    assert not imported("table", "-f", str(world.nodes_file)) & FOREIGN


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_names_every_verb(arguments: list[str]) -> None:
    ended = podroute(*arguments)

    assert (ended.status, ended.err) == (0, "")
    assert [line.split()[0] for line in ended.out.splitlines() if line[:2] == "  "] == VERBS


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str) -> None:
    ended = podroute(verb, "--help")

    assert ended.status == 0
    assert f"podroute {verb}" in ended.out


def test_plan_and_apply_offer_no_selector() -> None:
    assert "--selector" in podroute("table", "--help").out
    assert "--selector" not in podroute("plan", "--help").out
    assert "--selector" not in podroute("apply", "--help").out


def test_version() -> None:
    document = json.loads(podroute("version", "-o", "json").out)

    assert podroute("--version").out == f"{version('podroute')}\n"
    assert podroute("version").out.startswith(f"podroute {version('podroute')}\n")
    assert document["apiVersion"] == "podroute/v1alpha1"
    assert document["podroute"] == version("podroute")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_knows_the_verbs(shell: str) -> None:
    ended = podroute("completion", shell)

    assert ended.status == 0
    assert all(verb in ended.out for verb in VERBS)


def test_bash_accepts_its_completion_script() -> None:
    script = podroute("completion", "bash").out

    subprocess.run(["/bin/bash", "-n"], input=script, text=True, check=True)


def completed(*words: str) -> Ended:
    program = Path(sys.executable).with_name("kubectl_complete-podroute")
    done = subprocess.run(
        [str(program), *words], check=False, capture_output=True, text=True, env=CLEAN
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize(
    ("words", "candidates"),
    [
        ([""], VERBS),
        (["ta"], ["table"]),
        (["xyz"], []),
        (["table", "--cl"], ["--cluster-cidr"]),
        (["plan", "--show"], ["--show-commands"]),
        (["lab", "de"], ["demo"]),
        (["plan", "--selec"], []),
    ],
)
def test_kubectls_protocol_of_completion(words: list[str], candidates: list[str]) -> None:
    ended = completed(*words)
    *lines, directive = ended.out.splitlines()

    assert (ended.status, ended.err, directive) == (0, "", ":4")
    assert [line.partition("\t")[0] for line in lines] == candidates
    assert all(line.partition("\t")[2] for line in lines)


def started(*arguments: str, stdout: int | None = None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "podroute", *arguments],
        env={**CLEAN, **process_environment()},
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


def test_a_closed_pipe_is_no_error_to_talk_about(world: World) -> None:
    reading, writing = os.pipe()
    os.close(reading)

    with started("table", "-f", str(world.nodes_file), stdout=writing) as child:
        os.close(writing)
        _, err = child.communicate(timeout=60)

    assert err == b""
    assert child.returncode == 141


@pytest.mark.parametrize(
    ("closed", "nodes", "status", "out", "err"),
    [
        ("<&-", "", 0, True, ""),
        ("2>&-", "", 0, True, ""),
        ("<&-", "-", 1, False, "podroute: standard input: Bad file descriptor\n"),
        (">&-", "", 1, False, "podroute: the output cannot be written: Bad file descriptor\n"),
        ("2>&-", "nowhere", 1, False, ""),
        ("<&- >&- 2>&-", "", 1, False, ""),
    ],
)
def test_streams_that_are_closed(
    world: World, closed: str, nodes: str, status: int, *, out: bool, err: str
) -> None:
    command = [sys.executable, "-m", "podroute", "table", "-f", nodes or str(world.nodes_file)]

    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {closed}', "", *command],
        check=False,
        capture_output=True,
        text=True,
        env=CLEAN,
    )

    assert (done.returncode, bool(done.stdout), done.stderr) == (status, out, err)


def test_output_that_is_longer_than_the_buffer_fails_the_same_way(world: World) -> None:
    world.nodes(*map(worker, range(200)))
    command = [sys.executable, "-m", "podroute", "table", "-f", str(world.nodes_file)]

    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "", *command],
        check=False,
        capture_output=True,
        text=True,
        env=CLEAN,
    )

    assert done.returncode == 1
    assert done.stderr == "podroute: the output cannot be written: Bad file descriptor\n"


def test_a_full_disk_is_told(world: World) -> None:
    with (
        Path("/dev/full").open("wb") as full,
        started("table", "-f", str(world.nodes_file), stdout=full.fileno()) as child,
    ):
        _, err = child.communicate(timeout=60)

    assert err == b"podroute: the output cannot be written: No space left on device\n"
    assert child.returncode == 1


def test_ctrl_c_ends_a_read_with_130_and_one_line(world: World) -> None:
    pipe = world.nodes_file.parent / "pipe"
    os.mkfifo(pipe)
    with started("table", "-f", str(pipe)) as child, pipe.open("wb"):
        asleep(child.pid)  # the pipe is open: it reads by now
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=60)

    assert child.returncode == 130
    assert err == b"podroute: interrupted\n"


def test_what_the_locale_cannot_write_is_spelt_out(world: World) -> None:
    world.nodes({**worker(0), "metadata": {"name": "wörker"}})

    ended = process("table", "-f", str(world.nodes_file), environment={"PYTHONIOENCODING": "ascii"})

    assert ended.status == 0
    assert "w\\xf6rker" in ended.out
