"""podroute on-router: its file is checked before anything is answered."""

from pathlib import Path

import pytest

from podroute.config.file import ConfigError
from podroute.config.on_router import read_on_router
from podroute.model.cidr import parse_cidr
from podroute.providers.linux.settings import LinuxOptions
from tests.unit.command import ROOT, podroute

HEAD = "apiVersion: podroute/v1alpha1\nkind: OnRouter\n"
BOTH = "destinations: [10.200.0.0/16]\nnext-hops: [10.240.0.0/24]\n"


def test_the_file_says_what_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "on-router.yaml"
    path.write_text(f"{HEAD}{BOTH}options: {{table: 100}}\n")

    allowed, options = read_on_router(path)

    assert allowed.destinations == (parse_cidr("10.200.0.0/16"),)
    assert allowed.next_hops == (parse_cidr("10.240.0.0/24"),)
    assert (allowed.source, options) == (str(path), LinuxOptions(table=100))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        (HEAD, "missing required field `destinations`"),
        (f"{HEAD}destinations: [10.200.0.0/16]\n", "missing required field `next-hops`"),
        (BOTH, "missing required field `apiVersion`"),
        (f"{HEAD}{BOTH}{BOTH}", "is there already"),
        (f"{HEAD}{BOTH}more: 1\n", "unknown field `more`"),
        (f"{HEAD}{BOTH}options: {{tabel: 1}}\n", "unknown field `tabel`"),
        (f"{HEAD}{BOTH}options: {{protocol: 4}}\n", "'static' in the kernel's own list"),
        (f"{HEAD}{BOTH}".replace("/16", ""), "destinations"),
        (f"{HEAD}{BOTH}".replace("10.240.0.0", "10.240.0.1"), "next-hops"),
        ("]", "did not find"),
    ],
)
def test_a_bad_file_is_one_message(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "on-router.yaml"
    path.write_text(text)

    ended = podroute("on-router", "--config", str(path))

    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith(f"podroute: --config {path}: ")
    assert words in ended.err
    assert ended.err.count("\n") == 1


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.yaml"

    with pytest.raises(ConfigError, match=f"--config {path}: No such file .* may change here"):
        read_on_router(path)


def test_the_file_that_is_shipped_is_accepted() -> None:
    allowed, options = read_on_router(ROOT / "deploy/router/on-router.yaml")

    assert allowed.destinations
    assert allowed.next_hops
    assert options == LinuxOptions()
