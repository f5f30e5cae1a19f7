"""What keeps RouterOS from forwarding what its routes are for? Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from podroute.model.check import Check, Problem
from podroute.providers.interface import Question
from podroute.providers.routeros.wire import ForwardingItem

_FIXES: Final[Mapping[int, str]] = {
    4: "/ip/settings/set ip-forward=yes",
    6: "/ipv6/settings/set disable-ipv6=no forward=yes",
}


def checks(question: Question, settings: Mapping[int, ForwardingItem]) -> tuple[Check, ...]:
    """``settings`` are those of each IP version."""
    problems = tuple(_unforwarded(question, settings))
    return (Check("router-forwarding", "the router forwards what is not for itself", problems),)


def _unforwarded(question: Question, settings: Mapping[int, ForwardingItem]) -> Iterator[Problem]:
    for version in sorted({pool.version for pool in question.pools}):
        if not settings[version].is_forwarding:
            cause = f"IPv{version} packets are not forwarded"
            yield Problem(f"IPv{version} forwarding", cause, _FIXES[version])
