"""What is known of the instances behind routes, and for how long."""

from pathlib import Path

import pytest

from podroute.model.node import Roster
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.interface import ProviderUnreachable
from podroute.routing.steps import Create
from podroute.testing.aws.faults import CUT, THROTTLED, Fault, Sometimes, denied
from podroute.testing.aws.server import Ec2Server
from podroute.testing.aws.vpc import Vpc
from podroute.testing.builders import route
from tests.aws.commands import podroute, three_workers
from tests.aws.looped import asked_for, workers
from tests.aws.opened import converged, node, nodes, one_pass, plan, provider_at


@pytest.mark.parametrize("fault", [THROTTLED, CUT, denied("ec2:DescribeInstances")])
async def test_instances_of_which_nothing_was_told_are_asked_for_again(
    server: Ec2Server, vpc: Vpc, fault: Fault
) -> None:
    """Else routes would seem to lead nowhere."""
    vpc.table()
    workers(vpc, 2)
    options = AwsOptions(endpoint=server.endpoint)
    await one_pass(provider_at(options), nodes(2))
    provider = provider_at(options)
    server.layer.faults = Sometimes(fault, "DescribeInstances")
    with pytest.raises(ProviderUnreachable):
        await provider.read()
    server.layer.faults = Sometimes(CUT, "nothing")

    shown = (await provider.read()).routes

    assert {(str(one.next_hop), one.deviation) for one in shown} == {
        ("10.240.0.30", ""),
        ("10.240.0.31", ""),
    }
    assert (await plan(provider, nodes(2))).steps == ()


async def test_an_address_beside_the_primary_one_of_an_interface_is_learnt_again(
    server: Ec2Server, vpc: Vpc
) -> None:
    """EC2 shows the interface only; a new process writes nothing, and minds it no more."""
    vpc.table()
    worker = vpc.worker("worker0", "10.240.0.30")
    vpc.call(
        "assign_private_ip_addresses",
        NetworkInterfaceId=worker.interface,
        PrivateIpAddresses=["10.240.0.130"],
    )
    roster = Roster((node(0, address=130),))
    options = AwsOptions(endpoint=server.endpoint)
    assert await converged(provider_at(options), roster, within=1) == 1
    server.layer.asked.clear()

    assert await converged(provider_at(options), roster, within=1) == 1

    assert not {one.action for one in server.layer.asked} & {"CreateRoute", "ReplaceRoute"}


def test_lines_to_type_for_many_nodes_cost_one_look_up(
    server: Ec2Server, vpc: Vpc, tmp_path: Path
) -> None:
    vpc.table()
    workers(vpc, 12)
    server.layer.asked.clear()

    shown = podroute(server, "plan", three_workers(tmp_path, 12), "--show-commands")

    assert shown.out.count("aws ec2 create-route ") == 12
    assert asked_for(server, "DescribeInstances") == 1


async def test_a_line_to_type_for_an_instance_that_is_known_costs_no_call(
    server: Ec2Server, vpc: Vpc
) -> None:
    """The live page asks for it while a controller works, and must not make it wait."""
    vpc.table()
    (worker,) = workers(vpc, 1)
    provider = provider_at(AwsOptions(endpoint=server.endpoint))
    await one_pass(provider, nodes(1))
    server.layer.asked.clear()

    (line,) = provider.commands([Create(route("10.200.9.0/24", "10.240.0.30", "worker0"))])

    assert f"--instance-id {worker.instance}" in line
    assert server.layer.asked == []


async def test_a_route_that_ec2_does_not_find_stays_ours_while_it_is_there(
    server: Ec2Server, vpc: Vpc
) -> None:
    """F18: what was created a moment ago is not known everywhere."""
    table = vpc.table()
    workers(vpc, 2)
    options = AwsOptions(endpoint=server.endpoint)
    provider = provider_at(options)
    await one_pass(provider, nodes(2))
    server.layer.faults = Sometimes(Fault("InvalidRoute.NotFound", "no route"), "DeleteRoute")

    await one_pass(provider, nodes(1))

    assert len(vpc.routes(table)) == 2
    server.layer.faults = Sometimes(CUT, "nothing")
    assert await converged(provider_at(options), nodes(1), within=1) == 1
    assert [destination for destination, _, _ in vpc.routes(table)] == ["10.200.0.0/24"]
