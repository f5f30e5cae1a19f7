"""A router that is to be saved: apply does it, and no verb that only looks."""

from pathlib import Path

import pytest

from tests.unit.command import World, podroute, worker
from tests.unit.two_routers import Two

ROUTE_0 = "10.200.0.0/24 10.240.0.30 ours"
YES = "--auto-approve"


@pytest.fixture
def startup(tmp_path: Path) -> Path:
    return tmp_path / "startup"


def world(tmp_path: Path, startup: Path, fault: str = "none") -> tuple[World, list[str]]:
    """One Node without its route, and the flags for its router."""
    made = World(tmp_path)
    made.nodes(worker(0))
    made.routes()
    return made, [*made.flags(fault), f"--provider-option=saves={startup}"]


@pytest.mark.parametrize("verb", ["plan", "table", "check"])
def test_who_only_looks_saves_nothing(tmp_path: Path, startup: Path, verb: str) -> None:
    _, flags = world(tmp_path, startup)

    assert podroute(verb, *flags).status in {0, 1}
    assert not startup.exists()


def test_what_was_applied_is_saved(tmp_path: Path, startup: Path) -> None:
    _, flags = world(tmp_path, startup)

    assert podroute("apply", YES, *flags).status == 0
    assert startup.read_text() == f"{ROUTE_0}\n"


def test_what_could_not_be_saved_has_failed(tmp_path: Path, startup: Path) -> None:
    _, flags = world(tmp_path, startup, "full")
    ended = podroute("apply", YES, *flags)

    assert ended.status == 4
    assert "Applied: 0 of 1 change, read back." in ended.out
    assert "via 10.240.0.30  worker-0: running, but not in the startup" in ended.err


def test_of_several_each_is_saved(tmp_path: Path, startup: Path) -> None:
    two = Two(tmp_path)
    flags = [
        f"--router={one}=file,file={two.folder / one},saves={startup}-{one}"
        for one in ("left", "right")
    ]
    two.set("left", ROUTE_0)

    ended = podroute("apply", YES, "--cluster-cidr=10.200.0.0/16", "-f", str(two.nodes), *flags)

    assert ended.status == 0
    for one in ("left", "right"):
        assert Path(f"{startup}-{one}").read_text().startswith(ROUTE_0)
