"""The AWS provider keeps the promises of every provider."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from podroute.model.route import InstalledRoute
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.interface import RouteProvider
from podroute.testing.aws.faults import CUT, Sometimes
from podroute.testing.aws.server import ec2_server
from podroute.testing.aws.vpc import Vpc, Worker
from podroute.testing.contract import RouteProviderContract, Router
from tests.aws.opened import provider_at

HOPS: Final = (20, 21, 22, 23, 25, 29, 97, 98, 99)


class VpcRouter:
    """Route tables in a VPC of their own, with an instance at each next hop."""

    def __init__(self, tables: int = 1, cluster: str = "kubernetes") -> None:
        self._tables = tables
        self._cluster = cluster

    @asynccontextmanager
    async def opened(self, planted: Sequence[InstalledRoute] = ()) -> AsyncGenerator[RouteProvider]:
        with ec2_server() as server:
            vpc = Vpc(server)
            tables = [vpc.table() for _ in range(self._tables)]
            workers = {
                number: vpc.worker(
                    f"worker{number}", f"10.240.0.{number}", f"fd00:10:240::{number}"
                )
                for number in HOPS
            }
            for number, one in enumerate(planted, 200):
                worker = _worker(one, workers) or vpc.worker("ended", f"10.240.0.{number}")
                for table in tables:
                    vpc.route(table, one.destination, NetworkInterfaceId=worker.interface)
                    if one.ownership == "ours":
                        vpc.mark(table, one.destination, worker, self._cluster)
                if one.next_hop is None:
                    vpc.terminate(worker)
            yield provider_at(AwsOptions(cluster=self._cluster, endpoint=server.endpoint))

    @asynccontextmanager
    async def unreachable(self) -> AsyncGenerator[RouteProvider]:
        with ec2_server() as server:
            server.layer.faults = Sometimes(CUT)
            yield provider_at(AwsOptions(endpoint=server.endpoint))


def _worker(planted: InstalledRoute, workers: dict[int, Worker]) -> Worker | None:
    if planted.next_hop is None:
        return None
    return workers[int(str(planted.next_hop).rpartition(":")[2].rpartition(".")[2])]


class TestOneTable(RouteProviderContract):
    """As it is without options."""

    router: Router = VpcRouter()


class TestThreeTables(RouteProviderContract):
    """Every wish in every table, for a cluster with a name of its own."""

    router: Router = VpcRouter(tables=3, cluster="foo-bar")
