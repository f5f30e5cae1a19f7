"""A kernel that tells an agent nothing of files: somebody else has taken all that it gives."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.environment import unmeasured
from tests.netns.agents import plugins
from tests.netns.lab_command import until
from tests.unit.command import CLEAN

pytestmark = pytest.mark.netns

NOTHING_LEFT = 'echo 0 > /proc/sys/user/max_inotify_instances; ip link set lo up; exec "$@"'
ENOUGH = "echo 128 > /proc/sys/user/max_inotify_instances"


@contextmanager
def deaf_agent(folder: Path) -> Generator[subprocess.Popen[bytes]]:
    """Among users of its own, whose share the kernel counts apart."""
    within = ["unshare", "--user", "--map-root-user", "--net", "sh", "-ec", NOTHING_LEFT, "sh"]
    places = ["--cni-conf-dir", str(folder / "net.d"), "--state-dir", str(folder / "state")]
    flags = ["--pod-cidr", "10.200.0.0/24", "--sync-period", "200ms", *places]
    agent = [sys.executable, "-m", "podroute", "agent", *flags, "--cni-bin-dir", str(plugins())]
    with (folder / "log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen([*within, *agent], stderr=log, env=unmeasured(CLEAN))
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def test_it_looks_at_each_period_and_says_so_until_it_hears(tmp_path: Path) -> None:
    conflist, log = tmp_path / "net.d/10-podroute.conflist", tmp_path / "log"
    with deaf_agent(tmp_path) as process:
        until(conflist.exists)
        conflist.unlink()
        until(conflist.exists)
        assert "files that change are seen at each period: Too many open files" in log.read_text()
        assert "sysctl -w fs.inotify.max_user_instances=1024" in log.read_text()

        inside = ["nsenter", "--target", str(process.pid), "--user", "--preserve-credentials"]
        subprocess.run([*inside, "sh", "-c", ENOUGH], check=True)

        until(lambda: "over" in log.read_text())
    assert process.returncode == 0
