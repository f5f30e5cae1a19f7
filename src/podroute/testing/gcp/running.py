"""Serves the simulated API on a free port of this machine."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from podroute.testing.answering import answering
from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.server import Api


@dataclass(frozen=True)
class Served:
    """Where it answers, and what it was asked."""

    api: Api
    endpoint: str


@contextmanager
def running(cloud: Cloud) -> Generator[Served]:
    """Ready inside the block."""
    api = Api(cloud)
    with answering(api.application()) as place:
        yield Served(api, f"http://{place}/compute/v1")
