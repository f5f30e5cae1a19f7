"""When are people told that a router fills up? Pure."""

from collections.abc import Iterator

from podroute.model.route import Quota
from podroute.routing.facts import Filling
from podroute.routing.quota import is_near


class Fullness:
    """As it was told last."""

    def __init__(self) -> None:
        self._told: Quota | None = None

    def note(self, quota: Quota | None) -> Iterator[Filling]:
        """How full it is now; once when it is near its quota, and once when there is no room."""
        before = self._told
        self._told = quota if quota is not None and is_near(quota) else None
        if self._told and (before is None or before.is_full != self._told.is_full):
            yield Filling(self._told)
