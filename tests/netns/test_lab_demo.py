"""The demo, from the first line to the last."""

import os
import shutil
from pathlib import Path

import pytest

from tests.netns.lab_command import LabCommand, host, until

pytestmark = pytest.mark.netns


def without_cni() -> list[str]:
    """Runs a program where the folders of the CNI plugins are empty."""
    folders = [
        one for one in ("/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni") if Path(one).is_dir()
    ]
    hide = "".join(f"mount -n -t tmpfs none {folder};" for folder in folders)
    user = ["--user", "--map-root-user"] if os.geteuid() else []
    return ["unshare", *user, "--mount", "sh", "-c", f'{hide} exec "$0" "$@"']


def test_every_act_shows_what_it_says_and_nothing_is_left(tmp_path: Path) -> None:
    before, lab = host(), LabCommand(tmp_path)

    demo = lab("demo")

    assert demo.returncode == 0, demo.stderr
    assert demo.stderr == ""
    lines = demo.stdout.splitlines()
    acts = [line.split()[0] for line in lines if line[:1].isdecimal() and line[1:3] == "  "]
    assert acts == ["1", "2", "3", "4", "5", "6", "7", "8"]
    for shown in (
        "     10.240.0.30 10.200.0.0/24 ",
        "     10.240.0.32 10.200.2.0/24 ",
        "     + bridge cbr0 mac 0a:58:0a:c8:00:01 mtu 1500",
        "   ✓ 3 workers have cbr0, and forward",
        "   worker-1$ ip link delete cbr0",
        "     pod-0a       .  ✓     ✗  ✗     ✗  ✗",
        "     pod-2b       ✓  ✓     ✓  ✓     ✓  .",
        "       + 10.200.1.0/24 via 10.240.0.31  worker-1",
        "     Applied: 3 of 3 changes, read back.",
        "   router$ ip route delete 10.200.1.0/24 via 10.240.0.31",
        "     Plan: 0 to add, 0 to change, 1 to remove; 2 unchanged.",
    ):
        assert shown in lines, demo.stdout
    assert any("CNI plugins bridge and host-local" in line for line in lines)
    assert "\x1b" not in demo.stdout
    assert lab.folders() == []
    until(lambda: lab.processes() == [])
    assert host() == before


def test_both_families(tmp_path: Path) -> None:
    demo = LabCommand(tmp_path)("demo", "--dual-stack", "--workers", "4")

    assert demo.returncode == 0, demo.stderr
    assert "10.240.0.33 fd00:10:240::33 10.200.3.0/24 \n" in demo.stdout
    assert "+ fd00:10:200:3::/64 via fd00:10:240::33  worker-3" in demo.stdout
    assert "across workers 96 of 96 pings are answered" in demo.stdout


def test_without_cni_plugins_plain_commands_do_and_it_is_said(tmp_path: Path) -> None:
    demo = LabCommand(tmp_path, prefix=without_cni())("demo", "--dual-stack", "--workers", "2")

    assert demo.returncode == 0, demo.stderr
    assert "plain ip commands" in demo.stdout
    assert "containernetworking-plugins" in demo.stdout


def test_a_ping_that_a_busy_machine_is_late_for_is_sent_again(tmp_path: Path) -> None:
    programs, late = tmp_path / "programs", tmp_path / "late"
    programs.mkdir()
    ping = programs / "ping"
    ping.write_text(f'#!/bin/sh\nmkdir {late} 2>&- && exit 1\nexec {shutil.which("ping")} "$@"\n')
    ping.chmod(0o755)
    path = os.pathsep.join([str(programs), os.environ["PATH"]])

    demo = LabCommand(tmp_path, variables={"PATH": path})("demo", "--workers", "2")

    assert late.exists()
    assert demo.returncode == 0, demo.stderr


def test_colours_where_wanted_and_signs_that_any_terminal_has(tmp_path: Path) -> None:
    variables = {"FORCE_COLOR": "1", "PYTHONIOENCODING": "ascii"}

    demo = LabCommand(tmp_path, variables=variables)("demo", "--workers", "2")

    assert demo.returncode == 0, demo.stderr
    assert "\x1b[32m+\x1b[0m" in demo.stdout
    assert "\x1b[31mMissing\x1b[0m" in demo.stdout
    assert demo.stdout.isascii()


def test_settings_for_clusters_of_ones_own_do_not_disturb(tmp_path: Path) -> None:
    variables = {"PODROUTE_CLUSTER_CIDR": "10.99.0.0/16", "PODROUTE_PROVIDER": "memory"}

    demo = LabCommand(tmp_path, variables=variables)("demo", "--workers", "2")

    assert demo.returncode == 0, demo.stderr


def test_two_demos_at_once(tmp_path: Path) -> None:
    lab = LabCommand(tmp_path)

    with lab.start("demo", "--workers", "2") as one, lab.start("demo", "--workers", "2") as two:
        outputs = [one.communicate()[0], two.communicate()[0]]

    assert (one.returncode, two.returncode) == (0, 0), outputs
    assert lab.folders() == []
