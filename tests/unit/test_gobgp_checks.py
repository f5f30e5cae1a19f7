"""What keeps routers from learning what is announced has a name."""

import pytest

from podroute.model.bgp_peer import BgpPeer
from podroute.providers.gobgp.checks import checks

UP = BgpPeer("10.240.0.1", 64513, "Established", 5.0)
DOWN = BgpPeer("10.240.0.1", 64513, "Active", reason="no connection")
TOLD = BgpPeer("10.240.0.1", 64513, "Established", 5.0, 9, 7)


@pytest.mark.parametrize(
    ("peers", "failed", "causes"),
    [
        ([UP], [], []),
        ([], ["bgp-neighbor"], ["it has no neighbours"]),
        ([UP, DOWN], ["bgp-session"], ["Active: no connection"]),
        ([TOLD], ["bgp-import"], ["7 of its prefixes are accepted"]),
    ],
)
def test_a_check_fails(peers: list[BgpPeer], failed: list[str], causes: list[str]) -> None:
    found = checks(peers)

    assert [one.id for one in found] == ["bgp-neighbor", "bgp-session", "bgp-import"]
    assert [one.id for one in found if one.verdict == "failed"] == failed
    assert [problem.cause for one in found for problem in one.problems] == causes
