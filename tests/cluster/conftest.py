"""Control planes for the tests of this folder. A part that is missing is an error, never a skip."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.control_plane import ControlPlane


@pytest.fixture(scope="session")
def shared_control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """One for the whole run: for tests that only read, or only add what is theirs by name."""
    plane = ControlPlane.start(tmp_path_factory.mktemp("control-plane"))
    yield plane
    plane.stop()


@pytest.fixture
def control_plane(tmp_path: Path) -> Iterator[ControlPlane]:
    """A fresh one, for one test."""
    plane = ControlPlane.start(tmp_path)
    yield plane
    plane.stop()
