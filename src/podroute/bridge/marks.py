"""Which bridges are ours although nothing on them says so any more? Pure.

Somebody may take our mark off a bridge. It is known by its number, which the kernel gives to no
other link of a network before the next boot, and by its MAC.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from podroute.bridge.desired import is_ours
from podroute.bridge.seen import Host, Link


@dataclass(frozen=True, slots=True)
class Marked:
    """A bridge, and the mark of ours that it was seen with last."""

    number: int
    mac: str
    mark: str


def marked(links: Iterable[Link], known: Iterable[Marked]) -> tuple[Marked, ...]:
    """What is to be remembered of them; of those whose mark is lost, what was ``known``."""
    all_links = tuple(links)
    lost = _lost(all_links, known)
    with_marks = (lost.get(link.number, link) for link in all_links)
    return tuple(Marked(one.number, one.mac, one.alias) for one in with_marks if is_ours(one))


def with_lost_marks(host: Host, known: Iterable[Marked]) -> Host:
    """As ``host`` is when these have their marks again."""
    lost = _lost(host.links, known)
    if not lost:
        return host
    links = tuple(lost.get(link.number, link) for link in host.links)
    return replace(host, links=links, unmarked=frozenset(lost))


def _lost(links: Iterable[Link], known: Iterable[Marked]) -> Mapping[int, Link]:
    """By number, with its mark."""
    marks = {(one.number, one.mac): one.mark for one in known}
    return {
        link.number: replace(link, alias=marks[link.number, link.mac])
        for link in links
        if link.kind == "bridge" and not is_ours(link) and (link.number, link.mac) in marks
    }
