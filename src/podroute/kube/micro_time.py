"""Moments as an API server writes them."""

from datetime import UTC, datetime


def micro_time_now() -> str:
    """RFC 3339 with microseconds, UTC; for readers only, nothing is decided by it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")  # noqa: TID251 -- the wall clock is what is asked for


def time_now() -> str:
    """The same without fractions, as in conditions."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")  # noqa: TID251 -- as above
