"""Which routes has FRRouting been told of, but does not use, and why? Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from podroute.model.check import Check, Problem
from podroute.model.route import Route
from podroute.providers.frr.answers import Answers, RibRoute, Static
from podroute.providers.frr.bgp import BgpPath
from podroute.providers.frr.changes import Statics
from podroute.providers.frr.settings import DEFAULT_VRF, FrrOptions
from podroute.providers.interface import Question
from podroute.providers.used import used_check

Paths = Mapping[str, Sequence[BgpPath]]


def installed_check(
    question: Question, answers: Answers, paths: Paths, options: FrrOptions
) -> Check:
    """Whether the kernel has each route that FRRouting knows, wherever from."""
    in_rib: dict[str, list[RibRoute]] = {}
    for one in answers.rib:
        in_rib.setdefault(one.prefix, []).append(one)
    statics = Statics(answers.statics)
    problems: list[Problem] = []
    for wish in question.wishes:
        destination = str(wish.destination)
        known = Known(
            in_rib.get(destination, ()), statics.to(wish.destination), paths.get(destination, ())
        )
        if cause := _cause(wish, known):
            problems.append(Problem(f"{destination} {wish.node}", cause, _look(wish, options)))
    return used_check(problems)


class Known(NamedTuple):
    """All that FRRouting has to one destination."""

    entries: Sequence[RibRoute]  # of its routing table
    statics: Sequence[Static]
    paths: Sequence[BgpPath]


def _cause(wish: Route, known: Known) -> str:
    """Why what leads to the Node is not used; "" where it is, or there is nothing."""
    hop = str(wish.next_hop)
    leading = [one for one in known.entries if any(way.ip == hop for way in one.nexthops)]
    if leading:
        return _unused(leading, known.entries)
    for static in known.statics:
        if static.next_hop == wish.next_hop:
            return f"{static.line} is configured, but the router has no way to {hop}"
    for path in known.paths:
        if any(one.ip == hop for one in path.nexthops):
            return _not_taken(path, hop, known.entries)
    return ""


def _unused(leading: Sequence[RibRoute], entries: Sequence[RibRoute]) -> str:
    if any(one.selected and one.installed for one in leading):
        return ""
    one = next((some for some in leading if some.selected), leading[0])
    if one.selected:
        return f"{one.spelled} is there, but the kernel has not taken it"
    words = f"{one.spelled} is there, but not used"
    rival = next((some for some in entries if some.selected), None)
    if rival is None:
        return f"{words}: the router has no way to its next hop"
    return f"{words}: {rival.spelled} is preferred"


def _not_taken(path: BgpPath, hop: str, entries: Sequence[RibRoute]) -> str:
    """What leads elsewhere is another check's."""
    words = f"BGP has it from {path.peer_id}, but"
    if not path.valid:
        return f"{words} the router has no way to {hop}"
    return "" if entries else f"{words} it is not in the routing table"


def _look(wish: Route, options: FrrOptions) -> str:
    word = "ip" if wish.destination.version == 4 else "ipv6"  # noqa: PLR2004
    vrf = "" if options.vrf == DEFAULT_VRF else f" vrf {options.vrf}"
    lines = f"vtysh -c 'show {word} route{vrf} {wish.destination}' -c 'show {word} nht{vrf}'"
    return f"{lines}; is {wish.next_hop} on a network of the router whose link is up?"
