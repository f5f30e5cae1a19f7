"""podroute check against the simulated EC2: instances, source/dest check, tables, groups."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from podroute.model.cidr import parse_cidr
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.interface import CheckedRouter, ProviderUnreachable, Question
from podroute.testing.aws.faults import Sometimes, denied
from podroute.testing.aws.server import Ec2Server
from podroute.testing.aws.vpc import Vpc
from podroute.testing.builders import route
from tests.aws.commands import podroute, three_workers
from tests.aws.opened import provider_at

WISHES = tuple(
    route(f"10.200.{number}.0/24", f"10.240.0.{30 + number}", f"worker{number}")
    for number in range(3)
)
QUESTION = Question(WISHES, (parse_cidr("10.200.0.0/16"),))


async def answers(server: Ec2Server) -> Mapping[str, list[str]]:
    provider = provider_at(AwsOptions(endpoint=server.endpoint))
    assert isinstance(provider, CheckedRouter)
    return {
        one.id: [one.skipped] if one.skipped else [problem.fix for problem in one.problems]
        for one in await provider.checks(QUESTION)
    }


async def test_what_the_answers_propose_mends_it(server: Ec2Server, vpc: Vpc) -> None:
    table = vpc.table()
    vpc.worker("worker0", "10.240.0.30")
    second = vpc.worker("worker1", "10.240.0.31", checked=True)
    before = await answers(server)
    vpc.worker("worker2", "10.240.0.32")
    vpc.call(
        "modify_network_interface_attribute",
        NetworkInterfaceId=second.interface,
        SourceDestCheck={"Value": False},
    )
    subnet, group = vpc.placed(second)
    vpc.call("associate_route_table", RouteTableId=table, SubnetId=subnet)
    vpc.call(
        "authorize_security_group_ingress",
        GroupId=group,
        IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.200.0.0/16"}]}],
    )

    aws = f"aws --endpoint-url {server.endpoint} ec2"
    assert before["aws-instance"][0].endswith("private-ip-address,Values=10.240.0.32")
    assert before["aws-source-dest-check"] == [
        (
            f"{aws} modify-network-interface-attribute --network-interface-id {second.interface} "
            "--no-source-dest-check"
        )
    ]
    assert before["aws-route-table"] == [
        f"{aws} associate-route-table --subnet-id {subnet} --route-table-id {table}"
    ]
    assert before["aws-security-group"] == [
        (
            f"{aws} authorize-security-group-ingress --group-id {group} --ip-permissions "
            "'IpProtocol=-1,IpRanges=[{CidrIp=10.200.0.0/16}]'"
        )
    ]
    assert await answers(server) == {name: [] for name in before}


async def test_what_may_not_be_asked_is_skipped_and_names_the_permission(
    server: Ec2Server, vpc: Vpc
) -> None:
    vpc.table()
    vpc.worker("worker0", "10.240.0.30")
    server.layer.faults = Sometimes(denied("ec2:DescribeSecurityGroups"), "DescribeSecurityGroups")
    shown = await answers(server)
    forbidden = denied("ec2:DescribeVpcPeeringConnections")
    server.layer.faults = Sometimes(forbidden, "DescribeVpcPeeringConnections")
    peered = await answers(server)
    server.layer.faults = Sometimes(denied("ec2:DescribeInstances"), "DescribeInstances")

    assert "ec2:DescribeSecurityGroups is not allowed" in shown["aws-security-group"][0]
    assert "ec2:DescribeVpcPeeringConnections is not allowed" in peered["aws-peering"][0]
    with pytest.raises(ProviderUnreachable, match="ec2:DescribeInstances is not allowed"):
        await answers(server)


async def test_what_a_peered_vpc_sees_is_said(server: Ec2Server, vpc: Vpc) -> None:
    vpc.table()
    before = await answers(server)
    peered(vpc, Vpc(server, "10.241.0.0/16", "10.241.0.0/24"))
    apart = await answers(server)
    peered(Vpc(server, "10.200.0.0/16", "10.200.0.0/24"), vpc)
    overlapping = await answers(server)

    assert before["aws-peering"] == []
    assert "the VPCs' own addresses only" in apart["aws-peering"][0]
    assert overlapping["aws-peering"] == ["give Pods a --cluster-cidr apart from 10.200.0.0/16"]


def peered(one: Vpc, other: Vpc) -> None:
    """By a peering that both want."""
    made = one.call("create_vpc_peering_connection", VpcId=one.id, PeerVpcId=other.id)
    name = made["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    other.call("accept_vpc_peering_connection", VpcPeeringConnectionId=name)


def test_the_verb_tells_what_mends_it(server: Ec2Server, vpc: Vpc, tmp_path: Path) -> None:
    vpc.table()
    for number in range(3):
        vpc.worker(f"worker{number}", f"10.240.0.{30 + number}", checked=number == 1)

    ended = podroute(server, "check", three_workers(tmp_path))

    assert ended.status == 1, ended.err
    assert re.search(r"FAILED +aws-source-dest-check", ended.out)
    assert "--no-source-dest-check" in ended.out
