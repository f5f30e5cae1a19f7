"""Kubelets that claim what is not theirs, and others who write podCIDRs."""

import pytest

from tests.cluster.node_ipam import (
    ALONE,
    ANYWHERE,
    Cluster,
    unready,
    until_said,
    until_true,
)
from tests.cluster.nodes import node_body
from tests.cluster.pod_cidrs import assert_sound

pytestmark = pytest.mark.cluster

SERVICES = "10.200.9.0/24"
HOSTILE = {
    "cluster-cidr": "10.200.0.0/16",
    "everything": "0.0.0.0/0",
    "everything-6": "::/0",
    "victims": "10.200.0.0/24",
    "half-of-victims": "10.200.1.0/25",
    "two-victims": "10.200.2.0/23",
    "services": SERVICES,
    "outside": "192.168.0.0/24",
    "other-family": "fd00:200::/64",
}


def test_hostile_nodes_take_nothing_and_free_nothing(cluster: Cluster) -> None:
    flags = (*ALONE, f"--service-cluster-ip-range={SERVICES}", "--quarantine=0s", "--settle=1s")
    controller = cluster.controller(*flags)
    cluster.join(f"victim-{number}" for number in range(4))
    before = cluster.served(4)

    for name, cidr in HOSTILE.items():
        cluster.register_as_kubelet(node_body(name, pod_cidrs=[cidr]), name)
    cluster.join(f"beside-{number}" for number in range(10))
    nodes = cluster.served(14 + len(HOSTILE))
    assert_sound(nodes, before=before, reserved=[SERVICES], besides=HOSTILE)
    until_true(lambda: {e.regarding.name for e in cluster.events("ForeignPodCIDR")} >= set(HOSTILE))

    controller.kill()
    cluster.controller(*flags)
    cluster.join(f"after-{number}" for number in range(10))
    nodes = cluster.served(24 + len(HOSTILE))
    assert_sound(nodes, before=before, reserved=[SERVICES], besides=HOSTILE)

    for name in HOSTILE:
        cluster.remove(name)
    cluster.join(f"later-{number}" for number in range(231))
    assert_sound(cluster.served(255), before=nodes, reserved=[SERVICES])
    cluster.join(["one-too-many"])
    until_true(lambda: bool(cluster.events("CIDRNotAvailable")))
    assert_sound(cluster.served(255, besides=["one-too-many"]), besides=["one-too-many"])


def test_a_foreign_write_ends_all_assignments(cluster: Cluster) -> None:
    controller = cluster.controller(
        *ALONE, ANYWHERE, "--cluster-cidr=10.200.0.0/24", "--quarantine=0s"
    )
    cluster.join(["first"])
    cluster.served(1)
    cluster.join(["second", "third"])
    until_true(lambda: len(cluster.events("CIDRNotAvailable")) == 2)
    assert unready(controller) == ""

    body = b'{"spec": {"podCIDR": "10.200.7.0/24", "podCIDRs": ["10.200.7.0/24"]}}'
    with cluster.plane.api.connect() as connection:
        connection.patch("/api/v1/nodes/second", body)

    until_true(lambda: [e.regarding.name for e in cluster.events("ForeignPodCIDR")] == ["second"])
    assert "somebody else writes podCIDRs" in unready(controller)
    cluster.remove("first")
    until_said(controller, '"event": "freed"')
    cluster.served(1, besides=["third"])
    assert controller.log.read_text().count('"event": "assigned"') == 1


def test_a_node_that_registers_with_a_podcidr_stops_nobody(cluster: Cluster) -> None:
    controller = cluster.controller(*ALONE, ANYWHERE)
    cluster.join(["first"])
    cluster.served(1)

    cluster.register([node_body("foreign", pod_cidrs=["10.200.1.0/24"])])
    cluster.join(["second"])

    assert_sound(cluster.served(3))
    until_true(lambda: [e.regarding.name for e in cluster.events("ForeignPodCIDR")] == ["foreign"])
    assert unready(controller) == ""
