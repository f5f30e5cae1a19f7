"""Which changes depend on others, and what can be sent together? Pure."""

from collections.abc import Iterator, Mapping, Sequence

from podroute.model.cidr import Bounds, Cidr, bounds
from podroute.routing.steps import Blocked, Change, Step, destination_of


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


def first_of_each(
    steps: Sequence[Step],
) -> tuple[Mapping[Bounds, Change], Mapping[Bounds, Sequence[Blocked]]]:
    """The one change of each destination that depends on no other, and all that stops wishes."""
    changes: dict[Bounds, Change] = {}
    stops: dict[Bounds, list[Blocked]] = {}
    for step in steps:
        block = bounds(destination_of(step))
        if isinstance(step, Blocked):
            stops.setdefault(block, []).append(step)
        else:
            changes.setdefault(block, step)
    return changes, stops
