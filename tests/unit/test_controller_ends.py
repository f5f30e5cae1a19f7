"""How podroute controller ends when it cannot go on."""

from pathlib import Path

import yaml

from podroute.cli.failure import innermost
from tests.unit.command import process

PLUGIN = """\
printf x >>"$0.calls"
[ "$(wc -c <"$0.calls")" -gt 2 ] && exit 1
echo '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
       "status": {"token": "t"}}'
"""


def kubeconfig(folder: Path) -> Path:
    """A login whose plugin works twice."""
    plugin = folder / "plugin"
    plugin.write_text(PLUGIN)
    login = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "sh",
        "args": [str(plugin)],
        "interactiveMode": "Never",
    }
    named = {"cluster": "here", "user": "me"}
    path = folder / "kubeconfig"
    path.write_text(
        yaml.safe_dump(
            {
                "current-context": "here",
                "contexts": [{"name": "here", "context": named}],
                "clusters": [{"name": "here", "cluster": {"server": "https://127.0.0.1:1"}}],
                "users": [{"name": "me", "user": {"exec": login}}],
            }
        )
    )
    return path


def test_a_login_that_fails_while_others_work_is_one_clear_message(tmp_path: Path) -> None:
    ended = process(
        "controller",
        "--allocate-node-cidrs",
        "--cluster-cidr=10.200.0.0/16",
        "--metrics-bind-address=",
        f"--kubeconfig={kubeconfig(tmp_path)}",
    )

    assert ended.status == 2
    assert ended.err.startswith("podroute: credential plugin 'sh' ")
    assert ended.err.count("\n") == 1


def test_what_went_wrong_first_is_told_out_of_the_groups_around_it() -> None:
    first, second = ValueError("first"), ValueError("second")

    assert innermost(ExceptionGroup("", [ExceptionGroup("", [first, second])])) is first
    assert innermost(second) is second
