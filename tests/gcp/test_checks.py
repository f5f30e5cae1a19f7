"""podroute check against the simulated API: forwarding, firewall, and what may not be asked."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from podroute.model.cidr import parse_cidr
from podroute.providers.interface import CheckedRouter, ProviderUnreachable, Question
from podroute.testing.builders import route
from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.faults import PERMISSIONS
from podroute.testing.gcp.refusal import Document
from podroute.testing.gcp.resources import InstanceSpec, Network
from podroute.testing.gcp.running import running
from tests.gcp.clouds import before, methods
from tests.gcp.discovery import faults
from tests.gcp.gcloud import flags
from tests.unit.command import node_list, podroute, worker

WISHES = tuple(
    route(f"10.200.{number}.0/24", f"10.240.0.{30 + number}", f"worker-{number}")
    for number in range(3)
)
CALLS = ("instances.aggregatedList", "firewalls.list", "networks.get")
PEERED: Document = {
    "name": "sql",
    "network": "projects/producer/global/networks/servicenetworking",
    "state": "ACTIVE",
    "autoCreateRoutes": True,
    "exchangeSubnetRoutes": True,
    "exportCustomRoutes": False,
    "importCustomRoutes": False,
    "stackType": "IPV4_ONLY",
}
QUESTION = Question(WISHES, (parse_cidr("10.200.0.0/16"),))


def inhabited() -> Cloud:
    """The third is missing, the second does not forward."""
    cloud = Cloud(networks=(Network("kubernetes", ("10.240.0.0/24",), (PEERED,)),))
    for number in range(2):
        name, address = f"worker-{number}", f"10.240.0.{30 + number}"
        cloud.start_instance(InstanceSpec(name, address, forwards=number == 0))
    return cloud


async def answers(cloud: Cloud) -> Mapping[str, list[str]]:
    async with before(cloud) as (provider, served):
        assert isinstance(provider, CheckedRouter)
        found = await provider.checks(QUESTION)
    assert [fault for one in served.api.seen for fault in faults(one)] == []
    assert set(methods(served)) == set(CALLS)
    return {
        one.id: [one.skipped] if one.skipped else [problem.subject for problem in one.problems]
        for one in found
    }


async def test_instances_and_firewall_rules_are_looked_at() -> None:
    cloud = inhabited()
    closed = await answers(cloud)
    cloud.open_firewall("kubernetes-allow-internal", "10.240.0.0/24", "10.200.0.0/16")
    cloud.start_instance(InstanceSpec("worker-1", "10.240.0.31"))
    cloud.start_instance(InstanceSpec("worker-2", "10.240.0.32"))
    mended: Document = {**PEERED, "exportCustomRoutes": True}
    cloud.networks = (Network("kubernetes", ("10.240.0.0/24",), (mended,)),)

    assert closed == {
        "gcp-instance": ["worker-2"],
        "gcp-can-ip-forward": ["worker-1"],
        "gcp-firewall": ["10.200.0.0/16"],
        "gcp-peering": ["sql to network servicenetworking"],
    }
    assert await answers(cloud) == {name: [] for name in closed}


async def test_what_may_not_be_asked_is_skipped_and_names_the_permission() -> None:
    cloud = inhabited()
    cloud.faults.granted = set()

    shown = await answers(cloud)

    assert "compute.instances.list" in shown["gcp-instance"][0]
    assert "compute.firewalls.list" in shown["gcp-firewall"][0]
    assert "compute.networks.get" in shown["gcp-peering"][0]
    cloud.faults.granted, cloud.faults.tokens = None, set()
    with pytest.raises(ProviderUnreachable, match="credentials are not accepted"):
        await answers(cloud)


def test_the_verb_tells_what_mends_it(tmp_path: Path) -> None:
    cloud = inhabited()
    (tmp_path / "nodes.json").write_text(node_list(worker(0), worker(1)))
    with running(cloud) as served:
        ended = podroute("check", *flags(served, tmp_path))

    assert ended.status == 1, ended.err
    assert re.search(r"FAILED +gcp-can-ip-forward", ended.out)
    assert "worker-1: canIpForward is false" in ended.out
    assert "gcloud compute firewall-rules create kubernetes-pods-10-200-0-0-16" in ended.out


def test_the_permissions_for_checks_are_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs/providers/gcp.md").read_text()
    part = page.partition("### For `podroute check`")[2]
    named = set(re.findall(r"^- (compute\.\w+\.\w+)$", part, re.MULTILINE))
    asked = {one for call in CALLS for one in PERMISSIONS[call]}
    assert asked == named
