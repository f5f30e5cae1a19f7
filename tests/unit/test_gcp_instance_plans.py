"""Which plans name an instance."""

import msgspec

from podroute.providers.gcp.rounds import Insert, Remove, leads_to_instance
from tests.unit.test_gcp_rounds import there


def test_a_plan_leads_to_an_instance_by_what_comes() -> None:
    by_name = msgspec.structs.replace(there(), next_hop_ip="", next_hop_instance="x")

    assert leads_to_instance((Remove(there()), Insert(by_name)))
    assert not leads_to_instance((Insert(there()), Remove(by_name)))
