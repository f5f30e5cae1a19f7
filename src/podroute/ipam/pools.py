"""What the operator says about the Pods' addresses: pools, reserved ranges, quarantine. Pure."""

from dataclasses import dataclass
from itertools import combinations
from math import isfinite

from podroute.model.cidr import Cidr, sort_key
from podroute.model.pool import CidrPool
from podroute.model.selector import EVERYTHING, Selector


@dataclass(frozen=True, slots=True)
class Pool:
    """One block of each family for every Node that ``selector`` matches.

    The order of ``families`` is the order in the Node's podCIDRs. A draining pool gives nothing
    and holds what its Nodes have. With ``align_by``, Nodes with one value of that label get their
    blocks side by side, in chunks of ``align_blocks`` that are aligned so that one route can
    stand for a chunk.
    """

    name: str
    families: tuple[CidrPool, ...]
    selector: Selector = EVERYTHING
    draining: bool = False
    align_by: str = ""  # the key of a label; "": blocks are given in turn
    align_blocks: int = 16

    def __post_init__(self) -> None:
        """One family or two, each once, as the API server takes them.

        Raises:
            ValueError: saying what is wrong with which pool.
        """
        versions = [family.cidr.version for family in self.families]
        fault = ""
        if not self.name:
            fault = "has no name"
        elif not versions:
            fault = "has no CIDR"
        elif len(versions) != len(set(versions)):
            fault = "has two CIDRs of one family: a Node can have one podCIDR of each"
        elif self.align_blocks < 1 or self.align_blocks.bit_count() != 1:
            fault = f"cannot be aligned in chunks of {self.align_blocks}: that is no power of two"
        if fault:
            message = f"pool {self.name!r} {fault}"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class AddressPlan:
    """All pools; nothing is given out of ``reserved``, and a freed block rests in quarantine.

    Pools that give blocks do not overlap. A pool that is draining may overlap any other: that is
    how a change of the mask is said, with the old mask as a draining pool over the same CIDR.
    """

    pools: tuple[Pool, ...] = ()
    reserved: tuple[Cidr, ...] = ()  # service ranges, the Nodes' networks
    quarantine: float = 0.0  # seconds from a Node's end to the next use of its blocks

    def __post_init__(self) -> None:
        """Pools have different names and, unless one drains, different addresses.

        Raises:
            ValueError: naming the two pools, or the figure.
        """
        if not (isfinite(self.quarantine) and self.quarantine >= 0):
            message = f"a quarantine of {self.quarantine} seconds makes no sense"
            raise ValueError(message)
        for one, other in combinations(self.pools, 2):
            if one.name == other.name:
                message = f"two pools have the name {one.name!r}"
                raise ValueError(message)
            if not (one.draining or other.draining):
                _refuse_overlap(one, other)


def label_keys(plan: AddressPlan) -> frozenset[str]:
    """The labels of a Node on which its pool and its place in it depend."""
    aligned = {pool.align_by for pool in plan.pools if pool.align_by}
    return frozenset(aligned.union(*(pool.selector.keys() for pool in plan.pools)))


def preference(pool: Pool, room: int) -> tuple[int, int, int, str, tuple[int, int, int]]:
    """Of the pools that match a Node, the least is asked first; ``room`` is in Nodes.

    The order of Kubernetes' ClusterCIDRs: more requirements, fewer free blocks, smaller block,
    text of the selector, lower address.
    """
    return (
        -pool.selector.specificity(),
        room,
        -max(family.block_prefix for family in pool.families),
        pool.selector.text(),
        min(sort_key(family.cidr) for family in pool.families),
    )


def _refuse_overlap(one: Pool, other: Pool) -> None:
    for family in one.families:
        for second in other.families:
            if family.cidr.overlaps(second.cidr):
                message = (
                    f"pools {one.name!r} and {other.name!r} overlap in {family.cidr} and "
                    f"{second.cidr}: only a draining pool may overlap another"
                )
                raise ValueError(message)
