"""podroute status: what cannot be asked is told at once, in the words of its cause."""

from pathlib import Path

import pytest

from tests.unit.command import podroute

KUBECONFIG = """apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: here, user: here}}]
clusters: [{name: here, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: here, user: {}}]
"""


@pytest.mark.parametrize("verb", [("status",), ("table", "-w"), ("web",)])
def test_an_api_server_that_is_down_is_said_once_and_at_once(
    tmp_path: Path, verb: tuple[str, ...]
) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(KUBECONFIG)

    ended = podroute(*verb, "--kubeconfig", str(kubeconfig), "--cluster-cidr", "10.200.0.0/16")

    assert (ended.status, ended.out) == (3, "")
    assert "is not reached: connection refused" in ended.err
    assert ended.err.count("podroute:") == 1


@pytest.mark.parametrize("address", ["127.0.0.1:99999", "127.0.0.1:-1", "[::1", "host:http"])
def test_what_is_no_address_of_a_controller_is_refused(address: str) -> None:
    ended = podroute("status", "--controller", address)

    assert (ended.status, ended.out) == (2, "")
    assert f"--controller {address!r} is not ADDRESS:PORT" in ended.err


@pytest.mark.parametrize("address", ["127.0.0.1:1", "..:1"])
def test_where_no_controller_is_that_is_said(address: str) -> None:
    ended = podroute("status", "--controller", address)

    assert (ended.status, ended.out) == (3, "")
    assert "does not show routes: " in ended.err
