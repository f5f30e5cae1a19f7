"""A running controller of two routers, and those who look at both without one."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.unit.command import CLEAN, podroute, process_environment
from tests.unit.kube_server import Server, serving
from tests.unit.two_routers import Two
from tests.unit.watch_texts import initial
from tests.waiting import until

STALE = "10.200.5.0/24 10.240.0.99 ours"
COMMANDS = {"podCIDR": "10.200.5.0/24"}


@pytest.fixture
def server(tmp_path: Path) -> Generator[Server]:
    """A cluster of one Node without a podCIDR."""
    with serving(tmp_path) as one:
        one.answer = lambda _: one.feed(initial(7, "worker-0"))
        yield one


@pytest.fixture
def two(tmp_path: Path) -> Two:
    two = Two(tmp_path)
    for name in ("left", "right"):
        two.set(name, STALE)
    return two


@contextmanager
def running(*arguments: str) -> Generator[subprocess.Popen[str]]:
    """Ended by SIGTERM; its output is one text."""
    with subprocess.Popen(
        [sys.executable, "-m", "podroute", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**CLEAN, **process_environment()},
        text=True,
    ) as one:
        try:
            yield one
        finally:
            one.terminate()
            one.communicate(timeout=60)


def controller(server: Server, config: str) -> Sequence[str]:
    """Its command line."""
    flags = ["--no-leader-elect", "--metrics-bind-address=127.0.0.1:0", "--routers-needed=any"]
    flags += ["--kubeconfig", server.kubeconfig(), "--route-reconciliation-period=1s", config]
    return ["controller", *flags]


def commands(url: str) -> Sequence[str]:
    answer = httpx2.get(f"{url}/api/v1alpha1/commands", params=COMMANDS, trust_env=False)
    told: Sequence[str] = answer.json()["commands"]
    return told


async def test_a_controller_keeps_one_router_while_the_other_is_away(
    two: Two, server: Server
) -> None:
    with running(*controller(server, two.config(right="unreadable"))) as keeping:
        assert keeping.stdout is not None
        address = ""
        while not address:
            found = re.search(r"address=(\S+)", keeping.stdout.readline())
            address = found[1] if found else ""
        await until(lambda: two.has("left") == [])
        assert two.has("right") == [STALE]
        status = await asyncio.to_thread(podroute, "status", "--controller", address)
        metrics = httpx2.get(f"http://{address}/metrics", trust_env=False).text
        ready = httpx2.get(f"http://{address}/readyz", trust_env=False).status_code

    told = [" ".join(line.split()) for line in status.out.splitlines()]
    assert [line for line in told if line.startswith("Router: left: file, read ")]
    words = "Router: right: file, not reached: the router does not answer; not read yet"
    assert words in told
    assert 'code="unreachable",method="read",provider="file",router="right"' in metrics
    assert ready == 200
    assert keeping.returncode == 0


async def test_a_controller_waits_for_no_router_that_cannot_be_opened_yet(
    two: Two, server: Server
) -> None:
    """As of a cloud whose login fails; each read tries again."""
    with running(*controller(server, two.config(left="shut"))) as keeping:
        await until(lambda: two.has("right") == [])
        assert two.has("left") == [STALE]
        (two.folder / "left.open").touch()
        await until(lambda: two.has("left") == [])
        keeping.terminate()
        told, _ = keeping.communicate(timeout=15)

    assert keeping.returncode == 0
    assert "the login failed" in told


async def test_one_that_hangs_does_not_delay_the_end(two: Two, server: Server) -> None:
    with running(*controller(server, two.config(right="hangs"))) as keeping:
        await until(lambda: two.has("left") == [])
        keeping.terminate()
        keeping.communicate(timeout=15)

    assert keeping.returncode == 0


def test_a_look_at_both_shows_each(two: Two, server: Server) -> None:
    flags = ("--kubeconfig", server.kubeconfig(), two.config(), "--bind-address=127.0.0.1:0")
    with running("web", *flags) as web:
        assert web.stdout is not None
        told = commands(web.stdout.readline().strip().rstrip("/"))
    assert told == ["# router left", "# Delete", "# router right", "# Delete"]


def test_one_that_cannot_be_opened_hides_no_other(two: Two, server: Server) -> None:
    """As of a cloud whose login fails."""
    flags = ("--kubeconfig", server.kubeconfig(), two.config(left="shut"))
    with running("table", "-w", *flags) as table:
        assert table.stdout is not None
        told: list[str] = []
        while not told or "10.200.5.0/24" not in told[-1]:
            line = table.stdout.readline()
            assert line, told
            told.append(line)

    assert "podroute: router left: the login failed\n" in told
    assert "right" in told[-1].split()


def test_where_none_can_be_opened_it_is_said(two: Two, server: Server) -> None:
    config = two.config(left="shut", right="shut")
    ended = podroute("status", "--kubeconfig", server.kubeconfig(), config)

    assert (ended.status, ended.out) == (3, "")
    assert "the login failed" in ended.err
