"""Which CNI plugins and configurations are not to be trusted?"""

from dataclasses import replace

import pytest

from podroute.bridge.checks import Finding
from podroute.bridge.cni_trust import doubts
from podroute.bridge.seen import CniFolders, Release, Rights
from tests.workers import planned, worker

FOLDER = "/etc/cni/net.d"


@pytest.mark.parametrize(
    ("release", "flawed"),
    [
        ((1, 1, 1), False),
        ((1, 5, 9), False),
        ((1, 6, 0), True),
        ((1, 8, 0), True),
        ((1, 9, 0), False),
        ((1, 10, 0), False),
    ],
)
def test_only_a_portmap_with_nftables_and_no_mending_is_flawed(
    release: Release, *, flawed: bool
) -> None:
    cni = CniFolders(releases={"portmap": release, "bridge": (1, 8, 0)})

    assert [one.id for one in doubts(cni)] == ["cni-flaws"] * flawed


@pytest.mark.parametrize(
    ("rights", "cause"),
    [
        (Rights(FOLDER, 0, 0o755), ""),
        (Rights(FOLDER, 0, 0o775), ""),
        (Rights(FOLDER, 20, 0o755), ""),
        (
            Rights(FOLDER, 20, 0o775),
            f"the group 20 may write it, and so can become root by {FOLDER}",
        ),
        (Rights(FOLDER, 0, 0o757), f"everybody may write it, and so can become root by {FOLDER}"),
        (Rights(FOLDER, 20, 0o777), f"everybody may write it, and so can become root by {FOLDER}"),
        (
            Rights(FOLDER, 0, 0o755, trusted=False),
            f"its owner, who is not root, can become root by {FOLDER}",
        ),
    ],
)
def test_who_could_write_and_is_not_root_is_told(rights: Rights, cause: str) -> None:
    assert [one.cause for one in doubts(CniFolders(rights=(rights,)))] == [cause] * bool(cause)


def test_they_are_told_with_what_is_to_be_done_and_hinder_nothing() -> None:
    host = worker()
    theirs = Rights("/opt/cni/bin/bridge", 0, 0o777)
    cni = replace(host.cni, releases={"portmap": (1, 8, 0)}, rights=(theirs,))

    plan = planned(replace(host, cni=cni))

    assert not plan.steps
    assert plan.problems[-2:] == (
        Finding(
            "cni-flaws",
            "plugin portmap",
            "portmap 1.8.0, where it uses nftables, leads packets for other machines' addresses "
            "to a Pod with that hostPort (CVE-2025-67499)",
            "install the CNI plugins 1.9.0 or later",
        ),
        Finding(
            "cni-rights",
            "/opt/cni/bin/bridge",
            "everybody may write it, and so can become root by /opt/cni/bin/bridge",
            "chown root:root /opt/cni/bin/bridge; chmod go-w /opt/cni/bin/bridge",
        ),
    )
