"""What an interrupt does to a process: where it is blocked, tidies up, says something, or ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.unit.command import CLEAN, World, worker
from tests.waiting import asleep

SLOW: Final = """
import asyncio, os, signal
from podroute.cli import event_loop

async def work():
    try:
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(60)
    finally:
        while signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            await asyncio.sleep(0.01)
        signal.raise_signal(signal.SIGINT)
        await asyncio.sleep(60)

event_loop.run(work())
"""
LONG: Final = """
import asyncio, signal
from podroute.cli import event_loop

async def beside():
    try:
        await asyncio.Event().wait()
    finally:
        while signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            await asyncio.sleep(0.01)
        print("tidied")

async def work():
    tasks.append(asyncio.create_task(beside()))
    await asyncio.sleep(0)
    signal.raise_signal(signal.SIGINT)

tasks = []
try:
    event_loop.run(work())
except KeyboardInterrupt:
    print("interrupted")
"""


def test_the_timer_raises_nothing_where_the_loop_is_only_tidied() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LONG], check=False, env=CLEAN, capture_output=True, timeout=30
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, b"tidied\ninterrupted\n", b"")


AT_THE_END: Final = """
import atexit, signal, sys
from podroute.cli.main import run

atexit.register(signal.raise_signal, signal.SIGINT)
sys.argv = ["podroute", "--version"]
run()
"""


UNREAD: Final = """
import asyncio, signal, time
from podroute.cli import event_loop

async def work():
    signal.raise_signal(signal.SIGINT)
    await asyncio.sleep(60)

try:
    event_loop.run(work(), held=0.1)
except KeyboardInterrupt:
    time.sleep(0.2)  # as whoever tells of it where nobody reads
    signal.raise_signal(signal.SIGINT)
"""


@pytest.mark.parametrize("program", [SLOW, AT_THE_END, UNREAD])
def test_the_next_ends_the_process_at_once_and_so_does_one_at_its_end(program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, env=CLEAN, capture_output=True, timeout=30
    )

    assert (done.returncode, done.stderr) == (-signal.SIGINT, b"")


TELLING: Final = """
import io, signal, sys
from podroute.cli.main import run

class Interrupted(io.StringIO):
    def write(self, text):
        signal.raise_signal(signal.SIGINT)

sys.argv, sys.stderr = ["podroute", "table", "-f", "/nowhere"], Interrupted()
run()
"""


def test_one_while_something_is_told_leaves_no_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", TELLING], check=False, env=CLEAN, timeout=30)

    assert done.returncode == 130


BLOCKED: Final = """
import asyncio, os, signal, sys
from podroute.cli import event_loop

async def work():
    os.write(1, b"reads")
    os.read(0, 1)

try:
    event_loop.run(work())
except KeyboardInterrupt:
    sys.exit(f"timer {signal.getitimer(0)}")
"""


def test_what_holds_the_loop_up_is_interrupted_there() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", BLOCKED],
        env=CLEAN,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        assert child.stdout.read(5) == b"reads"
        asleep(child.pid)
        child.send_signal(signal.SIGINT)
        child.wait(60)
        said = child.stderr.read()

    assert said == b"timer (0.0, 0.0)\n"


@pytest.mark.parametrize(
    ("provider", "option"),
    [("routeros", "password-file"), ("routeros", "ca"), ("vyos", "key-file"), ("vyos", "ca")],
)
def test_no_secret_and_no_trust_is_waited_for(tmp_path: Path, provider: str, option: str) -> None:
    """The file is a pipe into which nobody writes."""
    pipe, secret = tmp_path / "pipe", tmp_path / "secret"
    os.mkfifo(pipe, mode=0o600)
    secret.write_text("secret")
    secret.chmod(0o600)
    world = World(tmp_path)
    world.nodes(worker(0))
    usual = {"routeros": "password-file", "vyos": "key-file"}[provider]
    options = {"url": "https://127.0.0.1:9", usual: secret, option: pipe}
    given = [word for key in options for word in ("--provider-option", f"{key}={options[key]}")]
    command = ["plan", "--provider", provider, *given, "--cluster-cidr", "10.200.0.0/16"]
    with subprocess.Popen(
        [sys.executable, "-m", "podroute", *command, "-f", str(world.nodes_file)],
        env=CLEAN,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as victim:
        writing = os.open(pipe, os.O_WRONLY)  # when it is being read, by a thread
        victim.send_signal(signal.SIGINT)
        try:
            _, said = victim.communicate(timeout=30)
        finally:
            os.close(writing)

    assert (victim.returncode, said) == (130, "podroute: interrupted\n")
