"""Does a router use the routes that it was told? Pure."""

from collections.abc import Iterable

from podroute.model.check import Check, Problem


def used_check(problems: Iterable[Problem]) -> Check:
    """``problems``: the routes that it does not use, and why."""
    what = "the router uses what it was told"
    return Check("router-route-installed", what, tuple(problems))
