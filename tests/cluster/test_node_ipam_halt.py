"""Another writer of podCIDRs is found, and the leader that found it dies."""

import pytest

from tests.cluster.node_ipam import (
    ANYWHERE,
    IN_TURN,
    LEADING,
    WITHIN,
    Cluster,
    log_line,
    unready,
    until_said,
    until_true,
)
from tests.cluster.pod_cidrs import assert_sound

pytestmark = pytest.mark.cluster

LEASE = ("lease", "--namespace=kube-system", "podroute-controller")
THEIRS = '{"spec": {"podCIDR": "10.200.7.0/24", "podCIDRs": ["10.200.7.0/24"]}}'
ONE_BLOCK = ("--cluster-cidr=10.200.0.0/24", "--quarantine=0s", "--settle=1s")


def test_nothing_is_assigned_until_a_person_says_so(cluster: Cluster) -> None:
    flags = (*IN_TURN, *ONE_BLOCK, ANYWHERE)
    dies = cluster.controller(*flags)
    until_said(dies, LEADING)
    follows = cluster.controller(*flags)
    until_said(follows, "following")
    cluster.join(["first"])
    cluster.served(1)
    cluster.join(["second", "third"])
    until_true(lambda: len(cluster.events("CIDRNotAvailable")) == 2)

    cluster.plane.kubectl("patch", "node", "second", f"--patch={THEIRS}")
    until_true(lambda: "10.200.7.0/24 of Node second" in halt_in_lease(cluster))
    dies.kill()

    until_said(follows, LEADING)
    until_said(follows, '"event": "listed"')
    assert "somebody else writes podCIDRs" in unready(follows)
    cluster.remove("first")
    until_said(follows, '"event": "freed"')
    before = cluster.served(1, besides=["third"])

    cluster.plane.kubectl("annotate", *LEASE, "podroute.io/halted-")
    assert follows.status(within=WITHIN) == 5
    assert log_line(follows, "the halt was lifted")
    after = cluster.controller(*flags)
    assert_sound(cluster.served(2), before=before, besides=["second"])
    assert not unready(after)


def halt_in_lease(cluster: Cluster) -> str:
    """Why nothing is assigned."""
    path = r"jsonpath={.metadata.annotations.podroute\.io/halted}"
    return cluster.plane.kubectl("get", *LEASE, "-o", path)
