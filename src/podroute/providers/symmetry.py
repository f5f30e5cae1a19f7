"""Do packets to a Node's Pods leave a router by the link that theirs come in by? Pure.

The kernel is asked twice: where the Node is, and then what it does with a packet that comes from
there, from one of the Node's Pods to another.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

import msgspec

from podroute.model.check import Check, Problem
from podroute.model.cidr import Address
from podroute.model.route import Route
from podroute.providers.decoded import decoded
from podroute.providers.interface import Question

LOOKING_UP: Final = ("ip", "-force", "-json", "-batch", "-")
_LOOPBACK: Final = "lo"
_FAILED: Final = re.compile(r"Command failed -:(?P<number>[0-9]+)")
_REFUSALS: Final = ("Invalid cross-device link", "Invalid argument")  # the latter in newer kernels


class Lookup(NamedTuple):
    """Where does a packet go; without ``source`` and ``link``: one of the router's own."""

    target: Address
    source: Address | None = None
    link: str = ""  # that it comes in by

    @property
    def typed(self) -> str:
        """In the words of ``ip``."""
        words = f"route get {self.target}"
        return f"{words} from {self.source} iif {self.link}" if self.source else words


class Found(NamedTuple):
    """``link``: that it leaves by, "": none; ``refused``: it does not come in there."""

    link: str = ""
    refused: bool = False


Answers: TypeAlias = Mapping[Lookup, Found]


def first_lookups(question: Question) -> Sequence[Lookup]:
    """Where Nodes and their Pods are."""
    pairs = ((Lookup(one.next_hop), Lookup(_ends(one)[1])) for one in question.wishes)
    return [lookup for pair in pairs for lookup in pair]


def second_lookups(question: Question, first: Answers) -> Sequence[Lookup]:
    """What is done with packets that come from there."""
    return [
        _through(one, link) for one in question.wishes if (link := _inward(one, first)) is not None
    ]


def symmetric_check(question: Question, answers: Answers) -> Check:
    """``answers``: of both kinds."""
    problems = tuple(_asymmetric(question, answers))
    return Check(
        "router-symmetric", "packets to Pods leave by the link that theirs come in by", problems
    )


def answers_in(lookups: Sequence[Lookup], out: str, complaints: str) -> Answers:
    """What ``LOOKING_UP`` prints for these.

    Raises:
        ValueError: it is something else.
    """
    failed = dict(_failures(complaints))
    answered = [one for number, one in enumerate(lookups, 1) if number not in failed]
    lines = [line for line in out.splitlines() if line.strip()]
    if len(lines) != len(answered):
        message = f"ip answers {len(lines)} of {len(answered)} questions: {complaints.strip()}"
        raise ValueError(message)
    answers = {lookups[number - 1]: found for number, found in failed.items()}
    return answers | {one: _found(line) for one, line in zip(answered, lines, strict=True)}


class _Way(msgspec.Struct, frozen=True):
    """As ``ip`` prints it; what is dropped there has no link."""

    dev: str = ""


def _found(line: str) -> Found:
    (way,) = decoded(line, tuple[_Way], "the answer of ip cannot be read")
    return Found(way.dev)


def _failures(complaints: str) -> Iterator[tuple[int, Found]]:
    before = ""
    for line in complaints.splitlines():
        failed = _FAILED.fullmatch(line.strip())
        if failed:
            yield int(failed["number"]), Found(refused=before.endswith(_REFUSALS))
        before = line.strip()


def _ends(wish: Route) -> tuple[Address, Address]:
    """Two Pods of the Node."""
    block = wish.destination
    inside = 1 if block.max_prefixlen - block.prefixlen > 1 else 0
    return block[inside], block[-1 - inside]


def _through(wish: Route, link: str) -> Lookup:
    source, target = _ends(wish)
    return Lookup(target, source, link)


def _inward(wish: Route, answers: Answers) -> str | None:
    link = answers.get(Lookup(wish.next_hop), Found()).link
    return link if link not in {"", _LOOPBACK} else None


def _asymmetric(question: Question, answers: Answers) -> Iterator[Problem]:
    for wish in question.wishes:
        inward = _inward(wish, answers)
        known = answers.get(Lookup(_ends(wish)[1]), Found()).link
        if inward is None or not known:
            continue
        lookup = _through(wish, inward)
        found = answers.get(lookup, Found())
        outward = found.link or known
        if found.refused or outward != inward:
            cause = _cause(inward, outward, refused=found.refused)
            yield Problem(f"{wish.destination} {wish.node}", cause, _fix(lookup))


def _cause(inward: str, outward: str, *, refused: bool) -> str:
    other = outward if outward != inward else "another link"
    words = f"what its Pods send comes in by {inward}, what they get leaves by {other}"
    if refused:
        return f"{words}: the kernel drops what they send (strict rp_filter)"
    return f"{words}: firewalls that keep connections drop it, and so does strict rp_filter"


def _fix(lookup: Lookup) -> str:
    looks = f"there: ip rule; ip {lookup.typed}; then lead both by one link"
    if lookup.target.version == 4:  # noqa: PLR2004
        return f"{looks}, or sysctl -w net.ipv4.conf.{lookup.link}.rp_filter=2 (loose)"
    return looks
