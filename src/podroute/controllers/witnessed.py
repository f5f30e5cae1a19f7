"""What has become of a route between two looks, for who only looks?

Who has changed it, and how long that took, nobody can see.
"""

from collections.abc import Sequence
from typing import Final

from podroute.controllers.notices import Notice
from podroute.observe.board import Kind, RouteRecord, Subject
from podroute.routing.states import State

_WISHED: Final = frozenset[State](("WrongNextHop", "Blackhole", "Blocked"))
"""Lines of these have the next hop that is wished, and the router's words as their reason."""
_ASTRAY: Final = frozenset[State](("WrongNextHop", "Blackhole"))


def witnessed(
    subject: Subject, before: Sequence[RouteRecord], now: Sequence[RouteRecord]
) -> Notice | None:
    """None where nothing has changed, or nothing can be told."""
    was, found = _installed(before), _installed(now)
    if was is None:
        return None if found is None else _appeared(subject, found)
    if found is None:
        return Notice("deleted", "", subject, was.node or "", f"was {_words(was)}")
    return _changed(subject, was, found)


def _appeared(subject: Subject, found: RouteRecord) -> Notice:
    node = found.node or ""
    if found.state == "InSync":
        more = f": {found.reason}" if found.reason else ""
        return Notice("created", "", subject, node, f"{_words(found)}{more}")
    kind: Kind = "foreign" if found.owner == "foreign" else "drift"
    return Notice(kind, "", subject, node, f"{found.state}: {found.reason}")


def _changed(subject: Subject, was: RouteRecord, found: RouteRecord) -> Notice | None:
    if found.state != "InSync":
        return None  # what is amiss is told as a drift, or with who stands in the way
    moved = was.next_hop != found.next_hop or was.state in _ASTRAY
    if not moved and was.owner == found.owner:
        return None
    node, words = found.node or "", _words(found)
    if not moved and found.owner == "ours" and was.state == "InSync":
        return Notice("adopted", "", subject, node, words)
    return Notice("replaced", "", subject, node, f"{words}, was {_words(was)}")


def _installed(records: Sequence[RouteRecord]) -> RouteRecord | None:
    """The line of the route that traffic takes; None where there is none."""
    there = [one for one in records if one.owner is not None]
    return next((one for one in there if one.state == "InSync"), there[0] if there else None)


def _words(one: RouteRecord) -> str:
    if one.state in _WISHED or one.next_hop is None:
        return one.reason
    return f"via {one.next_hop}"
