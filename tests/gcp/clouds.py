"""A provider before a simulated cloud, and what both say."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from podroute.providers.gcp.provider import KIND
from podroute.providers.interface import RouteProvider
from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.resources import InstanceSpec
from podroute.testing.gcp.running import Served, running

NETWORK = "kubernetes"
MARK = "podroute cluster=kubernetes"
FOREIGN: tuple[dict[str, object], ...] = (
    {"destRange": "10.200.8.0/24", "nextHopVpnTunnel": "projects/p/regions/r/vpnTunnels/office"},
    {"destRange": "10.200.9.0/24", "nextHopPeering": "to-another-network"},
    {"destRange": "10.200.10.0/24", "nextHopIlb": "projects/p/regions/r/forwardingRules/lb"},
    {"destRange": "10.200.11.0/24", "nextHopHub": "//networkconnectivity.googleapis.com/hub"},
    {"destRange": "10.200.12.0/24", "nextHopInstance": "projects/p/zones/z/instances/gone"},
    {"destRange": "10.200.13.0/24"},
    {"nextHopIp": "10.240.0.77"},
    {"destRange": "10.200.0.0/24", "nextHopIp": "10.240.0.78", "tags": ["db"], "priority": 10},
    {"destRange": "10.200.7.0/24", "nextHopIp": "10.240.0.79", "description": f"{MARK}-2"},
)


def token_file(directory: str | Path) -> str:
    """That every simulated cloud takes."""
    file = Path(directory, "token")
    file.write_text("good\n")
    return str(file)


@asynccontextmanager
async def opened(served: Served, **options: str) -> AsyncGenerator[RouteProvider]:
    """A provider for the network of the seed."""
    with TemporaryDirectory() as directory:
        token = token_file(directory)
        given = {
            "network": NETWORK,
            "project": served.api.cloud.project,
            "access_token_file": token,
            "endpoint": served.endpoint,
            **options,
        }
        async with KIND.connect(given) as provider:
            yield provider


@asynccontextmanager
async def before(cloud: Cloud, **options: str) -> AsyncGenerator[tuple[RouteProvider, Served]]:
    """The same, with the cloud running."""
    with running(cloud) as served:
        async with opened(served, **options) as provider:
            yield provider, served


def instances(*addresses: str) -> list[InstanceSpec]:
    """One ``worker-0`` a zone, which is what the builders call every Node."""
    return [
        InstanceSpec(
            "worker-0",
            f"10.240.0.{last}",
            f"us-central1-{last}",
            ipv6_address=f"fd00:10:240::{last}",
        )
        for last in addresses
    ]


def methods(served: Served) -> list[str]:
    """What the API was asked, in order."""
    return [one.method for one in served.api.seen]
