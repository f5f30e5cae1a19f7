"""Which requests carry out a change, and what do the kernel's refusals mean? Pure.

The kernel's own "replace" takes whatever has the destination and metric, another's route too. So a
replacement is made of requests that each fit one route only, in rounds:

    1  the new route at a spare metric    it carries the traffic, or else the old one does
    2  the old route goes                 the new one at the spare metric carries it
    3  the new route at its own metric    either of them carries it
    4  the one at the spare metric goes

There is a path at each moment, but for one case: no better metric is free to spare, and a foreign
route stands directly behind ours. A pass that died in between has left a route of ours with a
deviation, which the next one puts right. Where the metrics differ rounds 3 and 2 are enough. The
lines to type are the same rounds.
"""

from collections.abc import Collection, Mapping, Sequence
from errno import (
    EAFNOSUPPORT,
    EEXIST,
    EHOSTUNREACH,
    EINVAL,
    ENETUNREACH,
    ENOBUFS,
    EOPNOTSUPP,
    ESRCH,
)
from itertools import chain
from typing import Final, Literal, NamedTuple, TypeAlias, assert_never

from podroute.host.rtnetlink import (
    MAX_METRIC,
    KernelRoute,
    Refusal,
    Request,
    delete_listed,
    delete_route,
    new_route,
)
from podroute.host.rtnetlink_lists import protocol_of
from podroute.model.cidr import Cidr
from podroute.model.route import InstalledRoute, Route
from podroute.providers.linux.settings import LinuxOptions
from podroute.providers.linux.translate import (
    has_key_of,
    ip_line,
    wished_route,
    words_for,
)
from podroute.providers.typed import typed
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace, destination_of

_NOT_ON_LINK: Final = frozenset((ENETUNREACH, EHOSTUNREACH))
_NOT_THERE: Final = Refusal(ESRCH, "No such process")
_POINTLESS: Final = frozenset((EAFNOSUPPORT, EINVAL, EOPNOTSUPP))


class Spelled(NamedTuple):
    """A route that we write comes or goes."""

    verb: Literal["add", "del"]
    route: KernelRoute

    def request(self) -> Request:
        """What the kernel is asked."""
        return new_route(self.route) if self.verb == "add" else delete_route(self.route)

    def words(self) -> str:
        """Those of ``ip route`` for it, behind the verb."""
        return words_for(self.route, any_metric=self.verb == "del")

    def line(self) -> str:
        """What a person types for it."""
        return ip_line(self.verb, self.route.destination, self.words())


class Removal(NamedTuple):
    """A route that was read goes; ``entry`` is what ``translate.removals`` has for it."""

    installed: InstalledRoute
    entry: bytes

    @property
    def verb(self) -> Literal["del"]:
        """What happens to it."""
        return "del"

    def request(self) -> Request:
        """What the kernel is asked."""
        return delete_listed(self.entry)

    def words(self) -> str:
        """Those of ``ip route`` for it, behind the verb."""
        return self.installed.handle

    def line(self) -> str:
        """What a person types for it."""
        return ip_line(self.verb, self.installed.destination, self.words())


class Stop(NamedTuple):
    """The refusal that ended a change, and how many of its rounds were carried out before."""

    why: Refusal
    done: int


Round: TypeAlias = Spelled | Removal
Rounds: TypeAlias = tuple[Round, ...]  # each is sent when the one before was done
Entries: TypeAlias = Mapping[str, bytes]


def prepared(
    change: Change,
    entries: Entries,
    before: Sequence[InstalledRoute],
    options: LinuxOptions,
) -> Rounds | Outcome:
    """The requests for ``change``, or what has become of it where nothing may be asked.

    ``entries`` are those of ``translate.removals``; ``before``: the routes to its destination. Both
    as last read.
    """
    if isinstance(change, Create):
        return (Spelled("add", wished_route(change.route, options)),)
    if change.installed.ownership == "foreign" and not isinstance(change, Adopt):
        return Failed(change, f"{change.installed.handle} is not ours", retry="pointless")
    if change.installed.handle not in entries:
        return judged(change, _NOT_THERE, before, options)
    try:
        return _rounds(change, entries, before, options)
    except ValueError as error:
        return Failed(change, str(error), retry="pointless")


def commands(
    changes: Sequence[Change],
    entries: Entries,
    before: Mapping[Cidr, Sequence[InstalledRoute]],
    options: LinuxOptions,
) -> tuple[str, ...]:
    """What to type for each change: the rounds in which ``apply`` carries it out."""
    return tuple(
        typed(prepared(change, entries, before.get(destination_of(change), ()), options), _line)
        for change in changes
    )


def _line(rounds: Rounds) -> str:
    return " && ".join(one.line() for one in rounds)


def _rounds(
    change: Delete | Replace | Adopt,
    entries: Entries,
    before: Sequence[InstalledRoute],
    options: LinuxOptions,
) -> Rounds:
    match change:
        case Delete(installed=installed) | Adopt(installed=installed, written=True):
            return (_going(installed, entries, options),)
        case Replace(installed=installed, route=route) | Adopt(installed=installed, route=route):
            wished = wished_route(route, options)
            seen = {one.preference for one in before} | {wished.metric}
            spare = _at_spare_metric(wished, seen)
            going = _going(installed, entries, options)
            if not has_key_of(installed, route, options):
                return Spelled("add", wished), going
            return Spelled("add", spare), going, Spelled("add", wished), Spelled("del", spare)
        case _:
            assert_never(change)


def _going(installed: InstalledRoute, entries: Entries, options: LinuxOptions) -> Removal:
    entry = entries[installed.handle]
    protocol = protocol_of(entry)
    if not protocol or (installed.ownership == "ours") != (protocol == options.protocol):
        message = f"{installed.handle} does not say whose it is"
        raise ValueError(message)
    return Removal(installed, entry)


def _at_spare_metric(wished: KernelRoute, seen: Collection[int]) -> KernelRoute:
    """``wished`` at the nearest metric but those ``seen`` among routes to its destination.

    Before it, if there is room: so nobody else's route is in use meanwhile.
    """
    near = chain(range(wished.metric - 1, 0, -1), range(wished.metric + 1, MAX_METRIC + 1))
    return wished._replace(metric=next(metric for metric in near if metric not in seen))


def judged(
    change: Change, refusal: Refusal, present: Sequence[InstalledRoute], options: LinuxOptions
) -> Outcome:
    """What became of a refused change; ``present`` are the routes to its destination now."""
    if isinstance(change, Delete):
        return _judged_removal(change, refusal, present)
    expected = None if isinstance(change, Create) else change.installed
    wished = _is_installed(change.route, present, options)
    if wished and expected not in present:
        return Done(change)
    holder = _holder(change.route, present, options)
    if holder is not None and holder != expected and not wished:
        return Failed(change, f"{holder.handle} is in the way", retry="pointless")
    if expected is not None and expected not in present:
        return Failed(change, f"{expected.handle} is no longer there", retry="pointless")
    return _failed(change, refusal, [one.handle for one in present if one != expected])


def _judged_removal(change: Delete, refusal: Refusal, present: Sequence[InstalledRoute]) -> Outcome:
    expected = change.installed
    if expected in present:
        return _failed(change, refusal)
    for route in present:
        if route.ownership == "ours" and route.preference == expected.preference:
            reason = f"{expected.handle} is no longer there, but {route.handle}"
            return Failed(change, reason, retry="pointless")
    return Done(change)


def leftover(rounds: Rounds, stop: Stop, present: Sequence[InstalledRoute]) -> KernelRoute | None:
    """What a failed replacement has left at the spare metric, to be taken away.

    ``present`` are the routes to its destination now. It stays where it carries the traffic of the
    old route, which we have removed, or will have: an answer that was lost may be about what is
    still to be done there. And what another has put there was never ours to take.
    """
    match rounds:
        case (Spelled(route=spare), _, Spelled(route=wished), _):
            lost = stop.why.errno == ENOBUFS
            if lost and stop.done == 1:
                return None
            added = stop.done > 0 or lost
            others = [one for one in present if one.preference == wished.metric]
            held = any(not one.partial for one in others)
            return spare if added and (held or stop.why.errno == ESRCH) else None
        case _:
            return None


def _is_installed(route: Route, present: Sequence[InstalledRoute], options: LinuxOptions) -> bool:
    metric = options.metric_of(route.destination.version)
    return any(
        one.ownership == "ours"
        and one.next_hop == route.next_hop
        and one.preference == metric
        and not one.deviation
        for one in present
    )


def _holder(
    route: Route, present: Sequence[InstalledRoute], options: LinuxOptions
) -> InstalledRoute | None:
    metric = options.metric_of(route.destination.version)
    here = (one for one in present if one.preference == metric)
    return next((one for one in here if not one.partial), None)


def _failed(change: Change, refusal: Refusal, others: Sequence[str] = ()) -> Failed:
    reason = refusal.words
    if others and refusal.errno == EEXIST:
        reason = f"{reason}: {', '.join(others)}"
    if not isinstance(change, Delete) and _is_about_the_gateway(refusal):
        hop = change.route.next_hop
        reason = f"{reason}: {hop} is not on a link of this machine (see: ip route get {hop})"
    retry: Literal["worth it", "pointless"]
    retry = "pointless" if refusal.errno in _POINTLESS else "worth it"
    return Failed(change, reason, retry)


def _is_about_the_gateway(refusal: Refusal) -> bool:
    return refusal.errno in _NOT_ON_LINK or "gateway" in refusal.words.lower()
