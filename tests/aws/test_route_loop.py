"""The route loop over the provider and the simulated EC2, when times are bad."""

from dataclasses import replace

import pytest

from podroute.kube.node_events import Changed, Removed
from podroute.model.cidr import parse_cidr
from podroute.model.node import NodeUid
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.interface import RouteProvider
from podroute.routing.steps import Blocked
from podroute.testing.aws.faults import Asked, Fault, Sometimes, nothing_goes_wrong
from podroute.testing.aws.server import Ec2Server
from podroute.testing.aws.vpc import Vpc
from tests.aws.looped import asked_for, counted, half, keeping, shown, workers
from tests.aws.opened import node, nodes, plan, provider_at
from tests.looped import available
from tests.waiting import until

EXPIRED = Fault("RequestExpired", "Request has expired.", 400)


async def test_while_half_of_all_calls_are_throttled_every_node_gets_its_routes(
    server: Ec2Server, vpc: Vpc
) -> None:
    """F16."""
    table, roster = vpc.table(), nodes(12).nodes
    workers(vpc, 12)
    server.layer.faults = half(of=16)
    async with keeping(server, roster) as world:
        await until(lambda: available(world, roster), within=80)

    assert len(vpc.routes(table)) == 12
    assert not {"DeleteRoute", "ReplaceRoute"} & counted(server).keys()


async def test_credentials_that_expire_in_the_middle_stop_it_until_there_are_new_ones(
    server: Ec2Server, vpc: Vpc
) -> None:
    """F25: what is there stays, and the fault is said."""
    table, roster = vpc.table(), nodes(12).nodes
    workers(vpc, 12)

    def expire(asked: Asked) -> Fault | None:
        if asked.action != "CreateRoute" or asked_for(server, "CreateRoute") <= 5:
            return None
        server.layer.faults = lambda _: EXPIRED
        return EXPIRED

    server.layer.faults = expire
    async with keeping(server, roster) as world:
        await until(lambda: "renew them" in world.loop.fault)
        server.layer.faults = Sometimes(EXPIRED, "CreateRoute")  # the test may look
        there = len(vpc.routes(table))
        server.layer.faults = nothing_goes_wrong
        await until(lambda: available(world, roster))

    assert there == 5
    assert len(vpc.routes(table)) == 12
    assert not {"DeleteRoute", "ReplaceRoute"} & counted(server).keys()


async def test_the_51st_node_has_no_room_and_is_told_until_there_is_some(
    server: Ec2Server, vpc: Vpc
) -> None:
    """F17."""
    table, roster = vpc.table(), nodes(51).nodes
    workers(vpc, 51)
    server.layer.quota = 51  # one is the local route
    *fitting, last = roster
    async with keeping(server, roster) as world:
        await until(lambda: available(world, fitting) and world.told(last.name))
        told, states = world.told(last.name), world.states()
        (step,) = (await plan(provider_of(server), nodes(51))).steps
        world.api.news.put_nowait(Removed(roster[3]))
        await until(lambda: available(world, [last]))

    assert told is not None
    assert (told.status, told.reason) == ("True", "NoRouteCreated")
    assert (
        "10.200.50.0/24: the router takes 51 IPv4 routes, and 51 are there or come first"
        in told.message
    )
    assert "10.200.50.0/24 Blocked" in states
    assert isinstance(step, Blocked)
    assert (str(step.destination), step.holder) == ("10.200.50.0/24", "quota")
    assert len(vpc.routes(table)) == 50
    assert counted(server)["CreateRoute"] == 51


def provider_of(server: Ec2Server) -> RouteProvider:
    """Another one, which only looks."""
    return provider_at(AwsOptions(endpoint=server.endpoint))


async def test_foreign_routes_of_every_kind_stop_no_pass(server: Ec2Server, vpc: Vpc) -> None:
    """F15, B6: VPN, peering, prefix list."""
    table, roster = vpc.table(), nodes(3).nodes
    workers(vpc, 3)
    plant_foreign(server, vpc, table)
    theirs = set(vpc.routes(table))
    async with keeping(server, roster[:2]) as world:
        await until(lambda: available(world, roster[:2]))
        world.api.news.put_nowait(Changed(roster[2]))
        await until(lambda: available(world, roster))
        world.api.news.put_nowait(Removed(roster[1]))
        await until(
            lambda: asked_for(server, "DeleteRoute") and "10.200.1.0/24" not in shown(world)
        )

    assert theirs < set(vpc.routes(table))
    assert len(vpc.routes(table)) == len(theirs) + 2
    assert world.loop.fault == ""


def plant_foreign(server: Ec2Server, vpc: Vpc, table: str) -> None:
    """Routes that are nobody's Pods'."""
    vpn = vpc.call("create_vpn_gateway", Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
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
    vpc.route(table, parse_cidr("10.200.200.0/24"), GatewayId=vpn)
    vpc.route(table, parse_cidr("10.241.0.0/16"), VpcPeeringConnectionId=peer)
    vpc.call("create_route", RouteTableId=table, DestinationPrefixListId=prefixes, GatewayId=vpn)


async def test_a_table_that_takes_the_place_of_another_is_filled(
    server: Ec2Server, vpc: Vpc
) -> None:
    """Three tables, one for each zone; one is made anew."""
    tables, roster = [vpc.table() for _ in range(3)], nodes(3).nodes
    mine = workers(vpc, 3)
    routes = [(f"10.200.{at}.0/24", one.instance, "active") for at, one in enumerate(mine)]
    async with keeping(server, roster) as world:
        await until(lambda: available(world, roster))
        new = vpc.table()
        vpc.call("delete_route_table", RouteTableId=tables[0])
        await until(lambda: asked_for(server, "CreateRoute", RouteTableId=new) == 3)
        await until(lambda: available(world, roster) and len(shown(world, "InSync")) == 3)

    assert [vpc.routes(table) for table in (new, *tables[1:])] == [routes] * 3
    calls = counted(server)
    assert (calls["CreateRoute"], calls["DeleteRoute"], calls["ReplaceRoute"]) == (12, 0, 0)
    assert world.loop.fault == ""


async def test_a_table_that_is_new_is_filled_unasked_however_many_they_are(
    server: Ec2Server, vpc: Vpc
) -> None:
    """Nothing is taken away by that; the same where a call has come into one table only (F19)."""
    table, roster = vpc.table(), nodes(12).nodes
    workers(vpc, 12)
    async with keeping(server, roster) as world:
        await until(lambda: available(world, roster))
        new = vpc.table()
        await until(lambda: asked_for(server, "CreateRoute", RouteTableId=new) == 12)
        await until(lambda: len(shown(world, "InSync")) == 12)

    assert vpc.routes(new) == vpc.routes(table)
    assert "held back" not in world.log.getvalue()


async def test_a_machine_that_is_replaced_under_its_name_gets_the_route_in_place(
    server: Ec2Server, vpc: Vpc
) -> None:
    """B8, F22: the route is never missing."""
    table, old = vpc.table(), node(0)
    first = vpc.worker("worker0", "10.240.0.30")
    old = replace(old, provider_id=f"aws:///eu-central-1a/{first.instance}")
    async with keeping(server, [old]) as world:
        await until(lambda: available(world, [old]))
        vpc.terminate(first)
        second = vpc.worker("worker0", "10.240.0.77")
        path = f"aws:///eu-central-1b/{second.instance}"
        new = replace(node(0, address=77), uid=NodeUid("another"), provider_id=path)
        world.api.news.put_nowait(Removed(old))
        world.api.news.put_nowait(Changed(new))
        await until(lambda: asked_for(server, "ReplaceRoute") and shown(world, "InSync"))

    assert vpc.routes(table) == [("10.200.0.0/24", second.instance, "active")]
    calls = counted(server)
    assert (calls["CreateRoute"], calls["ReplaceRoute"], calls["DeleteRoute"]) == (1, 1, 0)


async def test_a_node_that_says_it_is_another_machine_gets_no_route(
    server: Ec2Server, vpc: Vpc
) -> None:
    """H28."""
    table = vpc.table()
    _, other = workers(vpc, 2)
    thief = replace(node(0), provider_id=f"aws:///eu-central-1a/{other.instance}")
    async with keeping(server, [thief]) as world:
        await until(lambda: world.told(thief.name))
        told = world.told(thief.name)

    assert told is not None
    assert told.status == "True"
    assert f"{other.instance} by its providerID" in told.message
    assert vpc.routes(table) == []


@pytest.mark.parametrize("tables", [1, 3])
async def test_two_clusters_whose_names_share_a_prefix_share_a_vpc(
    server: Ec2Server, vpc: Vpc, tables: int
) -> None:
    """B7: neither ever removes what is the other's."""
    shared = [vpc.table() for _ in range(tables)]
    mine = workers(vpc, 4)
    foo, foo_bar = nodes(4).nodes[:2], nodes(4).nodes[2:]
    async with (
        keeping(server, foo, cluster="foo") as one,
        keeping(server, foo_bar, cluster="foo-bar") as other,
    ):
        await until(lambda: available(one, foo) and available(other, foo_bar))
        one.api.news.put_nowait(Removed(foo[0]))
        await until(
            lambda: asked_for(server, "DeleteRoute") == tables and len(shown(one, "InSync")) == 1
        )
        counted(server)
        await until(lambda: len(server.layer.asked) >= 6)

    assert not {"CreateRoute", "ReplaceRoute", "DeleteRoute"} & counted(server).keys()
    left = [one.instance for one in mine[1:]]
    assert {tuple(to for _, to, _ in vpc.routes(table)) for table in shared} == {tuple(left)}


async def test_n_new_routes_cost_n_calls_and_a_few_and_a_period_one_read(
    server: Ec2Server, vpc: Vpc
) -> None:
    vpc.table()
    workers(vpc, 41)
    roster = nodes(41).nodes
    counted(server)
    async with keeping(server, roster[:40]) as world:
        await until(lambda: available(world, roster[:40]))
        many = counted(server)
        await until(lambda: len(server.layer.asked) >= 3)
        idle = counted(server)
        world.api.news.put_nowait(Changed(roster[40]))
        await until(lambda: available(world, roster[40:]))
        joined = counted(server)

    assert many.pop("DescribeRouteTables") <= 5
    assert many == {
        "CreateRoute": 40,
        "CreateTags": 1,
        "DescribeInstances": 1,
        "GetServiceQuota": 1,
    }
    assert idle.keys() == {"DescribeRouteTables"}
    assert joined.pop("DescribeRouteTables") <= 4
    assert joined == {"CreateRoute": 1, "CreateTags": 1, "DescribeInstances": 1}
