"""The policy in the docs allows what podroute asks for, and nothing else."""

import json
import re
from pathlib import Path

from podroute.model.cidr import parse_cidr
from podroute.model.node import Roster
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.interface import CheckedRouter, Question
from podroute.testing.aws.server import Ec2Server
from podroute.testing.aws.vpc import Vpc
from podroute.testing.builders import route
from tests.aws.opened import converged, node, nodes, provider_at

PAGE = Path(__file__).parents[2] / "docs" / "providers" / "aws.md"


def allowed() -> set[str]:
    """The actions of the only JSON document on the page."""
    (text,) = re.findall(r"^```json\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return {action for one in json.loads(text)["Statement"] for action in one["Action"]}


def permission(action: str) -> str:
    """As IAM names it."""
    return f"{'servicequotas' if action == 'GetServiceQuota' else 'ec2'}:{action}"


async def test_a_check_asks_for_two_things_more(server: Ec2Server, vpc: Vpc) -> None:
    vpc.table()
    vpc.worker("worker0", "10.240.0.30")
    server.layer.asked.clear()
    provider = provider_at(AwsOptions(endpoint=server.endpoint))
    assert isinstance(provider, CheckedRouter)
    wish = route("10.200.0.0/24", "10.240.0.30", "worker0")
    await provider.checks(Question((wish,), (parse_cidr("10.200.0.0/16"),)))

    asked = {permission(one.action) for one in server.layer.asked}
    (sentence,) = re.findall(
        r"^`podroute check` asks for .* as well", PAGE.read_text(), re.MULTILINE
    )
    assert asked - allowed() == set(re.findall(r"`(ec2:\w+)`", sentence))


async def test_a_whole_life_asks_for_what_the_policy_allows(server: Ec2Server, vpc: Vpc) -> None:
    table = vpc.table()
    workers = [vpc.worker(f"worker{at}", f"10.240.0.{30 + at}", checked=True) for at in range(2)]
    vpc.route(table, parse_cidr("10.200.0.0/24"), InstanceId=workers[0].instance)
    new = vpc.worker("worker1", "10.240.0.77", checked=True)
    server.layer.asked.clear()
    options = AwsOptions(
        endpoint=server.endpoint, match_node="name-tag", disable_source_dest_check=True
    )
    provider = provider_at(options)

    await converged(provider, nodes(2), within=1)
    await converged(provider, Roster((node(0), node(1, address=77))), within=2)
    await converged(provider, nodes(1), within=2)

    assert {permission(one.action) for one in server.layer.asked} == allowed()
    assert new.instance not in str(vpc.routes(table))
