"""podroute web: where it may be served, and how it says that it cannot."""

from pathlib import Path

import pytest

from tests.unit.command import World, node_list, podroute, worker


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("8080", "is not ADDRESS:PORT"),
        ("127.0.0.1:http", "is not ADDRESS:PORT"),
        ("127.0.0.1:70000", "is not ADDRESS:PORT"),
        (":8080", "is not ADDRESS:PORT"),
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
