"""What keeps a Linux router from forwarding what its routes are for? Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from podroute.bridge.sysctls import FORWARD
from podroute.model.check import Check, Problem
from podroute.model.cidr import Address
from podroute.providers.interface import Question
from podroute.providers.next_hops import next_hop_check
from podroute.providers.symmetry import Answers, symmetric_check


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is around the routing table.

    ``forwards``: whether packets of each IP version are, as far as the kernel has it; ``silent``:
    who does not answer, and on which link; ``answers``: which way packets take.
    """

    forwards: Mapping[int, bool]
    silent: Mapping[Address, str]
    answers: Answers


def checks(question: Question, there: Surroundings) -> tuple[Check, ...]:
    """In the order in which a packet meets them."""
    return (
        Check(
            "router-forwarding",
            "the router forwards what is not for itself",
            tuple(_unforwarded(question, there)),
        ),
        next_hop_check(question, there.silent),
        symmetric_check(question, there.answers),
    )


def _unforwarded(question: Question, there: Surroundings) -> Iterator[Problem]:
    for version in sorted({pool.version for pool in question.pools}):
        key = f"net.{FORWARD[version].replace('/', '.')}"
        if version not in there.forwards:
            cause, fix = f"its kernel has no IPv{version}", "boot it without ipv6.disable=1"
            yield Problem(key, cause, fix)
        elif not there.forwards[version]:
            cause = f"IPv{version} packets are not forwarded"
            yield Problem(key, cause, f"sysctl -w {key}=1, and in /etc/sysctl.d for the next boot")
