"""What is shipped for a router whose controller is elsewhere."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.unit.command import ROOT, process

ROUTER = ROOT / "deploy" / "router"


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "podroute-kept-routes.service"
    text = (ROUTER / unit.name).read_text()
    unit.write_text(text.replace("/opt/podroute/lib/kept-routes", str(ROUTER / "kept-routes")))

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        check=False,
        capture_output=True,
        text=True,
    )

    told = [line for line in (done.stdout + done.stderr).splitlines() if unit.name in line]
    assert (done.returncode, told) == (0, [])


def test_the_script_is_portable_shell_and_says_how_it_is_called() -> None:
    subprocess.run(["/bin/sh", "-n", str(ROUTER / "kept-routes")], check=True)
    done = subprocess.run(
        [str(ROUTER / "kept-routes"), "reboot"], check=False, capture_output=True, text=True
    )

    assert (done.returncode, done.stderr) == (2, "usage: kept-routes save | restore\n")


def test_the_key_starts_podroute_and_nothing_else() -> None:
    (line,) = [
        line
        for line in (ROUTER / "authorized_keys").read_text().splitlines()
        if not line.startswith("#")
    ]
    (command,) = re.findall(r'command="([^"]*)"', line)

    assert line.startswith("restrict,")
    assert command.startswith("setpriv --reuid=podroute --regid=podroute --clear-groups ")
    assert command.count("-all,+net_admin") == 3
    assert command.endswith("--no-new-privs /opt/podroute/bin/podroute on-router")


@pytest.mark.parametrize(
    ("provider", "options", "words"),
    [
        ("linux-ssh", (), "provider 'linux-ssh' needs asyncssh: pip install 'podroute[linux-ssh]'"),
        ("frr", ("router=a@b",), "needs asyncssh: pip install 'podroute[frr]'"),
        ("bird", ("router=a@b",), "needs asyncssh: pip install 'podroute[bird]'"),
        ("frr", ("vtysh=/none/vtysh",), "/none/vtysh: No such file or directory: is FRRouting"),
    ],
)
def test_asyncssh_is_asked_for_by_those_who_need_it(
    provider: str, options: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    """As if it were not installed."""
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['asyncssh'] = None\n")
    nodes = tmp_path / "nodes.json"
    nodes.write_text('{"apiVersion": "v1", "kind": "List", "items": []}')
    flags = [f"--provider-option={one}" for one in options]

    ended = process(
        *("plan", "-f", str(nodes), "--cluster-cidr=10.200.0.0/16", f"--provider={provider}"),
        *flags,
        environment={"PYTHONPATH": str(tmp_path)},
    )

    assert ended.status in {2, 3}
    assert words in ended.err
    assert "Traceback" not in ended.err
