"""Which CNI plugins count when one of them is away?"""

from collections.abc import Mapping

import pytest

from podroute.agent.plugin_chain import PATIENCE, PluginChain
from tests.workers import fresh, with_cni

OLD, NEW = ("0.4.0", "1.0.0"), ("1.0.0", "1.1.0")


@pytest.mark.parametrize(
    ("now", "seconds", "counted"),
    [
        ({"bridge": OLD, "portmap": OLD}, 1, {"bridge": OLD, "portmap": OLD}),
        ({"bridge": NEW}, 1, {"bridge": NEW, "portmap": OLD}),
        ({}, PATIENCE - 1, {"bridge": OLD, "portmap": OLD}),
        ({"bridge": NEW}, PATIENCE, {"bridge": NEW}),
        ({"bandwidth": NEW}, PATIENCE, {"bandwidth": NEW}),
    ],
)
def test_one_that_is_away_for_a_moment_counts(
    now: Mapping[str, tuple[str, ...]],
    seconds: float,
    counted: Mapping[str, tuple[str, ...]],
) -> None:
    moments = iter([100.0, 100.0 + seconds])
    chain = PluginChain(lambda: next(moments))
    chain.kept(with_cni(fresh(), plugins={"bridge": OLD, "portmap": OLD}))

    assert chain.kept(with_cni(fresh(), plugins=dict(now))).cni.plugins == counted


def test_a_moment_begins_with_the_last_look_that_has_found_it() -> None:
    moments = iter([0.0, PATIENCE, PATIENCE + 1, 2 * PATIENCE - 1, 2 * PATIENCE])
    chain = PluginChain(lambda: next(moments))
    looks = [{"portmap": OLD}, {"portmap": OLD}, {}, {}, {}]

    found = [chain.kept(with_cni(fresh(), plugins=now)).cni.plugins for now in looks]

    assert found == [{"portmap": OLD}] * 4 + [{}]
