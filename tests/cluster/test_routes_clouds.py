"""podroute controller over a cloud: a Node joins and gets a podCIDR, a route, and its condition."""

from collections.abc import Generator
from pathlib import Path

import pytest

from podroute.testing.aws.server import Ec2Server, ec2_server
from podroute.testing.aws.vpc import Vpc
from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.resources import InstanceSpec
from podroute.testing.gcp.running import Served, running
from tests.cluster.node_ipam import ALONE, Cluster, until_true
from tests.cluster.nodes import NodeBody, node_body
from tests.cluster.routes import AVAILABLE, conditions_of
from tests.gcp.clouds import token_file

pytestmark = pytest.mark.cluster

KEEPING = (*ALONE, "--route-reconciliation-period=1s", "--cluster-name=blue")


@pytest.fixture
def served() -> Generator[Served]:
    with running(Cloud()) as made:
        yield made


@pytest.fixture
def server() -> Generator[Ec2Server]:
    with ec2_server() as made:
        yield made


def joining(name: str, address: str, provider_id: str) -> NodeBody:
    """As a kubelet with an external cloud provider registers it, without a podCIDR."""
    return {**node_body(name, internal_ips=[address]), "spec": {"providerID": provider_id}}


def until_available(cluster: Cluster, *names: str) -> None:
    """Once all say that their routes are there."""

    def lacking() -> list[str]:
        said = conditions_of(cluster.plane.api)
        words = {name: (one.status, one.reason, one.message) for name, one in said.items()}
        return [name for name in names if words.get(name) != AVAILABLE]

    until_true(lambda: not lacking())


def blocks(cluster: Cluster) -> dict[str, str]:
    """The podCIDR of each Node."""
    return {one.name: one.pod_cidrs[0] for one in cluster.nodes().values()}


def test_google_cloud(cluster: Cluster, served: Served, tmp_path: Path) -> None:
    cloud = served.api.cloud
    options = {
        "network": "kubernetes",
        "project": cloud.project,
        "next_hop": "instance",
        "access_token_file": token_file(tmp_path),
        "endpoint": served.endpoint,
    }
    given = [f"--provider-option={key}={value}" for key, value in options.items()]
    cluster.controller(*KEEPING, "--provider=gcp", *given)
    for number in range(3):
        spec = InstanceSpec(f"worker-{number}", f"10.240.0.{30 + number}")
        cloud.start_instance(spec)
        path = f"gce://{cloud.project}/{spec.zone}/{spec.name}"
        cluster.register([joining(f"node-{number}", spec.address, path)])
        until_available(cluster, f"node-{number}")

    assert {one["destRange"]: hop(one["nextHopInstance"]) for one in cloud.routes().values()} == {
        block: name.replace("node", "worker") for name, block in blocks(cluster).items()
    }
    assert {one["description"] for one in cloud.routes().values()} == {"podroute cluster=blue"}
    gone = blocks(cluster)["node-1"]
    cluster.remove("node-1")
    until_true(lambda: gone not in {one["destRange"] for one in cloud.routes().values()})
    assert len(cloud.routes()) == 2


def hop(url: object) -> str:
    """The name of the instance."""
    return str(url).rpartition("/")[2]


def test_aws(cluster: Cluster, server: Ec2Server) -> None:
    vpc = Vpc(server)
    tables = [vpc.table() for _ in range(3)]
    cluster.controller(*KEEPING, "--provider=aws", environment=server.environment)
    instances: dict[str, str] = {}
    for number in range(3):
        worker = vpc.worker(f"worker{number}", f"10.240.0.{30 + number}")
        name = f"ip-10-240-0-{30 + number}.eu-central-1.compute.internal"
        instances[name] = worker.instance
        path = f"aws:///eu-central-1a/{worker.instance}"
        cluster.register([joining(name, f"10.240.0.{30 + number}", path)])
        until_available(cluster, name)

    wished = sorted((block, instances[name], "active") for name, block in blocks(cluster).items())
    assert [vpc.routes(table) for table in tables] == [wished] * 3
    leaving = next(iter(instances))
    gone = blocks(cluster)[leaving]
    cluster.remove(leaving)
    until_true(lambda: gone not in {destination for destination, _, _ in vpc.routes(tables[0])})
    rest = [one for one in wished if one[0] != gone]
    until_true(lambda: [vpc.routes(table) for table in tables] == [rest] * 3)
