"""The lab whose router is a cloud's: Pods reach each other by routes that went through its API."""

from pathlib import Path

import pytest

from podroute.lab.clouds import CloudName
from tests.netns.lab_command import LabCommand, matrix, suggested, until

pytestmark = pytest.mark.netns


@pytest.mark.parametrize(
    ("cloud", "size", "routes"),
    [("gcp", ["--dual-stack"], 6), ("aws", ["--workers", "3"], 3), ("aws", ["--dual-stack"], 6)],
)
def test_pods_reach_each_other_by_routes_of_a_cloud(
    tmp_path: Path, cloud: CloudName, size: list[str], routes: int
) -> None:
    lab = LabCommand(tmp_path)
    up = lab("up", "--cloud", cloud, *size)
    assert up.returncode == 0, up.stderr
    try:
        until(lambda: matrix(lab).only_on_one_worker())
        applying = suggested(up.stdout, "apply")
        applied = lab(*applying, "--auto-approve")
        until(lambda: matrix(lab).complete())
        shown = lab(*suggested(up.stdout, "table"))
        place = applying.index("apply")
        checked = lab(*applying[:place], "check", *applying[place + 1 :])
        kernel = "".join(
            lab("exec", "router", "--", "ip", family, "route", "show", "proto", "202").stdout
            for family in ("-4", "-6")
        )
    finally:
        down = lab("down")

    assert applied.returncode == 0, applied.stderr
    assert f"Applied: {routes} of {routes} changes, read back." in applied.stdout
    assert shown.stdout.count("InSync") == routes
    assert "10.200.1.0/24 via 10.240.0.31" in kernel
    assert ("fd00:10:200:1::/64 via fd00:10:240::31" in kernel) == ("--dual-stack" in size)
    assert f"{cloud}-instance" in checked.stdout
    assert checked.returncode == 0, checked.stdout
    assert down.returncode == 0
    until(lambda: lab.processes() == [])
