"""What keeps a router with FRRouting from forwarding what its routes are for? Pure."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from podroute.model.check import Check, Problem
from podroute.providers.interface import Question

FORWARDING: Final = ("show ip forwarding", "show ipv6 forwarding")  # what vtysh is asked
_LINES: Final = re.compile(r"(ipv6|ip) forwarding is (on|off)", re.IGNORECASE)
_NAMES: Final[Mapping[int, str]] = {4: "ip", 6: "ipv6"}


def forwarded_in(text: str) -> Collection[str]:
    """Whose packets are forwarded, of ``ip`` and ``ipv6``.

    Raises:
        ValueError: it does not say so of both.
    """
    found = {name.lower(): word == "on" for name, word in _LINES.findall(text)}
    if found.keys() != set(_NAMES.values()):
        message = f"{', '.join(FORWARDING)}: {text!r}"
        raise ValueError(message)
    return {name for name, on in found.items() if on}


def checks(question: Question, forwarded: Collection[str]) -> tuple[Check, ...]:
    """In the order in which a packet meets them."""
    problems = tuple(_unforwarded(question, forwarded))
    return (Check("router-forwarding", "the router forwards what is not for itself", problems),)


def _unforwarded(question: Question, forwarded: Collection[str]) -> Iterator[Problem]:
    for version in sorted({pool.version for pool in question.pools}):
        name = _NAMES[version]
        if name not in forwarded:
            cause = f"IPv{version} packets are not forwarded"
            fix = f"vtysh -c 'configure terminal' -c '{name} forwarding' -c end -c 'write memory'"
            yield Problem(f"{name} forwarding", cause, fix)
