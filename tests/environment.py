"""What the processes that tests start inherit."""

from collections.abc import Mapping


def unmeasured(environment: Mapping[str, str]) -> dict[str, str]:
    """Without coverage: a signal that interrupts its lock leaves the process hanging for ever."""
    return {key: text for key, text in environment.items() if not key.startswith("COVERAGE_")}
