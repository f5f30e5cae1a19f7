"""Which podCIDRs can be this worker's?"""

import pytest

from podroute.bridge.claims import refused
from podroute.bridge.seen import Link
from podroute.claims.rules import ClaimRules
from podroute.model.cidr import parse_cidr
from tests.builders import SEED_RULES
from tests.workers import fresh, with_link, worker


@pytest.mark.parametrize(
    ("cidr", "fault"),
    [
        ("10.200.0.0/24", ""),
        ("0.0.0.0/0", "0.0.0.0/8, a range for special purposes"),
        ("169.254.0.0/24", "a range for special purposes"),
        (
            "10.240.0.0/24",
            "overlaps 10.240.0.0/24, where this worker and the Nodes are: eth0 has 10.240.0.30/24",
        ),
        ("10.200.0.0/16", "is not one /24 block of 10.200.0.0/16"),
        ("10.96.0.0/24", "is outside the cluster CIDR 10.200.0.0/16"),
        ("10.200.0.0/30", "is not one /24 block of 10.200.0.0/16"),
        ("10.200.0.0/31", "has no room for a gateway and a Pod"),
        ("10.200.0.7/32", "has no room"),
        ("fd00:10:200::/127", "has no room"),
    ],
)
def test_a_pod_cidr_is_judged_as_on_the_router(cidr: str, fault: str) -> None:
    found = list(refused([parse_cidr(cidr)], fresh(), "cbr0", SEED_RULES))

    assert bool(found) == bool(fault)
    assert all(fault in one.reason and one.what == f"podCIDR {cidr}" for one in found)


def test_each_of_them_is_judged() -> None:
    cidrs = list(map(parse_cidr, ("10.200.0.0/31", "10.200.1.0/24", "fd00:10:200::/127")))

    found = refused(cidrs, fresh(), "cbr0", SEED_RULES)

    assert [one.what for one in found] == ["podCIDR 10.200.0.0/31", "podCIDR fd00:10:200::/127"]


def test_an_address_of_the_machine_is_no_pods() -> None:
    host = with_link(fresh(), Link(4, "eth1"), "10.200.3.7/32", "169.254.3.7/16")

    (found,) = refused([parse_cidr("10.200.3.0/24")], host, "cbr0", SEED_RULES)

    assert found.reason == (
        "10.200.3.0/24 overlaps 10.200.3.7/32, where this worker and the Nodes are: "
        "eth1 has 10.200.3.7/32"
    )


def test_what_is_there_stays_when_the_plan_changes() -> None:
    host = worker(("10.96.0.0/24",))

    assert not list(refused([parse_cidr("10.96.0.0/24")], host, "cbr0", SEED_RULES))
    assert list(refused([parse_cidr("10.96.1.0/24")], host, "cbr0", SEED_RULES))


def test_without_an_address_plan_only_what_can_never_be_is_refused() -> None:
    assert not list(refused([parse_cidr("172.20.0.0/20")], fresh(), "cbr0", ClaimRules()))
    assert list(refused([parse_cidr("127.0.0.0/8")], fresh(), "cbr0", ClaimRules()))


def test_all_that_is_near_is_named_but_the_bridge_itself() -> None:
    host = with_link(worker(), Link(7, "eth1"), "10.250.0.7/24")

    (found,) = refused([parse_cidr("10.0.0.0/8")], host, "cbr0", ClaimRules())

    assert found.reason.endswith(": eth0 has 10.240.0.30/24, eth1 has 10.250.0.7/24")


def test_where_nothing_is_near_the_fault_is_all() -> None:
    (found,) = refused([parse_cidr("10.96.0.0/24")], fresh(), "cbr0", SEED_RULES)

    outside = "is outside the cluster CIDR 10.200.0.0/16, fd00:10:200::/48"
    assert found.reason == f"10.96.0.0/24 {outside}"
