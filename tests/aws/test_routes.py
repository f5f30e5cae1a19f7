"""Instances come and go, tables too; what others have written stays."""

from collections import Counter

import pytest

from podroute.model.cidr import parse_cidr
from podroute.model.node import Roster
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.interface import ProviderUnreachable, parse_options
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Blocked, Create, Delete, Replace
from podroute.testing.aws.server import Ec2Server
from podroute.testing.aws.vpc import Vpc, Worker
from podroute.testing.builders import route
from tests.aws.opened import converged, node, nodes, one_pass, plan, provider_at


def workers(vpc: Vpc, count: int) -> list[Worker]:
    """As ``nodes`` has them."""
    return [vpc.worker(f"worker{number}", f"10.240.0.{30 + number}") for number in range(count)]


def counted(server: Ec2Server) -> Counter[str]:
    """The requests so far, by action; then none."""
    found = Counter(asked.action for asked in server.layer.asked)
    server.layer.asked.clear()
    return found


async def test_a_pass_costs_its_own_calls_and_an_idle_one_a_single_read(
    server: Ec2Server, vpc: Vpc
) -> None:
    vpc.table()
    workers(vpc, 12)
    provider = provider_at(AwsOptions(endpoint=server.endpoint))
    proposal = await plan(provider, nodes(12))
    counted(server)

    await provider.apply(proposal.verdict.allowed)
    changing = counted(server)
    await plan(provider, nodes(12))
    idle = counted(server)

    assert changing == {
        "DescribeRouteTables": 1,
        "DescribeInstances": 1,
        "CreateTags": 1,
        "CreateRoute": 12,
    }
    assert idle == {"DescribeRouteTables": 1}


async def test_the_black_hole_of_a_vanished_node_is_removed(server: Ec2Server, vpc: Vpc) -> None:
    """F21, B10, behaviour 72."""
    table = vpc.table()
    mine = workers(vpc, 2)
    provider = provider_at(AwsOptions(endpoint=server.endpoint))
    await one_pass(provider, nodes(2))
    vpc.terminate(mine[1])

    assert ("10.200.1.0/24", mine[1].interface, "blackhole") in vpc.routes(table)
    assert await converged(provider, nodes(1), within=1) == 1
    assert vpc.routes(table) == [("10.200.0.0/24", mine[0].instance, "active")]


async def test_an_instance_under_the_same_name_takes_over_in_place(
    server: Ec2Server, vpc: Vpc
) -> None:
    """B8, F22: the route is replaced, never missing."""
    table = vpc.table()
    mine = workers(vpc, 2)
    provider = provider_at(AwsOptions(endpoint=server.endpoint))
    await one_pass(provider, nodes(2))
    vpc.terminate(mine[1])
    new = vpc.worker("worker1", "10.240.0.77")
    roster = Roster((node(0), node(1, address=77)))
    counted(server)

    proposal = await plan(provider, roster)
    await provider.apply(proposal.verdict.allowed)

    assert [type(step) for step in proposal.steps] == [Replace]
    calls = counted(server)
    assert (calls["ReplaceRoute"], calls["DeleteRoute"], calls["CreateRoute"]) == (1, 0, 0)
    assert ("10.200.1.0/24", new.instance, "active") in vpc.routes(table)


async def test_a_stopped_instance_waits_without_a_call(server: Ec2Server, vpc: Vpc) -> None:
    vpc.table()
    mine = workers(vpc, 1)
    provider = provider_at(AwsOptions(endpoint=server.endpoint))
    await one_pass(provider, nodes(1))
    vpc.call("stop_instances", InstanceIds=[mine[0].instance])
    counted(server)

    outcomes = await one_pass(provider, nodes(1))

    assert [type(one) for one in outcomes] == [Failed]
    assert "is not running" in str(outcomes[0])
    assert counted(server)["ReplaceRoute"] == 0


async def test_foreign_routes_of_every_kind_stop_nothing(server: Ec2Server, vpc: Vpc) -> None:
    """F15, B6: VPN, internet, peering and transit gateways, a prefix list, another's instance."""
    table = vpc.table()
    mine = workers(vpc, 2)
    internet = vpc.call("create_internet_gateway")["InternetGateway"]["InternetGatewayId"]
    vpn = vpc.call("create_vpn_gateway", Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    transit = vpc.call("create_transit_gateway")["TransitGateway"]["TransitGatewayId"]
    other = Vpc(server, "10.241.0.0/16", "10.241.0.0/24")
    peering = vpc.call("create_vpc_peering_connection", VpcId=vpc.id, PeerVpcId=other.id)
    peer = peering["VpcPeeringConnection"]["VpcPeeringConnectionId"]
    prefixes = vpc.call(
        "create_managed_prefix_list",
        PrefixListName="offices",
        MaxEntries=1,
        AddressFamily="IPv4",
        Entries=[{"Cidr": "192.0.2.0/24"}],
    )["PrefixList"]["PrefixListId"]
    vpc.route(table, parse_cidr("0.0.0.0/0"), GatewayId=internet)
    vpc.route(table, parse_cidr("10.200.200.0/24"), GatewayId=vpn)
    vpc.route(table, parse_cidr("10.200.1.0/24"), TransitGatewayId=transit)
    vpc.route(table, parse_cidr("10.241.0.0/16"), VpcPeeringConnectionId=peer)
    vpc.route(table, parse_cidr("10.200.9.0/24"), InstanceId=mine[1].instance)
    vpc.call(
        "create_route", RouteTableId=table, DestinationPrefixListId=prefixes, GatewayId=internet
    )
    before = vpc.routes(table)
    provider = provider_at(AwsOptions(endpoint=server.endpoint))

    proposal = await plan(provider, nodes(2))
    outcomes = await provider.apply(proposal.verdict.allowed)

    assert [type(step) for step in proposal.steps] == [Create, Blocked]
    assert f"10.200.1.0/24 to {transit} in {table} is not ours" in str(proposal.steps[1])
    assert [type(one) for one in outcomes] == [Done]
    assert set(before) < set(vpc.routes(table))
    assert len(vpc.routes(table)) == len(before) + 1


async def test_two_clusters_whose_names_share_a_prefix_share_a_table(
    server: Ec2Server, vpc: Vpc
) -> None:
    """B7: neither ever removes what is the other's."""
    table = vpc.table(**{"kubernetes.io/cluster/foo": "shared"})
    mine = workers(vpc, 4)
    scope = {"tag": "kubernetes.io/cluster/foo", "endpoint": server.endpoint}
    foo, foo_bar = (
        provider_at(parse_options(AwsOptions, {**scope, "cluster": name}))
        for name in ("foo", "foo-bar")
    )
    await one_pass(foo, Roster((node(0), node(1))))
    await one_pass(foo_bar, Roster((node(2), node(3))))

    gone = await plan(foo, Roster((node(0),)))
    await foo.apply(gone.verdict.allowed)

    assert [type(step) for step in gone.steps] == [Delete]
    assert [target for _, target, _ in vpc.routes(table)] == [mine[at].instance for at in (0, 2, 3)]
    assert (await plan(foo_bar, Roster((node(2), node(3))))).steps == ()


async def test_every_wish_is_in_every_table(server: Ec2Server, vpc: Vpc) -> None:
    """Three tables; one is replaced, and a route that is not in all of them counts as none."""
    tables = [vpc.table() for _ in range(3)]
    workers(vpc, 2)
    provider = provider_at(AwsOptions(endpoint=server.endpoint))
    await one_pass(provider, nodes(2))
    assert len({tuple(vpc.routes(table)) for table in tables}) == 1
    vpc.call("delete_route", RouteTableId=tables[0], DestinationCidrBlock="10.200.0.0/24")
    new = vpc.table()

    shown = {str(one.destination): one.deviation for one in (await provider.read()).routes}
    assert shown["10.200.0.0/24"] == f"not in {', '.join(sorted((tables[0], new)))}"
    assert shown["10.200.1.0/24"] == f"not in {new}"
    assert await converged(provider, nodes(2), within=1) == 1
    assert len({tuple(vpc.routes(table)) for table in (*tables, new)}) == 1


async def test_one_that_leads_elsewhere_in_one_table_stops_that_wish_in_all(
    server: Ec2Server, vpc: Vpc
) -> None:
    tables = [vpc.table() for _ in range(2)]
    mine = workers(vpc, 3)
    vpc.route(tables[0], parse_cidr("10.200.1.0/24"), InstanceId=mine[2].instance)
    provider = provider_at(AwsOptions(endpoint=server.endpoint))

    proposal = await plan(provider, nodes(2))
    outcomes = await provider.apply(proposal.verdict.allowed)

    assert [type(step) for step in proposal.steps] == [Create, Blocked]
    assert [type(one) for one in outcomes] == [Done]
    (left,) = (await plan(provider, nodes(2))).steps
    assert isinstance(left, Blocked)
    assert tables[0] in left.reason


async def test_an_interface_of_several_is_named_itself(server: Ec2Server, vpc: Vpc) -> None:
    """B11, behaviour 92."""
    table = vpc.table()
    worker = vpc.worker("worker0", "10.240.0.30")
    second = vpc.second_interface(worker, "10.240.0.130")
    provider = provider_at(AwsOptions(endpoint=server.endpoint))
    roster = Roster((node(0, address=130),))
    proposal = await plan(provider, roster)

    lines = provider.commands(proposal.verdict.allowed)
    await provider.apply(proposal.verdict.allowed)

    assert f"--network-interface-id {second}" in lines[0]
    found = vpc.call("describe_route_tables", RouteTableIds=[table])["RouteTables"][0]["Routes"]
    assert second in {one.get("NetworkInterfaceId") for one in found}
    assert (await plan(provider, roster)).steps == ()


async def test_the_source_dest_check_is_switched_off_once_per_interface(
    server: Ec2Server, vpc: Vpc
) -> None:
    vpc.table()
    vpc.worker("worker0", "10.240.0.30", "fd00:10:240::30", checked=True)
    asked = provider_at(AwsOptions(endpoint=server.endpoint))
    wishes = [
        Create(route("10.200.0.0/24", "10.240.0.30", "worker0")),
        Create(route("fd00:10:200::/64", "fd00:10:240::30", "worker0")),
    ]
    await asked.apply(wishes)
    assert counted(server)["ModifyNetworkInterfaceAttribute"] == 0

    told = provider_at(
        AwsOptions(endpoint=server.endpoint, match_node="name-tag", disable_source_dest_check=True)
    )
    before = {one.destination: one for one in (await told.read()).routes}
    outcomes = await told.apply(
        [Replace(before[wish.route.destination], wish.route) for wish in wishes]
    )

    assert all("source/dest check" in one.deviation for one in before.values())
    assert [type(one) for one in outcomes] == [Done, Done]
    assert counted(server)["ModifyNetworkInterfaceAttribute"] == 1
    assert [one.deviation for one in (await told.read()).routes] == ["", ""]


@pytest.mark.parametrize(
    ("match", "name", "refused"),
    [
        ("name-tag", "worker0", ""),
        ("name-tag", "other", "which is 'worker0', not other"),
        ("private-dns-name", "ip-10-240-0-30.eu-central-1.compute.internal", ""),
        ("private-dns-name", "worker0", "ip-10-240-0-30.eu-central-1.compute.internal"),
    ],
)
async def test_a_node_is_its_instance(
    server: Ec2Server, vpc: Vpc, match: str, name: str, refused: str
) -> None:
    """H21, behaviours 85 and 86: an address that is another machine's gets no route."""
    vpc.table()
    workers(vpc, 1)
    texts = {"endpoint": server.endpoint, "match-node": match}
    provider = provider_at(parse_options(AwsOptions, texts))

    outcomes = await provider.apply([Create(route("10.200.0.0/24", "10.240.0.30", name))])

    assert refused in str(outcomes[0])
    assert isinstance(outcomes[0], Failed if refused else Done)


async def test_an_address_of_no_instance_is_said(server: Ec2Server, vpc: Vpc) -> None:
    """Behaviour 88."""
    vpc.table()
    provider = provider_at(AwsOptions(endpoint=server.endpoint))

    outcomes = await provider.apply([Create(route("10.200.0.0/24", "10.240.0.66", "lost"))])

    assert f"no instance in {vpc.id} has the address 10.240.0.66 of lost" in str(outcomes[0])
    assert provider.commands([Create(route("10.200.0.0/24", "10.240.0.66", "lost"))]) == [
        f"false 'no instance in {vpc.id} has the address 10.240.0.66 of lost'"
    ]


async def test_tables_that_cannot_be_meant_are_an_error(server: Ec2Server, vpc: Vpc) -> None:
    """Behaviour 89."""
    provider = provider_at(AwsOptions(endpoint=server.endpoint))
    with pytest.raises(ProviderUnreachable, match="no route table with tag Name=kubernetes"):
        await provider.read()
    vpc.table()
    other = Vpc(server, "10.241.0.0/16", "10.241.0.0/24")
    other.table()
    with pytest.raises(ProviderUnreachable, match=r"give --provider-option vpc=ID"):
        await provider.read()
    chosen = provider_at(AwsOptions(endpoint=server.endpoint, vpc=other.id))
    assert "10.241.0.0/16" in map(str, (await chosen.read()).on_link or ())
    lost = provider_at(AwsOptions(endpoint=server.endpoint, tables="rtb-0"))
    with pytest.raises(ProviderUnreachable, match="no route table rtb-0"):
        await lost.read()
