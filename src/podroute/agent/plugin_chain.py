"""Which CNI plugins does a worker have? One that has just gone counts for a while.

Whoever installs others removes or overwrites these first: Pods that were plugged in meanwhile, by
a configuration without ``portmap``, had no hostPorts for the rest of their lives. By one that
names it a runtime fails, and tries again.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import monotonic
from typing import Final

from podroute.bridge.seen import Host

PATIENCE: Final = 60.0  # seconds; what stays away for so long has gone


class PluginChain:
    """As they were seen last."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, tuple[float, Sequence[str]]] = {}

    def kept(self, host: Host) -> Host:
        """With those that are missing, or say nothing, with the CNI versions that they had."""
        now, present = self._clock(), host.cni.plugins
        self._seen |= {name: (now, versions) for name, versions in present.items()}
        away = {
            name: tuple(versions)
            for name, (moment, versions) in self._seen.items()
            if name not in present and now - moment < PATIENCE
        }
        return replace(host, cni=replace(host.cni, plugins={**present, **away}))
