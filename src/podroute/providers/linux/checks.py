"""What keeps a Linux router from forwarding what its routes are for? Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from podroute.model.check import Check
from podroute.model.cidr import Address
from podroute.providers.forwarding import forwarding_check
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
        forwarding_check(question, there.forwards),
        next_hop_check(question, there.silent),
        symmetric_check(question, there.answers),
    )
