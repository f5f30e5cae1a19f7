"""How long is it until a failed change is tried again? Pure."""

from dataclasses import dataclass

from podroute.routing.outcome import Failed


@dataclass(frozen=True, slots=True)
class Patience:
    """In seconds, how long until the next try."""

    first: float = 0.5  # and twice as long with each failure
    longest: float = 60.0
    pointless: float = 300.0  # where only somebody else can change what was refused
    calm: float = 60.0  # changed again so soon after a pause, it is changed more seldom
    lag: float = 0.0  # for which a read can show what was before a change

    def doubled(self, times: int) -> float:
        """The first pause doubled so often, at most the longest."""
        return min(self.longest, self.first * (1 << min(times, 16)))

    def after(self, failed: Failed, tries: int, dice: float) -> float:
        """The pause after a failure that followed ``tries`` others; ``dice`` is from 0 to 1."""
        longest = self.pointless if failed.retry == "pointless" else self.doubled(tries)
        return max(failed.after, longest * (1 + dice) / 2)
