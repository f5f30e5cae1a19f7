"""Do the Nodes answer their router? Pure."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Address
from typing import Final

import msgspec

from podroute.model.check import Check, Problem
from podroute.model.cidr import Address, parse_address
from podroute.providers.decoded import decoded
from podroute.providers.interface import Question

NEIGHBOURS: Final = ("ip", "-json", "neigh", "show", "nud", "failed")


class _Neighbour(msgspec.Struct, frozen=True):
    """One of a Linux kernel."""

    dst: str
    dev: str = ""


def silent_in(text: str) -> Mapping[Address, str]:
    """Who was looked for and does not answer, and on which link: what ``NEIGHBOURS`` prints.

    Raises:
        ValueError: it is something else.
    """
    found = decoded(text or "[]", list[_Neighbour], "the answer of ip cannot be read")
    return {parse_address(one.dst): one.dev for one in found}


def next_hop_check(question: Question, silent: Mapping[Address, str]) -> Check:
    """``silent``: who does not answer, and on which link."""
    problems = tuple(_unanswered(question, silent))
    return Check(
        "router-next-hop", "every Node that the router has looked for answers it", problems
    )


def _unanswered(question: Question, silent: Mapping[Address, str]) -> Iterator[Problem]:
    for wish in question.wishes:
        device = silent.get(wish.next_hop)
        if device is not None:
            asked = "ARP" if isinstance(wish.next_hop, IPv4Address) else "neighbour discovery"
            cause = f"{wish.next_hop} does not answer {asked} on {device}"
            fix = f"is {wish.node} up, on that network, and is this its InternalIP?"
            yield Problem(wish.node, cause, fix)
