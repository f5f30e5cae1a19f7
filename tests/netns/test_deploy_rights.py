"""What ``deploy/`` gives a controller on a router is enough to change the kernel's routes."""

import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest
import yaml

from podroute.testing.netns import Namespace
from tests.unit.command import CLEAN, node_list, worker

pytestmark = pytest.mark.netns

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
FLAGS: Final = ("--provider=linux", "--cluster-cidr=10.200.0.0/16", "--auto-approve")
ROUTE: Final = "10.200.0.0/24 via 10.240.0.30 dev node0"


def of_the_unit() -> Sequence[str]:
    """The capabilities that systemd gives."""
    text = (DEPLOY / "podroute-controller.service").read_text()
    found = re.search("^AmbientCapabilities=(.*)$", text, re.MULTILINE)
    assert found is not None
    return [name.removeprefix("CAP_").lower() for name in found[1].split()]


def of_the_pod() -> Sequence[str]:
    """The capabilities that Kubernetes gives on a router."""
    patch = yaml.safe_load((DEPLOY / "on-router" / "controller.yaml").read_text())
    granted: Mapping[str, Sequence[str]] = patch["spec"]["template"]["spec"]["containers"][0][
        "securityContext"
    ]["capabilities"]
    assert granted["drop"] == ["ALL"]
    return [name.lower() for name in granted["add"]]


def apply(capabilities: Sequence[str], nodes: Path) -> subprocess.CompletedProcess[str]:
    """With these and no others, whoever we are."""
    some = ",".join(["-all", *(f"+{name}" for name in capabilities)])
    return subprocess.run(
        [
            "setpriv",
            "--no-new-privs",
            "--securebits=+noroot",
            f"--inh-caps={some}",
            f"--ambient-caps={some}",
            f"--bounding-set={some}",
            *(sys.executable, "-m", "podroute", "apply", *FLAGS, "-f", str(nodes)),
        ],
        check=False,
        capture_output=True,
        text=True,
        env=CLEAN,
    )


@pytest.mark.parametrize("given", [of_the_unit(), of_the_pod()], ids=["unit", "pod"])
def test_its_capabilities_are_enough(
    given: Sequence[str], netns: Namespace, tmp_path: Path
) -> None:
    nodes = tmp_path / "nodes.json"
    nodes.write_text(node_list(worker(0)))

    without, done = apply([], nodes), apply(given, nodes)

    assert without.returncode != 0
    assert "needs CAP_NET_ADMIN" in without.stderr
    assert done.returncode == 0, done.stderr
    assert netns.ip("route", "show", "proto", "200").strip().startswith(ROUTE)
