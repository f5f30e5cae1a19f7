"""What is wrong with the Pods' addresses? Named checks. Pure."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from podroute.ipam.audit import Fault, Finding
from podroute.ipam.usage import PoolUsage
from podroute.model.check import Check, Problem


class _Kind(NamedTuple):
    id: str
    what: str
    fix: str


_ANEW: Final = "drain and delete the Node, and let it register anew: it gets another block"
_BY_FAULT: Final[dict[Fault, _Kind]] = {
    "duplicate": _Kind("podcidr-duplicate", "no two Nodes have one podCIDR", _ANEW),
    "overlap": _Kind("podcidr-overlap", "no podCIDR is inside another Node's", _ANEW),
    "wrong size": _Kind(
        "podcidr-size", "every podCIDR is a block of the size that its pool has", _ANEW
    ),
    "out of range": _Kind(
        "podcidr-range",
        "every podCIDR is in a pool",
        f"correct --cluster-cidr, or {_ANEW}",
    ),
    "reserved": _Kind(
        "podcidr-reserved",
        "no podCIDR is in a reserved range",
        f"correct --reserved and --service-cluster-ip-range, or {_ANEW}",
    ),
}
_MORE: Final = "give --pool with a further range"


def address_checks(findings: Sequence[Finding], usage: Sequence[PoolUsage]) -> tuple[Check, ...]:
    """In one order."""
    return (
        *(
            Check(kind.id, kind.what, tuple(_problems(findings, fault, kind.fix)))
            for fault, kind in _BY_FAULT.items()
        ),
        _room(usage),
    )


def _problems(findings: Sequence[Finding], fault: Fault, fix: str) -> Iterator[Problem]:
    for one in findings:
        if one.fault == fault:
            cause = f"it has {one.claim.cidr}"
            if one.other is not None:
                more = f" and {one.more} more" if one.more else ""
                cause += f", and {one.other.node} has {one.other.cidr}{more}"
            yield Problem(one.claim.node, cause, fix)


def _room(usage: Sequence[PoolUsage]) -> Check:
    """Of all pools together: a Node is served by any that its labels allow."""
    what = "there is room for another Node"
    if any(pool.room for pool in usage):
        return Check("pool-room", what)
    full = [pool for pool in usage if not pool.draining] or usage
    problems = tuple(Problem(pool.pool, "every block of it is taken", _MORE) for pool in full)
    return Check("pool-room", what, problems)
