"""How are RouterOS's routes and podroute's the same thing in other words? Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from podroute.model.route import InstalledRoute, Kind, Preferences, Route, RouteTable, gateways_in
from podroute.observe.escape import escaped
from podroute.providers.https.marks import is_marked, mark, marked
from podroute.providers.routeros.settings import RouterosOptions
from podroute.providers.routeros.wire import Answers, Entry

_IDLE: Final = "configured, but not active"
_LONGEST: Final = 255  # characters of a comment that we write
_USUAL: Final[Mapping[str, str]] = {
    "disabled": "no",
    "check-gateway": "none",
    "pref-src": "",
    "scope": "30",
    "target-scope": "10",
}


def route_table(answers: Answers, options: RouterosOptions) -> RouteTable:
    """All that leads somewhere in the routing table; what others have switched off does not."""
    routes = tuple(
        _installed(one, answers, options)
        for one in answers.entries
        if is_ours(one, options) or not one.item.is_disabled
    )
    place = Preferences(options.distance, options.distance)
    return RouteTable(routes, answers.links, answers.own, place, gateways=gateways_in(routes))


def is_ours(entry: Entry, options: RouterosOptions) -> bool:
    """By the owner mark."""
    return not entry.item.is_dynamic and is_marked(entry.item.comment, options)


def is_idle(route: InstalledRoute) -> bool:
    """Whether a route of ours is configured, and nothing is sent there."""
    return route.deviation.endswith(_IDLE)


def handle_of(entry: Entry) -> str:
    """All that is known of it, so that no other and no changed one is taken for it."""
    item = entry.item
    name = "dynamic" if item.is_dynamic else item.id
    way = "blackhole" if item.drops else f"gateway={item.gateway}"
    words = [entry.menu, name, str(entry.destination), way, f"distance={item.distance}"]
    words += [f"{name}={value}" for name, value in _unusual(entry)]
    words += [f"comment={escaped(item.comment, _LONGEST)}"] if item.comment else []
    return " ".join(words)


def wished(route: Route, options: RouterosOptions) -> Mapping[str, str]:
    """What ``route`` asks for: the properties of a new item."""
    table = options.routing_table
    return {
        "dst-address": str(route.destination),
        "gateway": str(route.next_hop),
        "distance": str(options.distance),
        "routing-table": table,
        "comment": mark(options),
    }


def differences(entry: Entry, route: Route, options: RouterosOptions) -> Mapping[str, str]:
    """The properties to set so that ``entry``, which drops nothing, is what ``route`` asks for."""
    changes = {name: _USUAL[name] for name, _ in _unusual(entry)}
    if entry.next_hop != route.next_hop or entry.way:
        changes["gateway"] = str(route.next_hop)
    if entry.item.distance != options.distance:
        changes["distance"] = str(options.distance)
    if not is_ours(entry, options):
        changes["comment"] = marked(entry.item.comment, options, _LONGEST)
    return changes


def is_wished(entry: Entry, route: Route, options: RouterosOptions) -> bool:
    """Whether it is ours, and all that ``route`` asks for."""
    return not entry.item.drops and not differences(entry, route, options)


def _installed(entry: Entry, answers: Answers, options: RouterosOptions) -> InstalledRoute:
    ours = is_ours(entry, options)
    return InstalledRoute(
        entry.destination,
        entry.next_hop,
        "ours" if ours else "foreign",
        handle_of(entry),
        _kind(entry),
        entry.item.distance,
        ", ".join(_deviations(entry, answers, options)) if ours else "",
    )


def _kind(entry: Entry) -> Kind:
    if entry.item.drops:
        return "blackhole"
    if "," in entry.item.gateway:
        return "multipath"
    return "unicast" if entry.next_hop else "link"


def _deviations(entry: Entry, answers: Answers, options: RouterosOptions) -> Iterator[str]:
    item = entry.item
    if item.distance != options.distance:
        yield f"distance {item.distance}, not {options.distance}"
    if entry.next_hop is None:
        yield "blackhole, not unicast" if item.drops else f"through {item.gateway}"
    elif entry.way:
        yield f"through {item.gateway}"
    yield from (f"with {name} {value}" for name, value in _unusual(entry))
    if _has_no_effect(entry, answers):
        yield _IDLE


def _unusual(entry: Entry) -> Iterator[tuple[str, str]]:
    """What a person has set that podroute leaves as it is made."""
    item = entry.item
    if item.is_disabled:
        yield "disabled", item.disabled
    for name, value in (
        ("check-gateway", item.check_gateway),
        ("pref-src", item.pref_src),
        ("scope", item.scope),
        ("target-scope", item.target_scope),
    ):
        if value not in {"", _USUAL[name]}:
            yield name, value


def _has_no_effect(entry: Entry, answers: Answers) -> bool:
    """Its next hop could be reached, and yet nothing is sent there."""
    hop, item = entry.next_hop, entry.item
    if hop is None or item.is_active or item.is_disabled:
        return False
    return any(hop in network for network in answers.links)
