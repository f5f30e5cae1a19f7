"""The shell blocks of the README do what they promise, on a real cluster and a real router."""

import os
import re
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from podroute.testing.netns import node_network
from tests.cluster.control_plane import ControlPlane
from tests.cluster.programs import programs

pytestmark = pytest.mark.cluster

README = Path(__file__).parents[2] / "README.md"
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def router(tmp_path_factory: pytest.TempPathFactory) -> Generator[dict[str, str]]:
    """A machine that is the router of a cluster of three; its environment."""
    folder = tmp_path_factory.mktemp("readme")
    with node_network() as node, node.entered():
        plane = ControlPlane.start(folder)
        plane.create_nodes(3, cluster_cidr="10.200.0.0/16")
        path = os.pathsep.join(
            [str(Path(sys.executable).parent), str(programs()), os.environ["PATH"]]
        )
        environment = {
            **os.environ,
            "KUBECONFIG": str(plane.kubeconfig()),
            "HOME": str(folder),
            "XDG_STATE_HOME": str(folder / ".local" / "state"),
            "PATH": path,
            "TERM": "dumb",
        }
        try:
            yield environment
        finally:
            subprocess.run(["podroute", "lab", "down"], check=True, env=environment)
            plane.stop()


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_a_block_of_the_readme_runs_as_it_stands(number: int, router: dict[str, str]) -> None:
    """On a terminal, where podroute asks and is answered."""
    script = Path(router["HOME"]) / f"block-{number}.sh"
    script.write_text(f"set -eu\n{BLOCKS[number]}")

    done = subprocess.run(
        ["script", "--quiet", "--return", "--command", f"bash {script}", "/dev/null"],
        check=False,
        capture_output=True,
        text=True,
        input="yes\n" * 2,
        cwd=router["HOME"],
        env=router,
        timeout=120,
    )

    assert done.returncode == 0, done.stdout
    assert "Traceback" not in done.stdout


def test_after_the_readme_the_router_has_the_routes(router: dict[str, str]) -> None:
    shown = subprocess.run(
        ["ip", "route", "show", "proto", "200"],
        check=True,
        capture_output=True,
        text=True,
        env=router,
    ).stdout

    assert [line.split()[:3] for line in shown.splitlines()] == [
        ["10.200.0.0/24", "via", "10.240.0.20"],
        ["10.200.1.0/24", "via", "10.240.0.21"],
        ["10.200.2.0/24", "via", "10.240.0.22"],
    ]
