"""podroute explain NODE or podCIDR: its route at each router, and what keeps packets from it."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from podroute.claims.rules import ClaimRules
from podroute.cli.failure import Exit, Failure
from podroute.cli.next_command import Given
from podroute.cli.options import claim_rules
from podroute.cli.reading import list_nodes, read_roster, some_routers
from podroute.cli.several import Each, Seen, Silent, look_at_each, opened, reached
from podroute.cli.table import Picture, pictured, records_of
from podroute.cli.text import LONGEST_NAME, columns, escape
from podroute.model.cidr import Cidr, parse_cidr, sort_key
from podroute.model.node import Roster
from podroute.observe.board import RouteRecord
from podroute.providers.interface import CheckedRouter, ProviderUnreachable, Question
from podroute.routing.parted import Parted, Side, parted
from podroute.routing.states import route_states


@dataclass(frozen=True, slots=True)
class Told:
    """One thing about a route at one router; ``word`` is ok, BROKEN, unknown or silent."""

    word: str
    router: str
    words: str
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Asker:
    """What a person wants to know, of all Nodes."""

    target: str  # the name of a Node, or a podCIDR
    given: Given
    rules: ClaimRules
    roster: Roster

    async def about(self, one: Seen | Silent) -> Sequence[Told]:
        """What is known of it at this router; nothing where nobody knows of it."""
        name = one.router.name or one.router.provider
        if isinstance(one, Silent):
            return [Told("silent", name, f"not reached: {one.reason}")]
        told = [
            Told(_word(record), name, _words(record), self.given.next_for(record))
            for record in records_of(self._lines(one))
        ]
        return [*told, *await self._checked(one, name)] if told else ()

    async def _checked(self, one: Seen, name: str) -> Sequence[Told]:
        """What is wrong with the router, as far as it concerns these routes."""
        if not isinstance(one.provider, CheckedRouter):
            return ()
        believed = one.look.proposal.judgement.believed
        wishes = (wish for wish in believed if self._is_meant(wish.destination, wish.node))
        question = Question(tuple(wishes), tuple(pool.cidr for pool in self.rules.pools))
        try:
            checks = await one.provider.checks(question)
        except ProviderUnreachable as error:
            return [Told("silent", name, f"what is wrong there besides is not told: {error}")]
        problems = [
            Told("BROKEN", name, f"{check.id}: {problem.subject}: {problem.cause}", problem.fix)
            for check in checks
            for problem in check.problems
        ]
        unasked = (one for one in checks if one.skipped)
        return [*problems, *(Told("unknown", name, f"{one.id}: {one.skipped}") for one in unasked)]

    def across(self, each: Each) -> Iterator[Told]:
        """Whether other routers lead there than lead back, where all were read."""
        sides = [_side(one, self.rules) for one in reached(each)]
        if len(sides) < len(each):
            return
        targets = {
            wish.destination
            for one in reached(each)
            for wish in one.look.proposal.judgement.believed
            if self._is_meant(wish.destination, wish.node)
        }
        for target in sorted(targets, key=sort_key):
            if found := parted(target, sides):
                yield _told(target, found)

    def _lines(self, one: Seen) -> Picture:
        picture = pictured(self.roster, one.look.proposal, one.look.table, self.rules)
        meant = [state for state in picture.states if self._is_meant(state.destination, state.node)]
        return replace(picture, states=meant)

    def _is_meant(self, cidr: Cidr | None, node: str) -> bool:
        return bool(self.target) and self.target in {node, str(cidr or "")}


async def explain_routes(target: str, given: Given) -> int:
    """Shows it; the exit status.

    Raises:
        Failure: nobody knows of it.
    """
    rules = claim_rules(given.addresses)
    async with opened(some_routers(given.router)) as routers:
        listed = await list_nodes(given.source)
        asker = Asker(_name(target), given, rules, read_roster(listed))
        each = await look_at_each(routers, listed, rules, adopt=False)
        told = [line for one in each for line in await asker.about(one)]
        told += asker.across(each)
    if not told:
        words = "no Node has this name or podCIDR, and no router a route to it"
        raise Failure(Exit.DIFFERENT, f"{escape(target, LONGEST_NAME)}: {words}")
    sys.stdout.write(f"{escape(asker.target, LONGEST_NAME)}:\n")
    sys.stdout.writelines(f"{line}\n" for line in _shown(told))
    found = {one.word for one in told}
    if "silent" in found:
        return Exit.UNREACHED
    return Exit.DIFFERENT if "BROKEN" in found else Exit.OK


def _name(target: str) -> str:
    if "/" not in target:
        return target
    try:
        return str(parse_cidr(target))
    except ValueError as error:
        raise Failure(Exit.USAGE, f"{escape(str(error))}: give a Node, or its podCIDR") from None


def _shown(told: Sequence[Told]) -> Iterator[str]:
    yield from columns([[one.word, one.router, escape(one.words)] for one in told])
    broken = next((one.fix for one in told if one.word == "BROKEN"), "")
    if broken:
        yield f"Next: {escape(broken)}"


def _side(one: Seen, rules: ClaimRules) -> Side:
    wished = {wish.destination for wish in one.look.proposal.judgement.believed}
    states = route_states(one.look.proposal, one.look.table, rules)
    led = {state.destination for state in states if state.state == "InSync" and state.destination}
    return Side(one.router.name, wished, led)


def _told(target: Cidr, found: Sequence[Parted]) -> Told:
    first, there = found[0], ", ".join(found[0].there)
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    back = f"packets from it to {first.other}{more} by {', '.join(first.back)}"
    why = "firewalls that keep connections drop what they see one way of"
    words = f"asymmetric: packets to {target} go by {there}, {back}: {why}"
    return Told("BROKEN", there, words, "podroute apply: each router is to lead to both")


def _word(record: RouteRecord) -> str:
    if record.state in {"Pending", "Unknown"}:
        return "unknown"
    return "ok" if record.state == "InSync" else "BROKEN"


def _words(record: RouteRecord) -> str:
    way = f" via {record.next_hop}" if record.next_hop else ""
    place = f"{record.pod_cidr}{way}: " if record.pod_cidr else ""
    node = f" of {record.node}" if record.node else ""
    return f"{place}{record.state}{node}" + (f": {record.reason}" if record.reason else "")
