"""The provider for Google Cloud keeps the promises of every provider."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from podroute.model.route import InstalledRoute
from podroute.providers.interface import RouteProvider
from podroute.testing.contract import RouteProviderContract, Router
from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.running import running
from tests.gcp.clouds import MARK, before, instances, opened

LAST = ("20", "21", "22", "23", "25", "29", "97", "98", "99")


class Project:
    """A simulated project."""

    def __init__(self, **options: str) -> None:
        self._options = options

    @asynccontextmanager
    async def opened(self, planted: Sequence[InstalledRoute] = ()) -> AsyncGenerator[RouteProvider]:
        cloud = Cloud()
        for machine in instances(*LAST):
            cloud.start_instance(machine)
        for number, one in enumerate(planted):
            cloud.plant(**self._fields(cloud, one, number))
        async with before(cloud, **self._options) as (provider, _):
            yield provider

    @asynccontextmanager
    async def unreachable(self) -> AsyncGenerator[RouteProvider]:
        with running(Cloud()) as served:
            pass
        async with opened(served, **self._options) as provider:
            yield provider

    def _fields(self, cloud: Cloud, one: InstalledRoute, number: int) -> dict[str, object]:
        ours = one.ownership == "ours"
        fields: dict[str, object] = {
            "name": f"planted-{number}",
            "destRange": str(one.destination),
            "description": MARK if ours else "",
            "priority": int(self._options.get("priority", "1000")),
        }
        if "tags" in self._options:
            fields["tags"] = self._options["tags"].split(",")
        hop = one.next_hop
        if hop is None:
            return {**fields, "nextHopInstance": cloud.url("zones/a/instances/gone")}
        if self._options.get("next_hop") == "instance":
            last = str(hop).replace("::", ".").rpartition(".")[2]
            path = f"zones/us-central1-{last}/instances/worker-0"
            return {**fields, "nextHopInstance": cloud.url(path)}
        return {**fields, "nextHopIp": str(hop)}


class TestByAddress(RouteProviderContract):
    """As it is without options."""

    router: Router = Project()


class TestByInstance(RouteProviderContract):
    """Every option chosen otherwise."""

    router: Router = Project(next_hop="instance", names="cluster", priority="0", tags="node")
