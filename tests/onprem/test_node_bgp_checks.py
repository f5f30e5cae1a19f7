"""podroute check worker where GoBGP announces the worker, or does not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.netns.agents import WorkerPlace
from tests.onprem.gobgp import api_in
from tests.onprem.rack import OWN, Rack, rack
from tests.unit.command import CLEAN

pytestmark = pytest.mark.netns

CIDRS = "--cluster-cidr=10.200.0.0/16,fd00:10:200::/48"


def announcing(place: WorkerPlace) -> tuple[str, ...]:
    return ("--announce=gobgp", f"--announce-option=address={api_in(place.folder)}", CIDRS)


def verdicts(made: Rack, *more: str) -> dict[str, str]:
    """Of the checks about BGP."""
    place = made.workers[0]
    known = ("-f", str(made.nodes), "--node-name", "worker-0")
    flags = place.flags(*known, *announcing(place), *more)
    with place.worker.entered():
        done = subprocess.run(
            [sys.executable, "-m", "podroute", "check", "worker", *flags, "-o", "json"],
            check=False,
            capture_output=True,
            text=True,
            env=CLEAN,
        )
    items = json.loads(done.stdout)["items"]
    return {one["id"]: one["verdict"] for one in items if one["id"].startswith("bgp-")}


async def test_what_the_daemon_lacks_is_found(tmp_path: Path) -> None:
    async with rack(tmp_path) as made:
        place = made.workers[0]
        assert verdicts(made) == {"bgp-daemon": "failed", "bgp-announced": "skipped"}

        async with made.gobgp(0):
            waiting = verdicts(made)
            assert (waiting["bgp-daemon"], waiting["bgp-announced"]) == ("passed", "failed")
            assert waiting["bgp-session"] == "failed"
            in_vain = verdicts(made, "--bridge=eth0")  # no agent would announce anything
            assert in_vain["bgp-announced"] == "passed"

            assert place.agent(*made.flags(0, *announcing(place)), "--once").status == 0
            await made.until_learned(OWN[0])

            assert verdicts(made) == {
                "bgp-daemon": "passed",
                "bgp-announced": "passed",
                "bgp-neighbor": "passed",
                "bgp-session": "passed",
                "bgp-import": "passed",
                "bgp-told": "passed",
                "bgp-used": "skipped",  # BGP does not tell
            }
