"""The known bugs of route controllers that lie between them and the router, one test each.

The numbers are those of the design notes, as in ``test_route_bugs``; B12 to B17 are about blocks
and B18 is about a Node's own bridge: they concern no route.
"""

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest

from podroute.model.cidr import Address
from podroute.model.route import RouteTable
from podroute.providers.aws.changes import prepared
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.aws.typed import line, tags_of
from podroute.routing.checks import route_checks
from podroute.routing.facts import Strayed
from podroute.routing.proposal import propose
from podroute.routing.steps import Create
from tests.builders import SEED_RULES, installed, node, roster, route
from tests.unit.aws_benches import at
from tests.unit.aws_tables import table
from tests.unit.played_router import QUICK, Api, Router, listed, running
from tests.unit.route_ledgers import PERIOD, Run
from tests.waiting import until

A, B = node("a", "10.240.0.30", "10.200.0.0/24"), node("b", "10.240.0.31", "10.200.1.0/24")
OF_A, OF_B = installed("10.200.0.0/24", "10.240.0.30"), installed("10.200.1.0/24", "10.240.0.31")
CREATE_A = "+ 10.200.0.0/24 via 10.240.0.30"


@pytest.mark.parametrize(
    ("block", "hop", "expected"),
    [
        ("10.200.1.0/24", "10.240.0.31", "--destination-cidr-block 10.200.1.0/24"),
        ("fd00:10:200::/64", "fd00:10:240::31", "--destination-ipv6-cidr-block fd00:10:200::/64"),
    ],
)
def test_b11_a_route_names_the_interface_and_its_own_family(
    block: str, hop: str, expected: str
) -> None:
    """kubernetes/kubernetes#70924: an instance with several interfaces is no target."""
    place = at(table("rtb-1", []))

    typed = line(prepared(Create(route(block, hop)), place), tags_of(place.seen), AwsOptions())

    assert f"{expected} --network-interface-id eni-1" in typed
    assert "--instance-id" not in typed


def test_b19_what_went_while_nobody_was_there_leaves_no_route_behind() -> None:
    """flannel-io/flannel#2554: the whole table is compared at the start, by our own mark."""
    theirs = installed("10.200.8.0/24", "10.240.0.98", "foreign")
    of_the_gone = installed("10.200.7.0/24", "10.240.0.97")
    run = Run([A, B], [OF_A, OF_B, of_the_gone, theirs]).start()

    assert run.settle() == ["- 10.200.7.0/24 via 10.240.0.97"]
    assert run.table == [OF_A, OF_B, theirs]


def test_b19_nor_is_an_old_next_hop_put_back() -> None:
    """cloudnativelabs/kube-router#1738."""
    run = Run([A], [OF_A]).start()
    run.see(replace(A, internal_ips=B.internal_ips))
    run.settle()

    run.table = [OF_A]
    run.wait(PERIOD)
    run.read()

    assert run.settle() == ["~ 10.200.0.0/24 via 10.240.0.31, was 10.240.0.30"]


async def test_b20_what_the_kernel_loses_is_put_back_at_its_word_and_not_at_a_timers() -> None:
    """flannel-io/flannel#1759: a period is a minute here, and the test ends before."""
    router = Router([OF_A])

    async with running(Api(listed(A)), router, rhythm=replace(QUICK, period=60.0)) as world:
        await until(lambda: world.states() == ["10.200.0.0/24 InSync"])
        router.routes.alter([OF_A], ())
        await until(lambda: router.sent() == [CREATE_A])


def test_b20_a_route_that_was_proven_and_is_gone_is_a_drift_and_made_again() -> None:
    run = Run([A], [OF_A]).start()

    run.table = []
    run.read()

    assert [type(one) for one in run.look()] == [Strayed]
    assert run.settle() == [CREATE_A]


def test_b24_a_node_without_an_address_is_no_route_to_nowhere() -> None:
    """What was not found is not 0.0.0.0."""
    run = Run([node("a", "", "10.200.0.0/24"), B]).start()

    assert run.settle() == ["+ 10.200.1.0/24 via 10.240.0.31"]
    assert run.state("10.200.0.0/24") == "Blocked: a shows no IPv4 InternalIP"


@pytest.mark.parametrize("nowhere", [IPv4Address(0), IPv6Address(0)])
def test_b24_an_unspecified_address_is_nobodys_next_hop(nowhere: Address) -> None:
    block = "10.200.0.0/24" if nowhere.version == 4 else "fd00:10:200::/64"
    run = Run([node("a", str(nowhere), block)]).start()

    assert run.settle() == []
    assert run.state(block).startswith("Blocked: ")


def test_b24_a_look_that_began_before_a_change_says_nothing_of_it() -> None:
    """One snapshot is one moment: an older one that comes later is not taken for the newest."""
    run = Run([A]).start()
    began = run.now
    run.wait(1)
    run.carry(run.take())

    run.table = []
    assert run.read(began) == []
    assert run.sent() == []

    run.table = [OF_A]
    run.read()
    assert run.settle() == []
    assert run.state("10.200.0.0/24") == "InSync: "


def test_b25_a_block_outside_the_cluster_cidr_is_told_and_asked_for_by_no_call() -> None:
    """hetznercloud/hcloud-cloud-controller-manager#482: no flood, and the others have theirs."""
    astray = node("astray", "10.240.0.66", "10.99.0.0/24")
    run = Run([A, astray]).start()

    assert run.settle() == [CREATE_A]
    assert run.state("10.99.0.0/24") == (
        "Blocked: 10.99.0.0/24 is outside the cluster CIDR 10.200.0.0/16, fd00:10:200::/48"
    )
    run.conditions()
    for _ in range(100):
        run.wait(PERIOD)
        run.read()
        assert (run.sent(), run.conditions()) == ([], [])


def test_b25_and_a_check_names_it_before_anything_is_sent() -> None:
    """hetznercloud/hcloud-cloud-controller-manager#675."""
    everybody, seen = roster(A, node("astray", "10.240.0.66", "10.99.0.0/24")), RouteTable((OF_A,))
    proposal = propose(everybody, seen, SEED_RULES)

    checks = route_checks(proposal, seen, SEED_RULES, everybody)
    told = [f"{one.subject}: {one.cause}" for each in checks for one in each.problems]

    (said,) = told
    assert said.startswith("10.99.0.0/24 astray: 10.99.0.0/24 is outside the cluster CIDR ")
