"""podroute check: what is wrong, why, and how it is mended."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.unit.command import World, node, podroute, worker

SECOND = "10.200.1.0/24 10.240.0.31 ours"
FIRST = "10.200.0.0/24 10.240.0.30 ours"


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.nodes(worker(0), worker(1))
    return made


def test_where_all_is_well_it_says_so(world: World) -> None:
    world.routes(FIRST, SECOND)

    ended = podroute("check", *world.flags())

    assert (ended.status, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0].split(maxsplit=2) == [
        "passed",
        "podcidr-duplicate",
        "no two Nodes have one podCIDR",
    ]
    assert lines[-1] == "15 checks: 0 failed, 1 skipped."
    assert "skipped   route-quota" in ended.out


def test_what_is_wrong_is_told_with_its_cause_and_what_mends_it(world: World) -> None:
    world.routes(FIRST, "10.200.9.0/24 10.240.0.99 foreign")

    ended = podroute("check", *world.flags())

    assert (ended.status, ended.err) == (1, "")
    assert (
        "FAILED    route-missing          every podCIDR has a route\n"
        "    10.200.1.0/24 worker-1: no such route is installed\n"
        "      -> podroute apply, or start podroute controller\n"
    ) in ended.out
    assert "FAILED    route-foreign" in ended.out
    assert ended.out.endswith("15 checks: 2 failed, 1 skipped.\n")


def test_without_a_router_the_addresses_are_checked(world: World) -> None:
    world.nodes(worker(0), node("twin", "10.240.0.31", "10.200.0.0/24"))

    ended = podroute(
        "check", "-f", str(world.nodes_file), "--cluster-cidr", "10.200.0.0/16", "-o", "json"
    )

    assert ended.status == 1
    document = json.loads(ended.out)
    assert (document["apiVersion"], document["kind"]) == ("podroute/v1alpha1", "CheckResults")
    by_id = {one["id"]: one for one in document["items"]}
    assert by_id["podcidr-duplicate"]["problems"][0]["subject"] == "worker-0"
    assert by_id["route-missing"]["verdict"] == "skipped"
    assert by_id["route-missing"]["skipped"] == "no router was asked: give --provider"
    assert by_id["node-readable"]["skipped"] is None


def test_many_problems_of_one_kind_are_cut_short(world: World) -> None:
    world.nodes(*map(worker, range(13)))

    ended = podroute("check", *world.flags())

    assert ended.out.count("no such route is installed") == 10
    assert "    and 3 more: -o json shows all\n" in ended.out


def test_a_ci_system_reads_a_case_for_each_check(world: World, tmp_path: Path) -> None:
    world.nodes(worker(0), worker(1), node("odd\x1b[31m", "10.240.0.32", "10.200.1.0/24"))
    world.routes(FIRST)
    file = tmp_path / "checks.xml"

    ended = podroute("check", *world.flags(), "--junit", str(file))

    suite = ET.fromstring(file.read_text())  # noqa: S314 -- our own
    cases = {case.get("name"): case for case in suite}
    assert (ended.status, suite.get("tests")) == (1, str(len(cases)))
    assert suite.get("failures") == str(sum(len(case.findall("failure")) for case in suite))
    assert suite.get("skipped") == "1"
    duplicate = cases["podcidr-duplicate"].find("failure")
    assert duplicate is not None
    assert duplicate.text is not None
    assert "10.200.1.0/24" in duplicate.text
    assert "\x1b" not in ended.out + file.read_text()
    assert len(cases["podcidr-range"]) == 0


@pytest.mark.parametrize(
    ("flags", "status", "message"),
    [
        (["--cluster-cidr", "10.200.0.0"], 2, "has no mask"),
        ([], 2, "give --cluster-cidr"),
        (["--cluster-cidr", "10.200.0.0/16", "--junit", "/no/such/file"], 2, "--junit /no/such"),
        (["--cluster-cidr", "10.200.0.0/16", "--provider", "nothing"], 2, "unknown provider"),
        (["--cluster-cidr", "10.200.0.0/16", "--skip", "route"], 2, "--skip route: no such check"),
    ],
)
def test_what_cannot_be_checked_is_one_message(
    world: World, flags: list[str], status: int, message: str
) -> None:
    ended = podroute("check", "-f", str(world.nodes_file), *flags)

    assert ended.status == status
    assert message in ended.err
    assert ended.err.count("\n") == 1


def test_a_router_that_is_not_reached_is_no_answer(world: World) -> None:
    ended = podroute("check", *world.flags("unreadable"))

    assert (ended.status, ended.out) == (3, "")
    assert "the router does not answer" in ended.err
