"""How are VyOS's static routes and podroute's the same thing in other words? Pure."""

from collections.abc import Iterator, Sequence
from typing import Final

from podroute.model.cidr import Address, parse_address
from podroute.model.route import InstalledRoute, Kind, Preferences, Route, RouteTable, gateways_in
from podroute.observe.escape import escaped
from podroute.providers.https.marks import is_marked
from podroute.providers.vyos.settings import USUAL_DISTANCE, VyosOptions
from podroute.providers.vyos.wire import Answers, Entry, Path

_LONGEST: Final = 500  # characters of a handle
_HOP: Final = "next-hop"
_DROPS: Final = frozenset(("blackhole", "reject"))
_NAMED: Final = frozenset((_HOP, "interface", "dhcp-interface"))  # what comes next is its name


def route_table(answers: Answers, options: VyosOptions) -> RouteTable:
    """All static routes of the VRF that lead somewhere; one destination is one of them."""
    routes = tuple(
        _installed(one, options) for one in answers.entries if is_ours(one, options) or _ways(one)
    )
    place = Preferences(options.distance, options.distance)
    gateways = gateways_in(routes)
    return RouteTable(routes, answers.links, answers.own, place, one_each=True, gateways=gateways)


def is_ours(entry: Entry, options: VyosOptions) -> bool:
    """By the owner mark."""
    return is_marked(entry.description, options)


def handle_of(entry: Entry) -> str:
    """All that is known of it, so that no changed one is taken for it."""
    return escaped(entry.words, _LONGEST)


def wished_line(route: Route, options: VyosOptions) -> Path:
    """What is said below the destination, besides its description."""
    line = (_HOP, str(route.next_hop))
    usual = options.distance == USUAL_DISTANCE
    return line if usual else (*line, "distance", str(options.distance))


def is_wished(entry: Entry, route: Route, options: VyosOptions) -> bool:
    """Whether it is ours, and just what ``route`` asks for."""
    return is_ours(entry, options) and entry.lines == (wished_line(route, options),)


def place_of(line: Path) -> Path:
    """The way that a line is about: ``next-hop 10.240.0.30``, ``blackhole``."""
    return line[:2] if line[0] in _NAMED else line[:1]


def _installed(entry: Entry, options: VyosOptions) -> InstalledRoute:
    ways = _ways(entry)
    ours = is_ours(entry, options)
    distance = min((_distance(entry, way) for way in ways), default=options.distance)
    return InstalledRoute(
        entry.destination,
        _next_hop(ways),
        "ours" if ours else "foreign",
        handle_of(entry),
        _kind(ways),
        distance,
        ", ".join(_deviations(entry, ways, distance, options)) if ours else "",
    )


def _ways(entry: Entry) -> Sequence[Path]:
    """Where it leads, without what is switched off."""
    off = {place_of(line) for line in entry.lines if line[-1] == "disable"}
    return sorted({place_of(line) for line in entry.lines} - off)


def _distance(entry: Entry, way: Path) -> int:
    said = (line[-1] for line in entry.lines if line[:-1] == (*way, "distance"))
    return int(next(said, USUAL_DISTANCE))


def _next_hop(ways: Sequence[Path]) -> Address | None:
    return parse_address(ways[0][1]) if _kind(ways) == "unicast" else None


def _kind(ways: Sequence[Path]) -> Kind:
    if len(ways) > 1:
        return "multipath"
    if not ways or ways[0][0] in _DROPS:
        return "blackhole"
    return "unicast" if ways[0][0] == _HOP else "link"


def _deviations(
    entry: Entry, ways: Sequence[Path], distance: int, options: VyosOptions
) -> Iterator[str]:
    if distance != options.distance:
        yield f"distance {distance}, not {options.distance}"
    if _kind(ways) != "unicast":
        yield f"{' and '.join(' '.join(way) for way in ways) or 'nothing'}, not one next hop"
    for line in entry.lines:
        more = line[len(place_of(line)) :]
        if more and more[0] != "distance":
            yield f"with {' '.join(line)}"
