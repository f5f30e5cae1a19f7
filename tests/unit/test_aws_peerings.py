"""What peered VPCs see of Pods: a row for each."""

from collections.abc import Mapping, Sequence

import msgspec
import pytest

from podroute.model.cidr import parse_cidr
from podroute.providers.aws.peerings import PeeringRecord, PeeringsAnswer, peering_check
from podroute.providers.interface import Question

QUESTION = Question((), (parse_cidr("10.200.0.0/16"), parse_cidr("fd00:10:200::/48")))
ADVICE = (
    "a peering carries the VPCs' own addresses only: masquerade what Pods send there, as "
    "`podroute agent` does outside of --non-masquerade-cidr, or use a transit gateway"
)


def peering(
    requester: Mapping[str, object], accepter: Mapping[str, object], code: str = "active"
) -> PeeringRecord:
    record = {
        "VpcPeeringConnectionId": "pcx-1",
        "Status": {"Code": code},
        "RequesterVpcInfo": requester,
        "AccepterVpcInfo": accepter,
    }
    answer = msgspec.convert({"VpcPeeringConnections": [record]}, PeeringsAnswer)
    return answer.vpc_peering_connections[0]


OURS = {"VpcId": "vpc-1", "CidrBlock": "10.240.0.0/16"}
THEIRS = {"VpcId": "vpc-2", "CidrBlock": "10.241.0.0/16"}
ASIDE = {"VpcId": "vpc-3", "CidrBlock": "10.200.0.0/16"}


def skipped(*peerings: PeeringRecord) -> str:
    check = peering_check(QUESTION, {"vpc-1"}, peerings)
    assert (check.id, check.problems) == ("aws-peering", ())
    assert check.what == "peered VPCs and Pods reach each other"
    return check.skipped


def test_where_there_is_none_all_is_well() -> None:
    assert skipped() == ""
    assert skipped(peering(THEIRS, ASIDE)) == ""


@pytest.mark.parametrize("code", ["pending-acceptance", "deleted", ""])
def test_one_that_carries_nothing_is_none(code: str) -> None:
    assert skipped(peering(OURS, ASIDE, code)) == ""


def test_a_peered_vpc_sees_nodes_only_and_that_is_said() -> None:
    assert skipped(peering(OURS, THEIRS)) == f"vpc-2 by pcx-1: {ADVICE}"
    assert skipped(peering(THEIRS, OURS)) == f"vpc-2 by pcx-1: {ADVICE}"
    both = skipped(peering(THEIRS, OURS), peering(OURS, {"VpcId": "vpc-4"}))
    assert both == f"vpc-2 by pcx-1, vpc-4 by pcx-1: {ADVICE}"


@pytest.mark.parametrize(
    ("ranges", "overlapping"),
    [
        ({"CidrBlock": "10.200.7.0/24"}, [("10.200.7.0/24", "10.200.0.0/16")]),
        ({"CidrBlock": "10.0.0.0/8"}, [("10.0.0.0/8", "10.200.0.0/16")]),
        (
            {
                "CidrBlock": "10.241.0.0/16",
                "CidrBlockSet": [{"CidrBlock": "10.241.0.0/16"}, {"CidrBlock": "10.200.0.0/16"}],
            },
            [("10.200.0.0/16", "10.200.0.0/16")],
        ),
        (
            {"Ipv6CidrBlockSet": [{"Ipv6CidrBlock": "fd00:10:200::/56"}]},
            [("fd00:10:200::/56", "fd00:10:200::/48")],
        ),
        (
            {
                "CidrBlock": "10.200.0.0/16",
                "CidrBlockSet": [{"CidrBlock": "10.200.0.0/16"}],
                "Ipv6CidrBlockSet": [{"Ipv6CidrBlock": "fd00::/16"}],
            },
            [("10.200.0.0/16", "10.200.0.0/16"), ("fd00::/16", "fd00:10:200::/48")],
        ),
    ],
)
def test_a_peered_vpc_with_the_pods_addresses(
    ranges: Mapping[str, object], overlapping: Sequence[tuple[str, str]]
) -> None:
    check = peering_check(QUESTION, {"vpc-1"}, [peering(OURS, {"VpcId": "vpc-2", **ranges})])

    assert check.skipped == ""
    assert [(one.subject, one.cause, one.fix) for one in check.problems] == [
        (
            "vpc-2 by pcx-1",
            f"its {theirs} overlaps with the Pods' {pool}",
            f"give Pods a --cluster-cidr apart from {theirs}",
        )
        for theirs, pool in overlapping
    ]


def test_what_may_not_be_asked_is_skipped() -> None:
    check = peering_check(QUESTION, {"vpc-1"}, "not allowed")

    assert (check.verdict, check.skipped) == ("skipped", "not allowed")
