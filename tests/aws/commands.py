"""podroute as a person starts it, for a cluster whose Nodes are in a file."""

from pathlib import Path

from podroute.testing.aws.server import Ec2Server
from tests.unit.command import Ended, node_list, process, worker

ADDRESSES = ["--cluster-cidr", "10.200.0.0/16"]


def podroute(server: Ec2Server, verb: str, nodes: Path, *further: str) -> Ended:
    """The verb with the provider's usual options, and the server in the environment."""
    flags = ["-f", str(nodes), "--provider", "aws", *ADDRESSES]
    return process(verb, *flags, *further, environment=server.environment)


def three_workers(folder: Path, count: int = 3) -> Path:
    """The seed's Nodes in a file."""
    path = folder / "nodes.json"
    path.write_text(node_list(*(worker(number) for number in range(count))))
    return path
