"""Under which name a line is found again."""

from podroute.routing.lines import node_in


def test_a_destination_is_no_node() -> None:
    assert node_in("10.200.0.0/24") is None
    assert node_in("node/worker-0") == "worker-0"
