"""podroute ipam: how full the pools are, and who would get which block."""

import json
from pathlib import Path

import pytest
import yaml

from tests.unit.command import Body, node, node_list, podroute, worker

CLUSTER = ("--cluster-cidr", "10.200.0.0/16")


@pytest.fixture
def nodes(tmp_path: Path) -> Path:
    """Two workers with blocks and two without."""
    path = tmp_path / "nodes.json"
    path.write_text(node_list(worker(0), worker(1), node("new-0"), labelled("new-1", zone="b")))
    return path


def labelled(name: str, **labels: str) -> Body:
    """A Node without a block."""
    body = node(name)
    body["metadata"] = {"name": name, "uid": f"uid-{name}", "labels": labels}
    return body


def test_show_counts_blocks(nodes: Path) -> None:
    shown = podroute("ipam", "show", "-f", str(nodes), *CLUSTER, "--reserved", "10.200.255.0/24")

    assert shown.status == 0
    assert [line.split() for line in shown.out.splitlines()] == [
        ["POOL", "CLUSTER-CIDR", "BLOCKS", "SIZE", "USED", "RESERVED", "FREE", "ROOM"],
        ["default", "10.200.0.0/16", "/24", "256", "2", "1", "253", "253"],
    ]


def test_show_names_what_breaks_the_plan_and_exits_with_1(tmp_path: Path) -> None:
    path = tmp_path / "nodes.json"
    path.write_text(
        node_list(
            worker(0),
            node("thief", "10.240.0.99", "10.200.0.0/24"),
            node("far", "10.240.0.98", "172.16.0.0/24"),
        )
    )

    shown = podroute("ipam", "show", "-f", str(path), *CLUSTER)
    document = json.loads(podroute("ipam", "show", "-f", str(path), *CLUSTER, "-o", "json").out)

    assert shown.status == 1
    assert "! duplicate: worker-0 has 10.200.0.0/24, thief has 10.200.0.0/24" in shown.out
    assert "! out of range: far has 172.16.0.0/24" in shown.out
    assert {one["fault"] for one in document["findings"]} == {"duplicate", "out of range"}


def test_show_counts_those_under_a_claim_over_many_blocks(tmp_path: Path) -> None:
    path = tmp_path / "nodes.json"
    evil = node("evil", "10.240.0.99", "10.200.0.0/16")
    path.write_text(node_list(*map(worker, range(20)), evil))

    shown = podroute("ipam", "show", "-f", str(path), *CLUSTER)
    document = json.loads(podroute("ipam", "show", "-f", str(path), *CLUSTER, "-o", "json").out)

    assert shown.out.splitlines()[-2:] == [
        "! wrong size: evil has 10.200.0.0/16",
        "! overlap: evil has 10.200.0.0/16, worker-0 has 10.200.0.0/24 and 19 more",
    ]
    assert [one["more"] for one in document["findings"]] == [0, 19]


def test_plan_says_who_gets_which_block_and_changes_nothing(nodes: Path) -> None:
    before = nodes.read_text()

    shown = podroute("ipam", "plan", "-f", str(nodes), *CLUSTER)

    assert shown.status == 0
    assert shown.out.splitlines()[:4] == [
        "+ new-0  10.200.2.0/24  (pool default)",
        "+ new-1  10.200.3.0/24  (pool default)",
        "Plan: 2 Nodes to serve, 0 without room.",
        "A running controller goes on from the block that it gave last: it may give others.",
    ]
    assert shown.out.splitlines()[-1].split()[4] == "4"
    assert nodes.read_text() == before


def test_a_full_pool_names_who_waits_and_another_pool_would_help(nodes: Path) -> None:
    flags = ("-f", str(nodes), "--cluster-cidr", "10.200.0.0/23")

    full = podroute("ipam", "plan", *flags)
    wider = podroute("ipam", "plan", *flags, "--add-pool", "more=10.201.0.0/16")

    assert full.out.splitlines()[:3] == [
        "! new-0  pool default has no room",
        "! new-1  pool default has no room",
        "Plan: 0 Nodes to serve, 2 without room.",
    ]
    assert wider.out.splitlines()[:2] == [
        "+ new-0  10.201.0.0/24  (pool more)",
        "+ new-1  10.201.1.0/24  (pool more)",
    ]


@pytest.mark.parametrize("form", [json.dumps, yaml.safe_dump])
def test_pools_of_a_file_choose_by_label(nodes: Path, tmp_path: Path, form: type) -> None:
    config = tmp_path / "podroute.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "podroute/v1alpha1",
                "cluster-cidr": "10.200.0.0/16",
                "pools": [
                    {
                        "name": "zone-b",
                        "cluster-cidr": "10.210.0.0/16",
                        "node-cidr-mask-size": 25,
                        "selector": "zone in (b, c)",
                    }
                ],
            }
        )
    )
    written = tmp_path / "nodes.any"
    written.write_text(form(json.loads(nodes.read_text())))

    shown = podroute("ipam", "plan", "--config", str(config), "-f", str(written))

    assert shown.out.splitlines()[:2] == [
        "+ new-0  10.200.2.0/24  (pool default)",
        "+ new-1  10.210.0.0/25  (pool zone-b)",
    ]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ((), "give --cluster-cidr"),
        (("--pool", "x"), "--pool 'x' is not NAME=CIDR"),
        (("--pool", "x=10.0.0.1/8"), "pool 'x': --cluster-cidr: '10.0.0.1/8' has host bits set"),
        (
            ("--pool", '{"name": "x"}'),
            '--pool \'{"name": "x"}\': Object missing required field `cluster-cidr`',
        ),
        (
            ("--pool", '{"nam": "x"}'),
            '--pool \'{"nam": "x"}\': Object contains unknown field `nam`',
        ),
        (("--pool", "{"), "--pool '{': Input data was truncated"),
        (("--pool", "x=10.0.0.0/8", "--pool", "y=10.1.0.0/16"), "pools 'x' and 'y' overlap"),
        (("--pool", "x=10.0.0.0/8", "--pool", "x=11.0.0.0/8"), "two pools have the name 'x'"),
        (
            ("--pool", '{"name": "x", "cluster-cidr": "10.0.0.0/8", "selector": "a in"}'),
            "pool 'x': ",
        ),
    ],
)
def test_bad_pools_are_named(nodes: Path, flags: tuple[str, ...], message: str) -> None:
    shown = podroute("ipam", "show", "-f", str(nodes), *flags)

    assert (shown.status, shown.out) == (2, "")
    assert message in shown.err
