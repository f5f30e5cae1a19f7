"""The systemd unit for a router: systemd takes it, and it gives away next to nothing."""

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

UNIT: Final = Path(__file__).parents[2] / "deploy" / "podroute-controller.service"
INSTALLED: Final = "/opt/podroute/bin/podroute"
EXPOSED: Final = 25  # tenths; systemd calls up to 49 OK, and all that is a root service 96
CONTENT: Final = UNIT.read_text()


def analysed(verb: str, text: str, directory: Path, *options: str) -> tuple[int, str]:
    """What systemd says of the unit, with a program that is there."""
    unit = directory / UNIT.name
    unit.write_text(text.replace(INSTALLED, str(Path(sys.executable).with_name("podroute"))))
    done = subprocess.run(
        ["systemd-analyze", verb, *options, str(unit)],
        check=False,
        capture_output=True,
        text=True,
    )
    lines = (done.stdout + done.stderr).splitlines()
    return done.returncode, "\n".join(line for line in lines if UNIT.name in line)


def test_systemd_understands_every_line(tmp_path: Path) -> None:
    assert analysed("verify", CONTENT, tmp_path, "--man=no") == (0, "")


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("ProtectSystem=strict", "ProtectSytem=strict"),
        ("SystemCallFilter=@system-service", "SystemCallFilter=@system-services"),
        ("RestartSec=2s", "RestartSec=two"),
    ],
)
def test_systemd_is_told_to_complain(line: str, wrong: str, tmp_path: Path) -> None:
    assert line in CONTENT
    _, words = analysed("verify", CONTENT.replace(line, wrong), tmp_path, "--man=no")
    assert words != ""


def test_the_service_is_hardly_exposed(tmp_path: Path) -> None:
    options = ("--offline=true", f"--threshold={EXPOSED}", "--no-pager")
    status, words = analysed("security", CONTENT, tmp_path, *options)
    assert status == 0, words


@pytest.mark.parametrize(
    ("directive", "value"),
    [
        ("DynamicUser", "yes"),
        ("AmbientCapabilities", "CAP_NET_ADMIN"),
        ("CapabilityBoundingSet", "CAP_NET_ADMIN"),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("RestrictAddressFamilies", "AF_INET AF_INET6 AF_NETLINK AF_UNIX"),
        ("RestrictNamespaces", "yes"),
        ("Restart", "on-failure"),
    ],
)
def test_the_unit_says_once(directive: str, value: str) -> None:
    given = [line for line in CONTENT.splitlines() if line.startswith(f"{directive}=")]
    assert given == [f"{directive}={value}"]
