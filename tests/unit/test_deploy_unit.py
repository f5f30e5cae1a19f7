"""The systemd units for a router and a worker: systemd takes them, and they give little away."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

DEPLOY: Final = Path(__file__).parents[2] / "deploy"
UNIT: Final = DEPLOY / "podroute-controller.service"
AGENT: Final = DEPLOY / "podroute-agent.service"
EXPOSED: Final = {
    UNIT: 25,
    AGENT: 49,
}  # tenths; systemd calls up to 49 OK, all of a root service 96
CONTENT: Final = UNIT.read_text()
OF_AGENT: Final = AGENT.read_text()


def analysed(
    verb: str, text: str, directory: Path, *options: str, of: Path = UNIT
) -> tuple[int, str]:
    """What systemd says of the unit, with a program that is there."""
    unit = directory / of.name
    program = str(Path(sys.executable).with_name("podroute"))
    unit.write_text(re.sub(r"/\S+/bin/podroute", program, text))
    done = subprocess.run(
        ["systemd-analyze", verb, *options, str(unit)],
        check=False,
        capture_output=True,
        text=True,
    )
    lines = (done.stdout + done.stderr).splitlines()
    return done.returncode, "\n".join(line for line in lines if of.name in line)


@pytest.mark.parametrize("unit", [UNIT, AGENT], ids=lambda unit: unit.stem)
def test_systemd_understands_every_line(unit: Path, tmp_path: Path) -> None:
    assert analysed("verify", unit.read_text(), tmp_path, "--man=no", of=unit) == (0, "")


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


@pytest.mark.parametrize("unit", [UNIT, AGENT], ids=lambda unit: unit.stem)
def test_the_service_is_hardly_exposed(unit: Path, tmp_path: Path) -> None:
    options = ("--offline=true", f"--threshold={EXPOSED[unit]}", "--no-pager")
    status, words = analysed("security", unit.read_text(), tmp_path, *options, of=unit)
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
    assert said(CONTENT, directive) == [f"{directive}={value}"]


@pytest.mark.parametrize(
    ("directive", "value"),
    [
        ("Type", "notify"),
        ("WatchdogSec", "60"),
        ("AmbientCapabilities", "CAP_NET_ADMIN"),
        ("CapabilityBoundingSet", "CAP_NET_ADMIN"),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("ConfigurationDirectory", "cni/net.d"),
        ("RuntimeDirectoryPreserve", "yes"),
    ],
)
def test_the_agents_unit_says_once(directive: str, value: str) -> None:
    assert said(OF_AGENT, directive) == [f"{directive}={value}"]


def said(text: str, directive: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(f"{directive}=")]
