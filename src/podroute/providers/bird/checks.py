"""What keeps a router with BIRD from forwarding what its routes are for? Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from podroute.model.check import Check, Problem
from podroute.model.route import Route
from podroute.providers.bgp_sessions import limit_check, session_check
from podroute.providers.bird.answers import Answers, BirdRoute
from podroute.providers.bird.protocols import Protocol, kernels_of, limits_of, peers_in
from podroute.providers.bird.settings import BirdOptions
from podroute.providers.by_destination import ByDestination
from podroute.providers.interface import Question
from podroute.providers.used import used_check


class Seen(NamedTuple):
    """Of the router; ``given``: what each protocol gives to the kernel."""

    answers: Answers
    protocols: Sequence[Protocol]
    given: Mapping[str, Collection[BirdRoute]]
    of_kernel: Sequence[Check]


def checks(question: Question, seen: Seen, options: BirdOptions) -> tuple[Check, ...]:
    """In the order in which a packet meets them; of BGP where there are neighbours."""
    routes = ByDestination(seen.answers.routes, attrgetter("spelled"))
    unused = _Unused(seen, routes, options)
    of_routes = (*seen.of_kernel, used_check(unused.problems(question)))
    peers = peers_in(seen.protocols)
    if not peers:
        return of_routes
    look = "birdc show protocols all"
    return (*of_routes, session_check(peers, look), limit_check(limits_of(seen.protocols)))


class _Unused(NamedTuple):
    seen: Seen
    routes: ByDestination[BirdRoute]
    options: BirdOptions

    def problems(self, question: Question) -> Iterator[Problem]:
        for wish in question.wishes:
            if cause := self._cause(wish):
                look = f"birdc show route all {wish.destination}; birdc show protocols all"
                yield Problem(f"{wish.destination} {wish.node}", cause, look)

    def _cause(self, wish: Route) -> str:
        """Why what leads to the Node is not used; "" where it is, or there is nothing."""
        known = self.routes.to(wish.destination)
        leading = [one for one in known if wish.next_hop in one.hops]
        if leading:
            one = next((some for some in leading if some.sign), leading[0])
            return self._of_route(one, known)
        entry = self.seen.answers.entries.get(wish.destination)
        if entry and entry.next_hop == wish.next_hop:
            return self._of_entry(wish)
        lost = next((one for one in known if one.kind == "unreachable" and one.sign), None)
        return f"{lost.spelled}: the router has no way to its next hop" if lost else ""

    def _of_route(self, one: BirdRoute, known: Sequence[BirdRoute]) -> str:
        words = f"{one.spelled} is there, but"
        if one.sign == "!":
            return f"{words} the kernel has not taken it"
        if not one.sign:
            rival = next((some for some in known if some.sign), None)
            return f"{words} not used" + (f": {rival.spelled} is preferred" if rival else "")
        table = self.options.table_of(one.destination.version)
        kernels = [some.name for some in kernels_of(self.seen.protocols, table)]
        if not kernels:
            return f"{words} no protocol kernel for table {table} is up"
        if any(one in self.seen.given.get(name, ()) for name in kernels):
            return ""
        return f"{words} not for the kernel: the export filter of {', '.join(kernels)} drops it"

    def _of_entry(self, wish: Route) -> str:
        """Our file has it, BIRD's table has not."""
        name = self.options.protocol_of(wish.destination.version)
        there = next((one for one in self.seen.protocols if one.name == name), None)
        words = f"{self.options.file} has it, but"
        if there is None:
            return f"{words} BIRD has not read that: is it included in bird.conf? birdc configure"
        if not there.is_up:
            return f"{words} protocol {name} is {there.state}: birdc enable {name}"
        return f"{words} the router has no way to {wish.next_hop}"
