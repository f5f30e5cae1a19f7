"""Which changes depend on others, and what can be sent together? Pure."""

from collections.abc import Iterator, Sequence

from podroute.model.cidr import Cidr
from podroute.routing.steps import Change, destination_of


def chains(changes: Sequence[Change]) -> tuple[tuple[Change, ...], ...]:
    """The changes about one destination each, in their order; each needs those before it."""
    found: dict[Cidr, list[Change]] = {}
    for change in changes:
        found.setdefault(destination_of(change), []).append(change)
    return tuple(map(tuple, found.values()))


def batches(changes: Sequence[Change], size: int) -> Iterator[Sequence[Change]]:
    """Up to ``size`` changes that do not depend on each other, but on those of batches before."""
    waiting = chains(changes)
    while waiting:
        wave = [chain[0] for chain in waiting]
        for start in range(0, len(wave), size):
            yield wave[start : start + size]
        waiting = tuple(chain[1:] for chain in waiting if len(chain) > 1)
