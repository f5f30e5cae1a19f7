"""The seed's own commands with the real aws and jq, and podroute beside them."""

import json
from pathlib import Path

import pytest

from podroute.model.cidr import parse_cidr
from podroute.testing.aws.server import Ec2Server, ec2_server
from podroute.testing.aws.vpc import Vpc, Worker
from tests.aws.aws_command import shell
from tests.aws.commands import podroute, three_workers

SEED = (Path(__file__).parent / "seed.sh").read_text()
TABLE = r"""
aws ec2 describe-route-tables --filters "Name=tag:Name,Values=kubernetes" \
  | jq -c '[.RouteTables[].Routes[] | select(.GatewayId != "local")
      | [.DestinationCidrBlock, .InstanceId, .State]] | sort'
"""


@pytest.fixture
def workers(vpc: Vpc) -> list[Worker]:
    """As the pages before the seed's have set them up."""
    return [vpc.worker(f"worker{number}", f"10.240.0.{30 + number}") for number in range(3)]


@pytest.fixture
def table(vpc: Vpc) -> str:
    """The one tagged Name=kubernetes."""
    return vpc.table()


def shown(server: Ec2Server) -> list[list[str]]:
    """What the real client shows."""
    found: list[list[str]] = json.loads(shell(TABLE, server.environment))
    return found


def expected(workers: list[Worker]) -> list[list[str]]:
    """The seed's table."""
    return [[f"10.200.{at}.0/24", one.instance, "active"] for at, one in enumerate(workers)]


def test_after_the_seeds_commands_there_is_nothing_to_do(
    server: Ec2Server, workers: list[Worker], table: str, tmp_path: Path
) -> None:
    nodes = three_workers(tmp_path)
    before = podroute(server, "plan", nodes, "--detailed-exitcode")
    shell(SEED, server.environment)

    after = podroute(server, "plan", nodes, "--detailed-exitcode")
    lines = podroute(server, "table", nodes)

    assert before.status == 2, before
    assert shown(server) == expected(workers)
    assert after.status == 0, after
    assert lines.out.count("InSync") == 3, lines
    assert table in lines.out


@pytest.mark.usefixtures("workers")
def test_the_seeds_routes_are_ours_once_adopted(
    server: Ec2Server, vpc: Vpc, table: str, tmp_path: Path
) -> None:
    nodes = three_workers(tmp_path)
    shell(SEED, server.environment)
    before = vpc.routes(table)

    adopted = podroute(server, "apply", nodes, "--adopt", "--auto-approve")
    fewer = podroute(server, "plan", three_workers(tmp_path, 2))

    assert adopted.status == 0, adopted
    assert vpc.routes(table) == before
    assert "- 10.200.2.0/24 via 10.240.0.32  no Node needs it" in fewer.out
    assert "0 to add, 0 to change, 1 to remove" in fewer.out


@pytest.mark.usefixtures("table")
def test_what_podroute_applies_the_real_client_shows(
    server: Ec2Server, workers: list[Worker], tmp_path: Path
) -> None:
    applied = podroute(server, "apply", three_workers(tmp_path), "--auto-approve")

    assert applied.status == 0, applied
    assert shown(server) == expected(workers)
    assert podroute(server, "plan", three_workers(tmp_path), "--detailed-exitcode").status == 0


def test_the_printed_commands_give_the_state_of_apply(tmp_path: Path) -> None:
    after_apply, done = carried_out(tmp_path, by_shell=False)
    after_shell, lines = carried_out(tmp_path, by_shell=True)

    assert "4 unchanged" not in done
    assert lines.count("aws ec2 create-route ") == 2
    assert lines.count("aws ec2 replace-route ") == 1
    assert lines.count("aws ec2 delete-route ") == 1
    assert after_shell == after_apply
    assert [state for _, _, state, _ in after_shell] == ["InSync"] * 4


def carried_out(folder: Path, *, by_shell: bool) -> tuple[list[list[str]], str]:
    """The table, with owners, after two creations, a replacement and a removal."""
    nodes = three_workers(folder, 4)
    with ec2_server() as server:
        vpc = Vpc(server)
        table = vpc.table()
        workers = [vpc.worker(f"worker{at}", f"10.240.0.{30 + at}") for at in range(4)]
        for at, worker in ((0, workers[0]), (1, workers[3]), (9, workers[2])):
            destination = parse_cidr(f"10.200.{at}.0/24")
            vpc.route(table, destination, InstanceId=worker.instance)
            vpc.mark(table, destination, worker)
        if by_shell:
            done = podroute(server, "plan", nodes, "--show-commands")
            shell(done.out, server.environment)
        else:
            done = podroute(server, "apply", nodes, "--auto-approve")
        shown = podroute(server, "table", nodes, "-o", "json")
        states = [
            [one["node"], one["nextHop"], one["state"], one["owner"]]
            for one in json.loads(shown.out)["items"]
        ]
    assert done.status == 0, done
    return states, done.out
