"""Do packets to a Node's Pods go by other routers than those that answer them? Pure."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from podroute.model.cidr import Cidr, sort_key


@dataclass(frozen=True, slots=True)
class Side:
    """One of several routers: the podCIDRs that it should lead to, and those that it does."""

    router: str
    wished: AbstractSet[Cidr]
    led: AbstractSet[Cidr]


@dataclass(frozen=True, slots=True)
class Parted:
    """No router leads both to a podCIDR and back to ``other``, though some should."""

    there: tuple[str, ...]
    back: tuple[str, ...]
    other: Cidr


def parted(target: Cidr, sides: Sequence[Side]) -> tuple[Parted, ...]:
    """One for each other podCIDR of that family to which no router of ``target`` leads."""
    others = {one for side in sides for one in side.led if one.version == target.version}
    return tuple(_parted(target, sorted(others, key=sort_key), sides))


def _parted(target: Cidr, others: Sequence[Cidr], sides: Sequence[Side]) -> Iterator[Parted]:
    for other in others:
        able = [one for one in sides if {target, other} <= one.wished]
        there = tuple(one.router for one in able if target in one.led)
        back = tuple(one.router for one in able if other in one.led)
        if there and back and not set(there) & set(back):
            yield Parted(there, back, other)
