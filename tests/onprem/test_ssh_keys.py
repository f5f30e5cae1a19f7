"""Keys that are named nowhere: an agent's, and those in the folder of whoever runs podroute."""

import subprocess
from collections.abc import Generator, Mapping
from pathlib import Path
from shutil import copy

import pytest

from tests.machine_root import needs_machine_root
from tests.netns.lab_command import until
from tests.onprem.daemons_of_debian import listens
from tests.onprem.sshd import SshRouter
from tests.unit.command import Ended, node_list, process, worker

pytestmark = [pytest.mark.netns, needs_machine_root]

FLAGS = ("--provider", "linux-ssh", "-f", "-", "--cluster-cidr", "10.200.0.0/16")


@pytest.fixture
def at_home(tmp_path: Path) -> Generator[Mapping[str, str]]:
    """The environment of somebody with an agent that has no keys, and none in ~/.ssh."""
    home, socket = tmp_path / "home", tmp_path / "agent"
    (home / ".ssh").mkdir(parents=True, mode=0o700)
    with subprocess.Popen(
        ["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL
    ) as agent:
        try:
            until(lambda: listens(socket))
            yield {"HOME": str(home), "SSH_AUTH_SOCK": str(socket)}
        finally:
            agent.terminate()


def table(router: SshRouter, environment: Mapping[str, str]) -> Ended:
    chosen = router.options()
    words = [f"--provider-option={name}={chosen[name]}" for name in ("router", "known-hosts")]
    with router.node.entered():
        nodes = node_list(worker(0))
        return process("table", *FLAGS, *words, stdin=nodes, environment=environment)


def test_an_agent_holds_it(router: SshRouter, at_home: Mapping[str, str]) -> None:
    refused = table(router, at_home)
    words = ["ssh-add", "-q", str(router.place / "key")]
    subprocess.run(words, env=dict(at_home), check=True, capture_output=True)
    let_in = table(router, at_home)

    assert refused.status == 3
    assert "login refused with the agent's keys and those of ~/.ssh" in refused.err
    assert let_in.status == 0, let_in
    assert "Missing" in let_in.out


def test_it_is_where_keys_are(router: SshRouter, at_home: Mapping[str, str]) -> None:
    copy(router.place / "key", Path(at_home["HOME"], ".ssh/id_ed25519"))
    let_in = table(router, {**at_home, "SSH_AUTH_SOCK": ""})

    assert let_in.status == 0, let_in
