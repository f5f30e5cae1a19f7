"""Which wishes are not carried out, and which of these wait for room only? Pure."""

from collections.abc import Collection, Iterator, Sequence

from podroute.model.cidr import Bounds
from podroute.model.route import Quota
from podroute.routing.quota import QUOTA
from podroute.routing.steps import Blocked


class Stops:
    """As they were told last."""

    def __init__(self) -> None:
        self._told: dict[Bounds, Collection[Blocked]] = {}
        self._crowded_out: dict[Bounds, None] = {}  # in this order

    def note(self, block: Bounds, present: Sequence[Blocked]) -> Sequence[Blocked]:
        """What stops the wishes there now; those of them that were not told yet."""
        known = self._told.pop(block, ())
        self._crowded_out.pop(block, None)
        if present:
            self._told[block] = present
        if any(one.holder == QUOTA for one in present):
            self._crowded_out[block] = None
        return [one for one in present if one not in known]

    def with_room(self, quota: Quota | None) -> Iterator[Bounds]:
        """What the quota alone stopped, as far as there is room by now, in the order of waiting.

        Without a quota there is room for all.
        """
        left = quota
        for block in tuple(self._crowded_out):
            version = block[0]
            if left is None:
                yield block
            elif left.room(version) > 0:
                left = left.with_more(version)
                yield block
