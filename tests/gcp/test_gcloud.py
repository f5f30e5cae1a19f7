"""Routes of the seed's own commands, of podroute's, and of the lines that podroute prints."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.refusal import Document
from podroute.testing.gcp.resources import InstanceSpec
from podroute.testing.gcp.running import running
from tests.gcp.clouds import MARK
from tests.gcp.discovery import faults
from tests.gcp.gcloud import SEED, flags, shell
from tests.gcp.looped import inhabit, single
from tests.unit.command import node, node_list, podroute, worker

LISTED = """\
NAME                            NETWORK     DEST_RANGE     NEXT_HOP     PRIORITY
kubernetes-route-10-200-0-0-24  kubernetes  10.200.0.0/24  10.240.0.30  1000
kubernetes-route-10-200-1-0-24  kubernetes  10.200.1.0/24  10.240.0.31  1000
kubernetes-route-10-200-2-0-24  kubernetes  10.200.2.0/24  10.240.0.32  1000
"""
LIST = "gcloud compute routes list --filter='network=kubernetes AND nextHopIp:*' --sort-by=name"
OWN = {"id", "creationTimestamp"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "nodes.json").write_text(node_list(worker(0), worker(1), worker(2)))
    return tmp_path


def content(routes: Mapping[str, Document]) -> dict[str, Document]:
    """What somebody has chosen about them."""
    return {
        name: {key: value for key, value in one.items() if key not in OWN}
        for name, one in routes.items()
    }


def test_after_the_seeds_commands_there_is_nothing_to_do(folder: Path) -> None:
    cloud = Cloud()
    inhabit(cloud, map(single, range(3)))
    with running(cloud) as served:
        shell(served, folder, SEED)

        shown = podroute("plan", "--detailed-exitcode", *flags(served, folder))
        table = podroute("table", *flags(served, folder))

    assert (shown.status, shown.err) == (0, "")
    assert len(served.api.cloud.routes()) == 3
    assert [line.split()[3:5] for line in table.out.splitlines()[1:]] == [["InSync", "route"]] * 3
    assert [fault for one in served.api.seen for fault in faults(one)] == []


def test_what_podroute_applies_gcloud_lists_as_the_seeds(folder: Path) -> None:
    with running(Cloud()) as served:
        applied = podroute("apply", "--auto-approve", *flags(served, folder))
        listed = shell(served, folder, LIST)

    assert (applied.status, applied.out.splitlines()[-1]) == (
        0,
        "Applied: 3 of 3 changes, read back.",
    )
    assert listed == LISTED


def test_routes_of_the_seed_are_taken_over_and_stay_as_they_were(folder: Path) -> None:
    with running(Cloud()) as served:
        shell(served, folder, SEED)
        applied = podroute("apply", "--adopt", "--auto-approve", *flags(served, folder))
        listed = shell(served, folder, LIST)

    assert applied.status == 0, applied.err
    assert listed == LISTED
    assert {one["description"] for one in served.api.cloud.routes().values()} == {MARK}


SITUATIONS: Mapping[str, Mapping[str, str]] = {
    "as in the seed": {},
    "by instance": {"next_hop": "instance", "names": "cluster"},
    "best priority, with a tag, in a cluster with a name": {
        "priority": "0",
        "tags": "node,pod",
        "cluster": "foo-bar",
    },
}


def situation(options: Mapping[str, str]) -> Cloud:
    """A route to create, one to replace, one to adopt, one to delete, and others' ones."""
    cloud = Cloud()
    for number in range(3):
        address = f"10.240.0.{30 + number}"
        six = f"fd00:10:240::{30 + number}"
        cloud.start_instance(InstanceSpec(f"worker-{number}", address, ipv6_address=six))
    ours: dict[str, object] = {
        "description": f"podroute cluster={options.get('cluster', 'kubernetes')}",
        "priority": int(options.get("priority", "1000")),
        "tags": options.get("tags", "").split(",") if "tags" in options else [],
    }
    theirs = {**ours, "description": "podroute cluster=foo"}
    named = "kubernetes-route-10-200-0-0-24"
    by_instance = options.get("next_hop") == "instance"
    wished = {"nextHopIp": "10.240.0.31"}
    if by_instance:
        named = "podroute-4f0b6ff9c2c1a5d4"
        wished = {"nextHopInstance": cloud.url("zones/us-central1-a/instances/worker-1")}
    cloud.plant(**ours, name=named, destRange="10.200.0.0/24", nextHopIp="10.240.0.99")
    cloud.plant(
        **theirs, name="kubernetes-route-10-200-1-0-24", destRange="10.200.1.0/24", **wished
    )
    cloud.plant(**ours, name="old", destRange="10.200.9.0/24", nextHopIp="10.240.0.98")
    cloud.plant(**theirs, name="vpn", destRange="10.200.8.0/24", nextHopIp="10.240.0.97")
    return cloud


@pytest.mark.parametrize("options", SITUATIONS.values(), ids=SITUATIONS.keys())
def test_the_printed_lines_do_what_apply_does(folder: Path, options: dict[str, str]) -> None:
    dual = node("worker-2", "10.240.0.32", "10.200.2.0/24", "fd00:10:200:2::/64")
    dual["status"] = {
        "addresses": [
            {"type": "InternalIP", "address": "10.240.0.32"},
            {"type": "InternalIP", "address": "fd00:10:240::32"},
        ]
    }
    (folder / "nodes.json").write_text(node_list(worker(0), worker(1), dual))
    with running(situation(options)) as typed, running(situation(options)) as applied:
        how = flags(typed, folder, **options)
        lines = podroute("plan", "--show-commands", "--adopt", *how).out
        shell(typed, folder, lines)
        how = flags(applied, folder, **options)
        done = podroute("apply", "--auto-approve", "--adopt", *how)

    assert done.status == 0, done.err
    assert content(typed.api.cloud.routes()) == content(applied.api.cloud.routes())
    assert lines.count("gcloud compute routes create") >= 4
    assert [fault for one in typed.api.seen for fault in faults(one)] == []
    assert len(typed.api.cloud.routes()) == 5
