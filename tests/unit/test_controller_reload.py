"""A running controller: SIGHUP, and a configuration file that changes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Timer
from typing import IO

import pytest

from tests.unit.command import CLEAN, process_environment
from tests.unit.kube_server import Answer, Request, Server, serving
from tests.unit.watch_texts import initial

WITHIN = 60.0
CONFIG = "apiVersion: podroute/v1alpha1\ncluster-cidr: 10.200.0.0/16\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as one:
        yield one


@contextmanager
def controller(
    server: Server,
    *flags: str,
    kubeconfig: Path | None = None,
    starting: Callable[[subprocess.Popen[str]], None] = lambda _: None,
) -> Generator[subprocess.Popen[str]]:
    """Running, and already asking for the Nodes; asked to end, it ends with 0; killed if stuck."""
    asked = Event()

    def answer(_: Request) -> Answer:
        asked.set()
        return server.feed(initial(7))

    server.answer = answer
    usual = ["--allocate-node-cidrs", "--leader-elect=false", "--metrics-bind-address="]
    command = [sys.executable, "-m", "podroute", "controller", *usual, *flags]
    with subprocess.Popen(
        [*command, f"--kubeconfig={kubeconfig or server.kubeconfig()}"],
        stderr=subprocess.PIPE,
        text=True,
        env={**CLEAN, **process_environment()},
    ) as child:
        stuck = Timer(WITHIN, child.kill)
        stuck.start()
        try:
            starting(child)
            assert asked.wait(WITHIN)
            yield child
            child.terminate()
            assert child.wait(WITHIN) == 0
        finally:
            stuck.cancel()
            child.kill()


def line_with(words: str, stream: IO[str] | None) -> str:
    """The next such line; "" where the stream ends before it."""
    return next((line for line in stream or () if words in line), "")


def test_sighup_without_a_file_is_told_and_nothing_else(server: Server) -> None:
    with controller(server, "--cluster-cidr=10.200.0.0/16") as child:
        for _ in range(2):
            child.send_signal(signal.SIGHUP)
            line = line_with("no file to read again", child.stderr)
            assert "started without --config" in line


def test_a_change_during_the_start_is_not_lost(server: Server, tmp_path: Path) -> None:
    config, pipe = tmp_path / "podroute.yaml", tmp_path / "kubeconfig"
    config.write_text(CONFIG)
    os.mkfifo(pipe)

    def change(child: subprocess.Popen[str]) -> None:
        with pipe.open("w") as end:  # it is open when its reader has read the configuration
            config.write_text(CONFIG + "quarantine: 1s\n")
            child.send_signal(signal.SIGHUP)
            end.write(Path(server.kubeconfig()).read_text())

    flags = (f"--config={config}",)
    with controller(server, *flags, kubeconfig=pipe, starting=change) as child:
        assert "default" in line_with("address plan changed", child.stderr)


def test_a_changed_key_that_needs_a_restart_is_named(server: Server, tmp_path: Path) -> None:
    config = tmp_path / "podroute.yaml"
    config.write_text(CONFIG)
    with controller(server, f"--config={config}") as child:
        config.write_text(CONFIG + "kube-api-qps: 5\nsettle: 50s\nquarantine: 1s\n")
        child.send_signal(signal.SIGHUP)
        line = line_with("needs a restart", child.stderr)
        changed = line_with("address plan changed", child.stderr)

    assert 'keys="kube-api-qps, settle"' in line
    assert "default" in changed


@pytest.mark.parametrize("text", ["", CONFIG + "kube-api-burst: 0\n", CONFIG + CONFIG])
def test_a_bad_file_changes_nothing(server: Server, tmp_path: Path, text: str) -> None:
    config = tmp_path / "podroute.yaml"
    config.write_text(CONFIG)
    with controller(server, f"--config={config}") as child:
        config.write_text(text)
        child.send_signal(signal.SIGHUP)
        assert "why=" in line_with("address plan not changed", child.stderr)
