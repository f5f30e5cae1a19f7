"""A new EC2 for each test."""

from collections.abc import Generator

import pytest

from podroute.testing.aws.server import Ec2Server, ec2_server
from podroute.testing.aws.vpc import Vpc


@pytest.fixture
def server() -> Generator[Ec2Server]:
    """Empty."""
    with ec2_server() as made:
        yield made


@pytest.fixture
def vpc(server: Ec2Server) -> Vpc:
    """One network; workers and tables are the test's."""
    return Vpc(server)
