"""What keeps a router with FRRouting from forwarding what its routes are for? Pure."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from podroute.model.check import Check, Problem
from podroute.providers.bgp_sessions import limit_check, of_an_announcer, session_check
from podroute.providers.frr.answers import Answers
from podroute.providers.frr.bgp import Bgp, limits_of, peers_in
from podroute.providers.frr.settings import FrrOptions
from podroute.providers.frr.uninstalled import installed_check
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


class Seen(NamedTuple):
    """Of the router; ``forwarded``: whose packets, of ``ip`` and ``ipv6``."""

    forwarded: Collection[str]
    of_kernel: Sequence[Check]
    answers: Answers
    bgp: Bgp


def checks(question: Question, seen: Seen, options: FrrOptions) -> tuple[Check, ...]:
    """In the order in which a packet meets them; of BGP where there are neighbours."""
    of_routes = (
        _forwarding(question, seen),
        *seen.of_kernel,
        installed_check(question, seen.answers, seen.bgp.paths, options),
    )
    if not seen.bgp.sessions:
        return of_routes
    look = f"vtysh -c 'show bgp vrf {options.vrf} neighbors {{}}'"
    return (*of_routes, session_check(peers_in(seen.bgp), look), limit_check(limits_of(seen.bgp)))


def _forwarding(question: Question, seen: Seen) -> Check:
    what = "the router forwards what is not for itself"
    problems = tuple(_unforwarded(question, seen.forwarded))
    return of_an_announcer(Check("router-forwarding", what, problems), peers_in(seen.bgp))


def _unforwarded(question: Question, forwarded: Collection[str]) -> Iterator[Problem]:
    for version in sorted({pool.version for pool in question.pools}):
        name = _NAMES[version]
        if name not in forwarded:
            cause = f"IPv{version} packets are not forwarded"
            fix = f"vtysh -c 'configure terminal' -c '{name} forwarding' -c end -c 'write memory'"
            yield Problem(f"{name} forwarding", cause, fix)
