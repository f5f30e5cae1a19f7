"""Routers that keep what is running and what they start with apart. Pure."""

from collections.abc import Sequence

from podroute.routing.outcome import Done, Failed, Outcome


def unsaved(outcomes: Sequence[Outcome], told: str) -> Sequence[Outcome]:
    """What is not in the startup configuration is not done; ``told``: why, "" where it is there."""
    if not told:
        return outcomes
    reason = f"running, but not in the startup configuration: {told}"
    return [
        Failed(one.step, reason, "worth it") if isinstance(one, Done) else one for one in outcomes
    ]
