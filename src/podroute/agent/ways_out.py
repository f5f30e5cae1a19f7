"""Which default routes does a worker have? One that has just gone counts for a while.

Without any, the links that lead out are guessed, and with them the MTU of the bridge and of Pods:
a network that is set up anew would change both, and back.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import monotonic
from typing import Final

from podroute.bridge.seen import DefaultRoute, Host

PATIENCE: Final = 60.0  # seconds; what stays away for so long has gone


class WaysOut:
    """As they were seen last."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._seen: dict[int, tuple[float, Sequence[DefaultRoute]]] = {}  # by IP version

    def kept(self, host: Host) -> Host:
        """With those of a family that has none now, through links that are still there."""
        now, there = self._clock(), {link.number for link in host.links}
        present = {route.version for route in host.default_routes}
        for version in present:
            mine = [route for route in host.default_routes if route.version == version]
            self._seen[version] = now, mine
        lost = (
            route
            for version, (moment, routes) in self._seen.items()
            if version not in present and now - moment < PATIENCE
            for route in routes
            if route.link in there
        )
        return replace(host, default_routes=(*host.default_routes, *lost))
