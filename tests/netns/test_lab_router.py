"""The lab whose router has real daemons: Pods reach each other by routes that it was given."""

from collections.abc import Mapping
from pathlib import Path
from shutil import which

import pytest

from podroute.lab.routers import RouterName
from tests.machine_root import needs_machine_root
from tests.netns.lab_command import LabCommand, matrix, suggested, until
from tests.onprem.daemons_of_debian import LATER, unpacked
from tests.onprem.programs import path_with_daemons

pytestmark = pytest.mark.netns

ROUTERS = [
    pytest.param("linux-ssh", "", id="linux-ssh", marks=needs_machine_root),
    pytest.param("frr", "", id="frr"),
    pytest.param("frr", LATER, id="frr 10"),
    pytest.param("frr-bgp", "", id="frr-bgp"),
    pytest.param("gobgp", "", id="gobgp"),
    pytest.param("gobgp", LATER, id="gobgp 10"),
    pytest.param("bird", "", id="bird"),
]
PROTOCOLS: Mapping[RouterName, str] = {
    "linux-ssh": "200",
    "frr": "196",
    "frr-bgp": "186",
    "gobgp": "186",
    "bird": "12",
}

FORGETFUL = """\
#!/bin/sh
now=$(cat /run/frr/zebra.pid)
grep -qsx "$now" {zebras} || echo "$now" >>{zebras}
case "$*" in *"route connected"*) [ "$now" = "$(head -n1 {zebras})" ] && exit 0 ;; esac
exec {vtysh} "$@"
"""


@pytest.mark.parametrize(("router", "edition"), ROUTERS)
@pytest.mark.parametrize("size", [["--workers", "2"], ["--dual-stack"]], ids=["IPv4", "dual stack"])
def test_pods_reach_each_other_by_routes_of_a_router(
    tmp_path: Path, router: RouterName, edition: str, size: list[str]
) -> None:
    path = path_with_daemons(tmp_path / "programs", edition)
    lab = LabCommand(tmp_path, variables={"PATH": path})
    routes = 6 if "--dual-stack" in size else 2
    up = lab("up", "--router", router, *size)
    assert up.returncode == 0, up.stderr
    try:
        until(lambda: matrix(lab).only_on_one_worker())
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

    assert f"Applied: {routes} of {routes} changes, read back." in applied.stdout
    assert shown.stdout.count("InSync") == routes
    assert len(kernel) == routes
    assert down.returncode == 0
    until(lambda: lab.processes() == [])


@pytest.mark.parametrize("edition", ["", LATER], ids=["8.4", "10.3"])
def test_a_zebra_that_does_not_know_its_links_is_started_anew(tmp_path: Path, edition: str) -> None:
    """As one of FRRouting 10.3 that was started on a busy machine; played by the first one."""
    path, zebras = path_with_daemons(tmp_path / "programs", edition), tmp_path / "zebras"
    vtysh = tmp_path / "forgetful/vtysh"
    vtysh.parent.mkdir()
    vtysh.write_text(FORGETFUL.format(zebras=zebras, vtysh=which("vtysh", path=path)))
    vtysh.chmod(0o755)
    lab = LabCommand(tmp_path, variables={"PATH": f"{vtysh.parent}:{path}"})
    up = lab("up", "--router", "frr", "--workers", "2")
    assert up.returncode == 0, up.stderr
    try:
        second = lab("exec", "router", "--", "cat", "/run/frr/zebra.pid").stdout
        applied = lab(*suggested(up.stdout, "apply"), "--auto-approve")
        assert applied.returncode == 0, applied.stderr
        until(lambda: matrix(lab).complete())
    finally:
        lab("down")

    first, *others = zebras.read_text().split()
    assert others[-1] == second.strip() != first


@pytest.mark.parametrize(
    ("router", "words"),
    [
        ("linux-ssh", ["ssh-keygen", "apt-get install openssh-client"]),
        ("frr", ["vtysh not found", "apt-get install frr"]),
        ("frr-bgp", ["zebra, staticd, bgpd, vtysh not found", "apt-get install frr"]),
        ("bird", ["bird, birdc not found", "apt-get install bird2"]),
        (
            "gobgp",
            ["gobgpd not found", "apt-get install frr", "go install github.com/osrg/gobgp/v4"],
        ),
    ],
)
def test_missing_daemons_are_named_with_their_packages(
    tmp_path: Path, router: RouterName, words: list[str]
) -> None:
    ended = LabCommand(tmp_path, variables={"PATH": ""})("up", "--router", router)

    assert ended.returncode == 2
    assert all(one in ended.stderr for one in words), ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_frrs_notes_are_the_labs_own(tmp_path: Path) -> None:
    """Those of this machine's FRRouting are as before."""
    lab = LabCommand(tmp_path, variables={"PATH": path_with_daemons(tmp_path / "programs", LATER)})
    notes = Path("/var/lib/frr")
    before = sorted(notes.glob("*"))
    up = lab("up", "--router", "frr", "--workers", "2")
    applied = lab(*suggested(up.stdout, "apply"), "--auto-approve")

    assert lab("down").returncode == 0
    assert applied.returncode == 0, applied.stderr
    assert sorted(notes.glob("*")) == before


def test_a_router_is_not_a_cloud_too(tmp_path: Path) -> None:
    ended = LabCommand(tmp_path)("up", "--router", "frr", "--cloud", "aws")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "give one" in ended.stderr


def test_a_daemon_that_ends_says_why(tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    path = path_with_daemons(programs)
    (programs / "staticd").write_text("#!/bin/sh\necho 'this staticd is broken'\nexit 1\n")

    ended = LabCommand(tmp_path, variables={"PATH": path})("up", "--router", "frr")

    assert ended.returncode == 1
    assert "staticd has ended: this staticd is broken" in ended.stderr
    assert LabCommand(tmp_path).folders() == []


def test_debians_gobgpd_is_too_old(tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    path = path_with_daemons(programs)
    (programs / "gobgpd").symlink_to(unpacked() / "usr/bin/gobgpd")

    ended = LabCommand(tmp_path, variables={"PATH": path})("up", "--router", "gobgp")

    assert ended.returncode == 1
    assert "the lab needs 4.5 or later, Debian's is older: go install" in ended.stderr


ORDINARY = ("unshare", "--user", "--map-user=1000", "--map-group=1000")


def test_an_ordinary_user_has_routers_without_ssh(tmp_path: Path) -> None:
    variables = {"PATH": path_with_daemons(tmp_path / "programs")}
    lab = LabCommand(tmp_path, prefix=ORDINARY, variables=variables)

    refused = lab("up", "--router", "linux-ssh")
    assert refused.returncode == 2
    assert "run it as root" in refused.stderr

    for router in ("frr", "frr-bgp", "gobgp", "bird"):
        up = lab("up", "--router", router, "--workers", "2")
        assert up.returncode == 0, up.stderr
        assert lab("down").returncode == 0
