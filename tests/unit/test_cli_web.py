"""podroute web: where it may be served, how it says that it cannot, and what it serves."""

import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from tests.unit.command import (
    CLEAN,
    World,
    node_list,
    podroute,
    process_environment,
    worker,
)
from tests.unit.kube_server import serving
from tests.unit.watch_texts import initial
from tests.unit.watchers import in_turn


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("8080", "is not ADDRESS:PORT"),
        ("127.0.0.1:http", "is not ADDRESS:PORT"),
        ("127.0.0.1:70000", "is not ADDRESS:PORT"),
        (":8080", "is not ADDRESS:PORT"),
        ("127.0.0.1:" + "9" * 40, "is not ADDRESS:PORT"),
        ("::1", "an IPv6 address has brackets"),
        ("worker-0:8080", "'worker-0' is not an IP address"),
        ("0.0.0.0:8080", "neither TLS nor a password; give an address of loopback"),
        ("[::]:8080", "neither TLS nor a password"),
        ("10.240.0.5:8080", "come from elsewhere by ssh -L"),
    ],
)
def test_an_address_that_others_reach_is_refused(address: str, words: str) -> None:
    ended = podroute("web", "--bind-address", address)

    assert (ended.status, ended.out) == (2, "")
    assert words in ended.err


def test_a_file_is_not_followed(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.nodes_file.write_text(node_list(worker(0)))

    ended = podroute("web", *world.flags(), "--bind-address", "127.0.0.1:0")

    assert (ended.status, ended.out) == (2, "")
    assert "a file does not change" in ended.err


def test_it_opens_the_router_once_and_shows_what_a_person_would_type(tmp_path: Path) -> None:
    world, visits = World(tmp_path), tmp_path / "visits"
    world.routes("10.200.5.0/24 10.240.0.99 ours", "10.200.6.0/24 10.240.0.98 foreign")
    flags = [*world.router(), "--provider-option", f"visits={visits}"]
    with serving(tmp_path) as server:
        in_turn(server, server.feed(initial(7)))
        flags += ["--kubeconfig", server.kubeconfig(), "--bind-address", "127.0.0.1:0"]
        with subprocess.Popen(
            [sys.executable, "-m", "podroute", "web", *flags],
            stdout=subprocess.PIPE,
            env={**CLEAN, **process_environment()},
            text=True,
        ) as web:
            assert web.stdout is not None
            url = web.stdout.readline().strip()
            told = {cidr: typed(url, cidr) for cidr in ("10.200.5.0/24", "10.200.6.0/24")}
            web.terminate()
            status = web.wait(timeout=60)

    assert told == {
        "10.200.5.0/24": ["# Delete"],
        "10.200.6.0/24": [
            "# 10.200.6.0/24 via 10.240.0.98 (foreign): somebody else's; who has made it removes it"
        ],
    }
    assert (status, visits.read_text()) == (0, "opened\n")


def typed(url: str, cidr: str) -> object:
    answer = httpx2.get(f"{url}api/v1alpha1/commands", params={"podCIDR": cidr}, trust_env=False)
    return answer.json()["commands"]
