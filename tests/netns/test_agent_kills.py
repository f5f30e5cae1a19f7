"""An agent that is killed at any moment: the next one makes it good."""

import os
import signal
import subprocess
import sys

import pytest

from tests.environment import unmeasured
from tests.netns.agents import (
    WorkerPlace,
    plugins,
)
from tests.netns.lab_command import until
from tests.unit.command import CLEAN

pytestmark = pytest.mark.netns

DUAL = ("--pod-cidr", "10.200.0.0/24,fd00:10:200::/64")


def test_a_kill_behind_each_change_is_made_good_and_cleaned_up(place: WorkerPlace) -> None:
    before = place.fingerprint()
    script = [sys.executable, "-m", "tests.netns.killed_worker", str(place.folder), str(plugins())]

    with place.worker.entered():
        done = subprocess.run(
            [*script, *DUAL[1].split(",")],
            check=False,
            capture_output=True,
            text=True,
            env=unmeasured(CLEAN),
        )

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10
    assert place.fingerprint() == before


def test_a_kill_at_any_moment_is_made_good(place: WorkerPlace) -> None:
    assert place.agent(*DUAL, "--once").status == 0
    whole = place.fingerprint()
    steps = len(place.agent("--cleanup").out.splitlines()) - 1
    assert steps > 5
    for delay in range(0, 60, 7):
        with place.running(*DUAL) as process:
            until(lambda: place.worker.ip("-o", "link").count("cbr0") > 0)
            for _ in range(delay):
                os.sched_yield()
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        assert place.agent(*DUAL, "--once").status == 0
        assert place.agent(*DUAL, "--once").out == "Nothing to do.\n"
        mended = place.fingerprint()
        assert mended["firewall"] == whole["firewall"]
        assert place.agent("--cleanup").status == 0
        assert "cbr0" not in place.worker.ip("link")
