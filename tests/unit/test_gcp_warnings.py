"""What Google Cloud says of a route's next hop is kept with the route."""

import pytest

from podroute.providers.gcp.inventory import Inventory
from podroute.providers.gcp.settings import GcpOptions
from podroute.providers.gcp.translate import installed_route
from podroute.providers.gcp.wire import RouteResource, Warned


@pytest.mark.parametrize(
    ("codes", "warning"),
    [
        ((), ""),
        (("DEPRECATED_RESOURCE_USED",), ""),
        (("NEXT_HOP_NOT_RUNNING",), "Google Cloud warns: NEXT_HOP_NOT_RUNNING"),
        (
            ("NEXT_HOP_NOT_RUNNING", "OTHER", "NEXT_HOP_CANNOT_IP_FORWARD"),
            "Google Cloud warns: NEXT_HOP_NOT_RUNNING, NEXT_HOP_CANNOT_IP_FORWARD",
        ),
    ],
)
def test_warnings_of_the_next_hop_and_no_others(codes: tuple[str, ...], warning: str) -> None:
    warnings = tuple(map(Warned, codes))
    resource = RouteResource(
        "r", dest_range="10.200.0.0/24", next_hop_ip="10.240.0.30", warnings=warnings
    )

    found = installed_route(resource, GcpOptions("kubernetes", "p"), Inventory())

    assert found is not None
    assert found.warning == warning
