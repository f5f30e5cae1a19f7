"""The lab whose router has real daemons: Pods reach each other by routes that it was given."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from podroute.lab.routers import RouterName
from tests.machine_root import needs_machine_root
from tests.netns.lab_command import LabCommand, matrix, suggested, until
from tests.onprem.programs import path_with_daemons

pytestmark = pytest.mark.netns

ROUTERS = [pytest.param("linux-ssh", marks=needs_machine_root), "frr", "gobgp"]
PROTOCOLS: Mapping[RouterName, str] = {"linux-ssh": "200", "frr": "196", "gobgp": "186"}


@pytest.mark.parametrize("router", ROUTERS)
@pytest.mark.parametrize("size", [["--workers", "2"], ["--dual-stack"]], ids=["IPv4", "dual stack"])
def test_pods_reach_each_other_by_routes_of_a_router(
    tmp_path: Path, router: RouterName, size: list[str]
) -> None:
    lab = LabCommand(tmp_path, variables={"PATH": path_with_daemons(tmp_path / "programs")})
    routes = 6 if "--dual-stack" in size else 2
    up = lab("up", "--router", router, *size)
    assert up.returncode == 0, up.stderr
    try:
        apart = matrix(lab)
        applied = lab(*suggested(up.stdout, "apply"), "--auto-approve")
        assert applied.returncode == 0, applied.stderr + applied.stdout
        until(lambda: matrix(lab).complete())
        shown = lab(*suggested(up.stdout, "table"))
        kernel = [
            line
            for family in ("-4", "-6")
            for line in lab("exec", "router", "--", "ip", "-N", family, "route").stdout.splitlines()
            if f" proto {PROTOCOLS[router]} " in line
        ]
    finally:
        down = lab("down")

    assert apart.only_on_one_worker()
    assert f"Applied: {routes} of {routes} changes, read back." in applied.stdout
    assert shown.stdout.count("InSync") == routes
    assert len(kernel) == routes
    assert down.returncode == 0
    until(lambda: lab.processes() == [])
