"""How full is each pool? Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from podroute.ipam.depths import Depths
from podroute.ipam.space import Space
from podroute.ipam.stock import Holding, Stock
from podroute.model.pool import CidrPool


@dataclass(frozen=True, slots=True)
class FamilyUsage:
    """Blocks of one CIDR; the states add up to its size."""

    family: CidrPool
    size: int
    used: int  # shown by a Node, in a reserved range or not
    pending: int  # sent to a Node and not seen there yet
    quarantined: int
    reserved: int  # and not used all the same
    free: int
    allocations: int  # blocks that got an owner since the start
    releases: int  # blocks that lost their last one


@dataclass(frozen=True, slots=True)
class PoolUsage:
    """``room`` is for how many more Nodes: none in a draining pool."""

    pool: str
    draining: bool
    room: int
    families: tuple[FamilyUsage, ...]


def usage_of(stock: Stock, sent: Sequence[Holding]) -> tuple[PoolUsage, ...]:
    """Of each pool; ``sent`` is under way."""
    return tuple(
        PoolUsage(
            one.pool.name,
            one.pool.draining,
            0 if one.pool.draining else one.room(),
            tuple(_of_family(space, sent) for space in one.spaces),
        )
        for one in stock.pools
    )


def _of_family(space: Space, sent: Sequence[Holding]) -> FamilyUsage:
    pending = Depths()
    for holding in sent:
        for span in holding.firm():
            pending.add(space.numbers(span))
    owned = space.owned
    reserved = space.reserved.covered - sum(
        owned.held_among(numbers) for numbers in space.reserved.ranges()
    )
    return FamilyUsage(
        space.family,
        space.size,
        owned.covered - pending.covered,
        pending.covered,
        space.taken.covered - owned.covered - reserved,
        reserved,
        space.free(),
        owned.gained,
        owned.lost,
    )
