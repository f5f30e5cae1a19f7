"""podroute explain NODE or podCIDR: what each router has, and what is wrong there."""

from pathlib import Path

import pytest

from tests.unit.command import Ended, World, node, node_list, podroute, worker
from tests.unit.two_routers import Two

ROUTE_0 = "10.200.0.0/24 10.240.0.30 ours"
V4 = "--cluster-cidr=10.200.0.0/16"


@pytest.fixture
def two(tmp_path: Path) -> Two:
    two = Two(tmp_path)
    two.set("left", ROUTE_0)
    return two


def rows(ended: Ended) -> list[str]:
    return [" ".join(line.split()) for line in ended.out.splitlines()]


@pytest.mark.parametrize("target", ["worker-0", "10.200.0.0/24"])
def test_what_each_router_has_for_a_node(two: Two, target: str) -> None:
    ended = two.run("explain", target)
    way = "10.200.0.0/24 via 10.240.0.30:"

    assert (ended.status, ended.err) == (1, "")
    assert rows(ended)[:3] == [
        f"{target}:",
        f"ok left {way} InSync of worker-0",
        f"BROKEN right {way} Missing of worker-0: no such route is installed",
    ]
    assert rows(ended)[3].startswith("Next: podroute plan --filename ")
    assert len(rows(ended)) == 4


def test_the_way_there_and_the_way_back_by_different_routers_are_told(two: Two) -> None:
    """As soon as one router leads both ways nothing is."""
    two.set("right", "10.200.1.0/24 10.240.0.31 ours")
    told = rows(two.run("explain", "worker-0"))
    unknown = rows(two.run("explain", "worker-0", right="shut"))
    two.set("right", ROUTE_0, "10.200.1.0/24 10.240.0.31 ours")
    mended = rows(two.run("explain", "worker-0"))

    assert told[3] == (
        "BROKEN left asymmetric: packets to 10.200.0.0/24 go by left, packets from it to "
        "10.200.1.0/24 by right: firewalls that keep connections drop what they see one way of"
    )
    assert not any("asymmetric" in line for line in (*unknown, *mended))
    assert [line.split()[:2] for line in mended[1:]] == [["ok", "left"], ["ok", "right"]]


def test_one_that_is_not_reached_hides_no_other(two: Two) -> None:
    ended = two.run("explain", "worker-0", right="shut")

    assert (ended.status, ended.err) == (3, "")
    assert [line.split()[:2] for line in rows(ended)[1:]] == [["ok", "left"], ["silent", "right"]]
    assert "not reached: the login failed" in ended.out


def test_a_route_that_no_node_wants_is_found_by_its_cidr(two: Two) -> None:
    two.set("right", "10.200.9.0/24 10.240.0.9 ours")
    ended = two.run("explain", "10.200.9.0/24")

    assert ended.status == 1
    assert rows(ended)[1].startswith("BROKEN right 10.200.9.0/24 via 10.240.0.9: Stale: ")


@pytest.mark.parametrize(
    ("target", "status", "words"),
    [
        ("worker-9", 1, "worker-9: no Node has this name or podCIDR, and no router a route to it"),
        ("", 1, "no Node has this name or podCIDR"),
        ("None", 1, "None: no Node has this name or podCIDR"),
        ("10.200.7.0/24", 1, "no Node has this name or podCIDR"),
        ("10.200.0.1/24", 2, "has host bits set"),
        ("\x1b[31m", 1, "\\x1b[31m: no Node has this name"),
    ],
)
def test_what_nobody_knows_is_said(two: Two, target: str, status: int, words: str) -> None:
    """A route of nobody, and a Node without a podCIDR, are not what is meant."""
    two.set("left", ROUTE_0, "10.200.9.0/24 10.240.0.9 ours")
    two.nodes.write_text(node_list(worker(0), node("new")))
    ended = two.run("explain", target)

    assert (ended.status, ended.out) == (status, "")
    assert words in ended.err


def test_what_is_neither_is_told_how_to_ask() -> None:
    ended = podroute("explain", "worker-0", V4)

    assert (ended.status, ended.out) == (2, "")
    assert "give the IP address of a Pod, or --provider with a Node or its podCIDR" in ended.err


@pytest.mark.parametrize(
    ("fault", "status", "last"),
    [
        ("none", 1, "BROKEN file router-next-hop: worker-0: it is deaf"),
        (
            "mute",
            3,
            "silent file what is wrong there besides is not told: it is gone",
        ),
    ],
)
def test_what_is_wrong_with_the_router_is_told_of_this_route_alone(
    tmp_path: Path, fault: str, status: int, last: str
) -> None:
    world = World(tmp_path)
    world.nodes(worker(0), worker(1))
    world.routes(ROUTE_0)
    flags = world.flags(fault)
    ended = podroute("explain", "worker-0", *flags, "--provider-option=ails=it is deaf")

    assert (ended.status, ended.err) == (status, "")
    told = rows(ended)
    assert told[1] == "ok file 10.200.0.0/24 via 10.240.0.30: InSync of worker-0"
    assert told[2] == last
    assert told[3:] == (["Next: see to it"] if fault == "none" else [])


def test_what_could_not_be_asked_is_not_well_but_unknown(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.nodes(worker(0))
    world.routes(ROUTE_0)
    flags = ("--provider-option=ails=it is deaf", "--provider-option=unasked=no right")
    ended = podroute("explain", "worker-0", *world.flags("none"), *flags)

    assert ended.status == 1
    assert rows(ended)[3:] == ["unknown file router-firewall: no right", "Next: see to it"]
