"""Is the instance that has the next hop the one that the Node says it is?"""

import re
from dataclasses import replace

import pytest

from podroute.model.cidr import parse_address
from podroute.providers.gcp.inventory import Inventory, Machine
from podroute.providers.gcp.names import path_of_machine
from podroute.providers.gcp.settings import GcpOptions
from podroute.providers.gcp.translate import wished_resource
from tests.builders import route

_MACHINE = Machine("projects/p/zones/z/instances/worker-0", (parse_address("10.240.0.30"),))
INVENTORY = Inventory({_MACHINE.path: _MACHINE}, {_MACHINE.addresses[0]: _MACHINE})


@pytest.mark.parametrize(
    ("provider_id", "path"),
    [
        ("gce://p/z/worker-0", "projects/p/zones/z/instances/worker-0"),
        ("gce://example.com:p/z/w", "projects/example.com:p/zones/z/instances/w"),
        ("gce://p/z/", ""),
        ("gce://p/z", ""),
        ("gce://p/z/w/w", ""),
        ("aws://p/z/w", ""),
        ("p/z/w", ""),
        ("", ""),
    ],
)
def test_a_provider_id_names_an_instance(provider_id: str, path: str) -> None:
    assert path_of_machine(provider_id) == path


@pytest.mark.parametrize(
    ("provider_id", "name", "fault"),
    [
        ("gce://p/z/worker-0", "worker-0", ""),
        ("gce://p/z/worker-0", "called-otherwise", ""),
        ("gce://p/y/worker-0", "worker-0", "is projects/p/zones/y/instances/worker-0 by its"),
        ("gce://p/z/worker-1", "worker-0", "that of projects/p/zones/z/instances/worker-0, and"),
        ("kind://docker/a/b", "worker-0", ""),
        ("kind://docker/a/b", "worker-1", "10.240.0.30 is that of instance worker-0, not of"),
    ],
)
def test_the_instance_is_that_of_the_provider_id_and_else_has_the_nodes_name(
    provider_id: str, name: str, fault: str
) -> None:
    options = GcpOptions("kubernetes", "p", next_hop="instance")
    wish = replace(route("10.200.0.0/24", "10.240.0.30", name), provider_id=provider_id)
    if fault:
        with pytest.raises(ValueError, match=re.escape(fault)):
            wished_resource(wish, options, INVENTORY)
    else:
        found = wished_resource(wish, options, INVENTORY).next_hop_instance
        assert found.endswith("/projects/p/zones/z/instances/worker-0")
