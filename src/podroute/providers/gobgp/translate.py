"""How are a daemon's paths and podroute's routes the same thing in other words? Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from podroute.model.cidr import sort_key
from podroute.model.route import InstalledRoute, Kind, Preferences, Route, RouteTable
from podroute.providers.gobgp.paths import USUAL_LOCAL_PREF, Path
from podroute.providers.gobgp.settings import BLACKHOLE, GobgpOptions, community_text

_BEFORE: Final = 0  # a neighbour's, with a greater local preference: the daemon announces that
_PLACE: Final = 1  # the daemon's own, of which there is one
_BEHIND: Final = 2  # a neighbour's
_WAITING: Final = "its neighbours are not enabled yet"


def route_table(paths: Iterable[Path], options: GobgpOptions, *, waiting: bool) -> RouteTable:
    """All that the daemon knows; ``waiting``: neighbours wait until all of ours are there.

    One of ours says that: a change of all of them would be held back.
    """
    routes = [_installed(path, options) for path in paths]
    routes.sort(key=lambda one: (sort_key(one.destination), one.preference, one.handle))
    first = next((place for place, one in enumerate(routes) if one.ownership == "ours"), None)
    if waiting and first is not None:
        told = ", ".join(filter(None, (routes[first].deviation, _WAITING)))
        routes[first] = replace(routes[first], deviation=told)
    return RouteTable(tuple(routes), preferences=Preferences(_PLACE, _PLACE))


def is_ours(path: Path, options: GobgpOptions) -> bool:
    """By the owner mark; no neighbour's, whatever its marks."""
    return not path.neighbor and options.mark in path.communities


def path_for(route: Route, options: GobgpOptions) -> Path:
    """The path that ``route`` asks for."""
    return Path(route.destination, route.next_hop, options.marks, options.med)


def handle_of(path: Path) -> str:
    """The words by which it is known: with all that can be different."""
    words = [str(path.destination), "nexthop", str(path.next_hop or "self")]
    if path.communities:
        words += ["community", _texts(path.communities)]
    words += [] if path.med is None else ["med", str(path.med)]
    words += ["identifier", str(path.identifier)] if path.identifier else []
    words += ["local-pref", str(path.local_pref)] if path.local_pref != USUAL_LOCAL_PREF else []
    words += ["from", path.neighbor] if path.neighbor else []
    return ", ".join((" ".join(words), *path.extras))


def _installed(path: Path, options: GobgpOptions) -> InstalledRoute:
    ours, kind = is_ours(path, options), _kind(path)
    return InstalledRoute(
        path.destination,
        path.next_hop if kind == "unicast" else None,
        "ours" if ours else "foreign",
        handle_of(path),
        kind,
        _preference(path),
        ", ".join(_deviations(path, options)) if ours else "",
    )


def _kind(path: Path) -> Kind:
    if BLACKHOLE in path.communities:
        return "blackhole"
    return "link" if path.next_hop is None else "unicast"


def _preference(path: Path) -> int:
    if not path.neighbor:
        return _PLACE
    return _BEFORE if path.local_pref > USUAL_LOCAL_PREF else _BEHIND


def _deviations(path: Path, options: GobgpOptions) -> Iterator[str]:
    if path.communities != options.marks:
        yield f"community {_texts(path.communities)}, not {_texts(options.marks)}"
    if path.med != options.med:
        yield f"med {_text(path.med)}, not {_text(options.med)}"
    if path.local_pref != USUAL_LOCAL_PREF:
        yield f"local-pref {path.local_pref}"
    if path.identifier:
        yield f"identifier {path.identifier}, not 0"
    yield from path.extras


def _texts(communities: Iterable[int]) -> str:
    return ",".join(community_text(one) for one in sorted(communities))


def _text(med: int | None) -> str:
    return "none" if med is None else str(med)
