"""podroute as a process: killed in the middle, and what it says when it cannot begin."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event
from typing import Final

import pytest

from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.faults import Faults
from podroute.testing.gcp.running import running
from tests.gcp.gcloud import flags
from tests.gcp.token_server import service_account_key, token_server
from tests.unit.command import CLEAN, Ended, node_list, podroute, process, worker

LEFT: Final = (
    "podroute: interrupted, made or not: + 10.200.0.0/24 via 10.240.0.30 worker-0; "
    "+ 10.200.1.0/24 via 10.240.0.31 worker-1; + 10.200.2.0/24 via 10.240.0.32 worker-2 "
    "and 37 more; podroute plan shows what is left to do"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "nodes.json").write_text(node_list(worker(0), worker(1), worker(2)))
    return tmp_path


@pytest.mark.parametrize("at", [1, 3, 4, 5, 7])
def test_a_process_killed_at_a_call_leaves_nothing_that_the_next_does_not_finish(
    folder: Path, at: int
) -> None:
    cloud = Cloud()
    cloud.faults.operation_time = 0.05
    reached = Event()

    def trouble(number: int, _method: str) -> None:
        if number >= at:  # calls at one moment may share a number
            reached.set()

    cloud.faults.at_call = trouble
    with running(cloud) as served:
        command = ["-m", "podroute", "apply", "--auto-approve", *flags(served, folder)]
        with subprocess.Popen(
            [sys.executable, *command],
            env=CLEAN,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as victim:
            came = reached.wait(60)
            victim.kill()
        assert came
        assert podroute("apply", "--auto-approve", *flags(served, folder)).status == 0
        shown = podroute("plan", "--detailed-exitcode", *flags(served, folder))

    assert shown.status == 0
    assert len(cloud.routes()) == 3


@pytest.mark.parametrize(("at", "latency"), [(5, 0.05), (20, 0.05), (20, 120.0)])
def test_an_interrupt_among_many_calls_names_some_and_the_next_run_finishes(
    tmp_path: Path, at: int, latency: float
) -> None:
    (tmp_path / "nodes.json").write_text(node_list(*map(worker, range(40))))
    cloud = Cloud()
    cloud.faults.latency, cloud.faults.operation_time = 0.05, 0.2
    reached, interrupted = Event(), Event()

    def trouble(number: int, _method: str) -> None:
        if number >= at:
            cloud.faults.latency = latency
            reached.set()
            interrupted.wait(60)

    cloud.faults.at_call = trouble
    with running(cloud) as served:
        command = ["-m", "podroute", "apply", "--auto-approve", *flags(served, tmp_path)]
        with subprocess.Popen(
            [sys.executable, *command],
            env=CLEAN,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as victim:
            came = reached.wait(60)
            victim.send_signal(signal.SIGINT)
            interrupted.set()
            _, said = victim.communicate(timeout=60)
        cloud.faults = Faults()
        assert podroute("apply", "--auto-approve", *flags(served, tmp_path)).status == 0

    assert came
    first, *_, last = said.splitlines()  # where it takes long it says for what it waits
    assert (first, last) == ("podroute: applying 40 changes", LEFT)
    assert victim.returncode == 130
    assert len(cloud.routes()) == 40


@pytest.mark.parametrize("taken_by", ["the main thread", "another thread"])
def test_an_interrupt_waits_for_no_token(tmp_path: Path, taken_by: str) -> None:
    """The file is a pipe into which nobody writes."""
    token = tmp_path / "pipe"
    os.mkfifo(token)
    (tmp_path / "nodes.json").write_text(node_list(worker(0)))
    with running(Cloud()) as served:
        given = flags(served, tmp_path, access_token_file=str(token))
        with subprocess.Popen(
            [sys.executable, "-m", "podroute", "plan", *given],
            env=CLEAN,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as victim:
            writing = os.open(token, os.O_WRONLY)  # when it is being read, by a thread
            threads = [int(one.name) for one in Path(f"/proc/{victim.pid}/task").iterdir()]
            other = max(one for one in threads if one != victim.pid)
            os.kill(other if taken_by == "another thread" else victim.pid, signal.SIGINT)
            _, said = victim.communicate(timeout=30)
            os.close(writing)

    assert (victim.returncode, said) == (130, "podroute: interrupted\n")


def without_credentials(folder: Path, *words: str, **environment: str) -> Ended:
    """Nobody has logged in here, and there is no metadata server."""
    nowhere = {
        "HOME": str(folder),
        "CLOUDSDK_CONFIG": str(folder),
        "NO_GCE_CHECK": "true",
        "GOOGLE_APPLICATION_CREDENTIALS": "",
        **environment,
    }
    options = [word for one in words for word in ("--provider-option", one)]
    nodes = ["-f", str(folder / "nodes.json"), "--cluster-cidr", "10.200.0.0/16"]
    return process("plan", "--provider", "gcp", *options, *nodes, environment=nowhere)


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["project=p"], 2, "missing required field `network`"),
        (["network=n", "project=p"], 3, "no credentials for Google Cloud"),
        (["network=n", "project=p", "credentials=/no/file"], 3, "/no/file"),
        (["network=n", "access_token_file=/no/file"], 2, "the credentials name no project"),
        (
            ["network=n", "project=p", "access_token_file=/no/file"],
            3,
            "access_token_file /no/file: No such file or directory\n",
        ),
        (["network=n", "endpoint=https://[::bad/x"], 2, "is not like https://HOST"),
        (["network=n", "project=p", "priority=high"], 2, "Expected `int`, got `str`"),
    ],
)
def test_what_is_missing_is_said_in_one_message(
    folder: Path, words: list[str], status: int, message: str
) -> None:
    ended = without_credentials(folder, *words)

    assert ended.status == status, ended.err
    assert message in ended.err
    assert "Traceback" not in ended.err
    assert ended.err.count("\n") == 1


def test_a_key_of_a_service_account_is_not_shown(folder: Path) -> None:
    key = folder / "key.json"
    key.write_text(json.dumps({"type": "service_account", "private_key": "very-secret"}))
    ended = without_credentials(folder, "network=n", "project=p", f"credentials={key}")

    assert ended.status == 3
    assert "very-secret" not in ended.out + ended.err


def test_application_default_credentials_of_a_service_account_are_used(folder: Path) -> None:

    cloud = Cloud()
    cloud.faults.tokens = {"granted-1"}
    with running(cloud) as served, token_server() as issued:
        key = folder / "key.json"
        key.write_text(service_account_key(issued.url, cloud.project))
        ended = without_credentials(
            folder,
            "network=kubernetes",
            f"endpoint={served.endpoint}",
            GOOGLE_APPLICATION_CREDENTIALS=str(key),
        )

    assert ended.status == 0, ended.err
    assert "3 to create" in ended.out or "+ 10.200.2.0/24" in ended.out
    assert issued.asked == 1
