"""Control planes for the tests of this folder. A part that is missing is an error, never a skip."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.control_plane import ControlPlane
from tests.cluster.fault_proxy import FaultProxy, fault_proxy
from tests.cluster.guarded import guard
from tests.cluster.node_ipam import Cluster, empty_cluster, planes
from tests.cluster.node_network import NodeNetwork, node_network
from tests.cluster.routes import Routed, router


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


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """One for the tests of a module, each of which empties it."""
    with planes(tmp_path_factory.mktemp("plane")) as started:
        yield started


@pytest.fixture(scope="module")
def guarded(plane: ControlPlane) -> ControlPlane:
    """``plane`` with all that ``deploy/`` has against hostile Nodes."""
    guard(plane)
    return plane


@pytest.fixture
def cluster(plane: ControlPlane, tmp_path: Path) -> Iterator[Cluster]:
    """No Nodes, no Lease, no controller yet."""
    with empty_cluster(plane, tmp_path) as empty:
        yield empty


@pytest.fixture
def proxy(plane: ControlPlane, tmp_path: Path) -> Iterator[FaultProxy]:
    """Before the API server of ``plane``."""
    with fault_proxy(plane.api, tmp_path) as started:
        yield started


@pytest.fixture
def network() -> Iterator[NodeNetwork]:
    """10.240.0.0/16, with this kernel as its router; no workers yet."""
    with node_network() as built:
        yield built


@pytest.fixture
def routed(cluster: Cluster, network: NodeNetwork, tmp_path: Path) -> Iterator[Routed]:
    """No Nodes and no routes; the router is recorded."""
    del network
    with router(tmp_path) as recorded:
        yield Routed(cluster, recorded)
        cluster.end()
