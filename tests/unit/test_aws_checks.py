"""What keeps a VPC from carrying Pods' packets: a row for each."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec
import pytest

from podroute.model.cidr import parse_cidr
from podroute.providers.aws.answers import (
    Association,
    Interface,
    SecurityGroup,
    SecurityGroupsAnswer,
    TableRecord,
)
from podroute.providers.aws.changes import bench
from podroute.providers.aws.checks import checks
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.interface import Question
from podroute.testing.builders import route
from tests.unit.aws_tables import A, interface, seen, table

WISHES = (route(A, "10.240.0.30", "worker0"), route("10.200.1.0/24", "10.240.0.31", "worker1"))
POOLS = (parse_cidr("10.200.0.0/16"), parse_cidr("fd00:10:200::/48"))
HERE = "subnet-1", ("sg-1",)


def known(*interfaces: Interface) -> list[Interface]:
    subnet, groups = HERE
    return [replace(one, subnet=subnet, groups=groups) for one in interfaces]


def group(*permissions: Mapping[str, object]) -> Mapping[str, SecurityGroup]:
    answer = {"SecurityGroups": [{"GroupId": "sg-1", "IpPermissions": permissions}]}
    (found,) = msgspec.convert(answer, SecurityGroupsAnswer).security_groups
    return {found.group_id: found}


OPEN = group(
    {
        "IpProtocol": "-1",
        "IpRanges": [{"CidrIp": "10.0.0.0/8"}],
        "Ipv6Ranges": [{"CidrIpv6": "fd00::/16"}],
    }
)


def ours(*associations: Association, name: str = "rtb-1") -> TableRecord:
    return msgspec.structs.replace(table(name, []), associations=associations)


USED = ours(Association("subnet-1"))


def answers(
    interfaces: Sequence[Interface],
    tables: Sequence[TableRecord] = (USED,),
    groups: Mapping[str, SecurityGroup] | str = OPEN,
) -> Mapping[str, list[tuple[str, str, str]]]:
    at = bench(
        seen(USED, interfaces=interfaces), {a: one for one in interfaces for a in one.addresses}
    )
    found = checks(Question(WISHES, POOLS), at, tables, groups)
    return {
        one.id: [("skipped", one.skipped, "")]
        if one.skipped
        else [(problem.subject, problem.cause, problem.fix) for problem in one.problems]
        for one in found
    }


def only(
    answer: Mapping[str, list[tuple[str, str, str]]],
) -> tuple[str, list[tuple[str, str, str]]]:
    (one,) = [(name, problems) for name, problems in answer.items() if problems]
    return one


def test_where_all_is_well_nothing_is_said() -> None:
    assert answers(known(interface(0), interface(1))) == {
        "aws-instance": [],
        "aws-source-dest-check": [],
        "aws-route-table": [],
        "aws-security-group": [],
    }


def test_a_next_hop_of_no_instance() -> None:
    assert only(answers(known(interface(0)))) == (
        "aws-instance",
        [
            (
                "worker1",
                "no instance in vpc-1 has the address 10.240.0.31 of worker1",
                (
                    "aws ec2 describe-instances --filters "
                    "Name=network-interface.addresses.private-ip-address,Values=10.240.0.31"
                ),
            )
        ],
    )


def test_an_interface_that_drops_what_is_not_its_own() -> None:
    assert only(answers(known(interface(0), interface(1, checked=True)))) == (
        "aws-source-dest-check",
        [
            (
                "i-1 eni-1",
                "the source/dest check is on",
                (
                    "aws ec2 modify-network-interface-attribute --network-interface-id eni-1 "
                    "--no-source-dest-check"
                ),
            )
        ],
    )


OTHER = ours(Association("subnet-1"), name="rtb-9")
MAIN = ours(Association(main=True), name="rtb-8")


ASSOCIATE = "aws ec2 associate-route-table --subnet-id subnet-1 --route-table-id rtb-1"
TAG = "aws ec2 create-tags --resources rtb-9 --tags Key=Name,Value=kubernetes"


@pytest.mark.parametrize(
    ("tables", "used", "fix"),
    [
        ([ours(Association(main=True))], "", ""),
        ([MAIN, ours(Association("subnet-2"))], "rtb-8", ASSOCIATE),
        ([MAIN, OTHER, ours()], "rtb-9", TAG),
        ([ours(Association(main=True)), OTHER], "rtb-9", TAG),
        ([ours()], "no table", ASSOCIATE),
    ],
)
def test_a_subnet_that_uses_another_table(tables: list[TableRecord], used: str, fix: str) -> None:
    answer = answers(known(interface(0), interface(1)), tables)["aws-route-table"]

    cause = f"it uses {used}, which has no routes of ours"
    assert answer == ([("subnet-1", cause, fix)] if used else [])


@pytest.mark.parametrize(
    ("options", "fix"),
    [
        (AwsOptions(tables="rtb-1,rtb-2"), "give --provider-option tables=rtb-1,rtb-2,rtb-9"),
        (
            AwsOptions(tag="kubernetes.io/cluster/blue"),
            "aws ec2 create-tags --resources rtb-9 --tags Key=kubernetes.io/cluster/blue,Value=",
        ),
        (
            AwsOptions(tag="Name=a b"),
            "aws ec2 create-tags --resources rtb-9 --tags 'Key=Name,Value=a b'",
        ),
    ],
)
def test_a_table_that_a_subnet_uses_joins_ours_in_the_way_in_which_they_are_found(
    options: AwsOptions, fix: str
) -> None:
    interfaces = known(interface(0), interface(1))
    here = replace(seen(USED, interfaces=interfaces), options=options)
    at = bench(here, {a: one for one in interfaces for a in one.addresses})

    found = {one.id: one.problems for one in checks(Question(WISHES, POOLS), at, [OTHER], OPEN)}

    assert [one.fix for one in found["aws-route-table"]] == [fix]


ALL = {"IpProtocol": "-1"}
V4, V6 = "IpRanges=[{CidrIp=10.200.0.0/16}]", "Ipv6Ranges=[{CidrIpv6=fd00:10:200::/48}]"


@pytest.mark.parametrize(
    ("permissions", "missing"),
    [
        ([], [V4, V6]),
        ([{**ALL, "IpRanges": [{"CidrIp": "10.200.0.0/16"}]}], [V6]),
        ([{**ALL, "IpRanges": [{"CidrIp": "10.200.0.0/17"}]}], [V4, V6]),
        (
            [
                {**ALL, "IpRanges": [{"CidrIp": "10.200.0.0/17"}]},
                {**ALL, "IpRanges": [{"CidrIp": "10.200.128.0/17"}]},
            ],
            [V6],
        ),
        ([{**ALL, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}], [V4]),
        ([{"IpProtocol": "tcp", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}], [V4, V6]),
        ([{**ALL, "UserIdGroupPairs": [{"GroupId": "sg-1"}]}], [V4, V6]),
    ],
)
def test_a_security_group_that_lets_no_pods_in(
    permissions: list[Mapping[str, object]], missing: list[str]
) -> None:
    answer = answers(known(interface(0), interface(1)), groups=group(*permissions))

    assert [fix for _, _, fix in answer["aws-security-group"]] == [
        f"aws ec2 authorize-security-group-ingress --group-id sg-1 --ip-permissions "
        f"'IpProtocol=-1,{one}'"
        for one in missing
    ]


def test_what_to_type_is_for_the_account_and_region_that_are_looked_at() -> None:
    told = AwsOptions(profile="blue", region="eu-north-1", endpoint="https://ec2.internal")
    (one,) = known(interface(0, checked=True))
    at = bench(replace(seen(USED, interfaces=[one]), options=told), {one.addresses[0]: one})
    six = route("fd00:10:200:9::/64", "fd00:10:240::39", "worker9")

    found = checks(Question((WISHES[0], six), POOLS), at, [MAIN], group())
    fixes = [problem.fix for check in found for problem in check.problems]

    aws = "aws --profile blue --region eu-north-1 --endpoint-url https://ec2.internal ec2 "
    assert [one.removeprefix(aws).split()[0] for one in fixes] == [
        "describe-instances",
        "modify-network-interface-attribute",
        "associate-route-table",
        "authorize-security-group-ingress",
        "authorize-security-group-ingress",
    ]
    assert fixes[0].endswith("network-interface.ipv6-addresses.ipv6-address,Values=fd00:10:240::39")


def test_what_may_not_be_asked_is_skipped() -> None:
    answer = answers(known(interface(0), interface(1)), groups="not allowed")

    assert only(answer) == ("aws-security-group", [("skipped", "not allowed", "")])
    assert answers(known(interface(0), interface(1)), groups={})["aws-security-group"]
