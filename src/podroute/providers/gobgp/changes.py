"""Which announcements and withdrawals carry out a change, and what has become of it? Pure.

The daemon keeps one path of its own to a destination: a new one takes the place of the one there,
whosever it is, in one step. So nothing is announced where somebody else's stands.
"""

import shlex
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, TypeAlias, assert_never

from podroute.model.route import Route
from podroute.providers.by_destination import ByDestination
from podroute.providers.gobgp.paths import Path
from podroute.providers.gobgp.settings import USUAL_PORT, GobgpOptions, community_text
from podroute.providers.gobgp.translate import handle_of, is_ours, path_for
from podroute.providers.typed import typed
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace, destination_of

_USUAL: Final = f"127.0.0.1:{USUAL_PORT}"
_LACKS: Final = (
    "GoBGP took it, but does not have it: see its import policy, which is for our paths too"
)


class Announce(NamedTuple):
    """A path that is to be there."""

    path: Path


class Withdraw(NamedTuple):
    """A path that is to be gone."""

    path: Path


Acts: TypeAlias = tuple[Announce | Withdraw, ...]


class Paths(ByDestination[Path]):
    """The paths of one look."""

    def __init__(self, paths: Iterable[Path]) -> None:
        super().__init__(paths, handle_of)


def prepared(change: Change, paths: Paths, options: GobgpOptions) -> Acts | Outcome:
    """The acts for ``change``, or what has become of it where nothing may be done."""
    if isinstance(change, Create):
        return _announced(change, change.route, None, paths, options)
    installed = change.installed
    if installed.ownership == "foreign" and not isinstance(change, Adopt):
        return Failed(change, f"{installed.handle} is not ours", retry="pointless")
    there = paths.find(installed)
    if there is None:
        return _gone(change, paths, options)
    return _changed(change, there, paths, options)


def _changed(
    change: Replace | Delete | Adopt, there: Path, paths: Paths, options: GobgpOptions
) -> Acts | Outcome:
    if there.neighbor:
        reason = f"{handle_of(there)} is the neighbour's: only there it can be changed"
        return Failed(change, reason, retry="pointless")
    match change:
        case Delete() | Adopt(written=True):
            return (Withdraw(there),)
        case Replace(route=route) | Adopt(route=route):
            return _announced(change, route, there, paths, options)
        case _:
            assert_never(change)


def judged(change: Change, paths: Paths, options: GobgpOptions, told: str) -> Outcome:
    """What became of a change that was sent; ``told`` is what the daemon said about it."""
    there = paths.to(destination_of(change))
    wished = None if isinstance(change, Delete) else path_for(change.route, options)
    left = None if isinstance(change, Create) else paths.find(change.installed)
    if (wished is None or wished in there) and left in {None, wished}:
        return Done(change)
    return Failed(change, told or _LACKS, retry="worth it")


def by_hand(plan: Acts | Outcome, options: GobgpOptions) -> str:
    """What a person types for it."""
    command = _command(options)
    return typed(
        plan, lambda acts: " && ".join(shlex.join((*command, *_words(act))) for act in acts)
    )


def _command(options: GobgpOptions) -> Sequence[str]:
    words = ["gobgp"]
    if options.address != _USUAL:
        words += ["--target", options.target]
    if options.secured:
        words += ["--tls", "--tls-ca-file", options.ca]
        words += ["--tls-client-cert-file", options.cert, "--tls-client-key-file", options.key]
    return words


def _words(act: Announce | Withdraw) -> Sequence[str]:
    path = act.path
    words = ["global", "rib", "add" if isinstance(act, Announce) else "del"]
    words += ["-a", "ipv4" if path.destination.version == 4 else "ipv6"]  # noqa: PLR2004
    words += [str(path.destination)]
    words += ["identifier", str(path.identifier)] if path.identifier else []
    if isinstance(act, Withdraw):
        return words
    communities = ",".join(community_text(one) for one in sorted(path.communities))
    words += ["origin", "igp", "nexthop", str(path.next_hop), "community", communities]
    return words if path.med is None else [*words, "med", str(path.med)]


def _announced(
    change: Create | Replace | Adopt,
    route: Route,
    there: Path | None,
    paths: Paths,
    options: GobgpOptions,
) -> Acts | Outcome:
    if route.next_hop.version != route.destination.version:
        reason = f"{route.next_hop} is of another family than {route.destination}"
        return Failed(change, reason, retry="pointless")
    wished = path_for(route, options)
    own = [one for one in paths.to(route.destination) if not one.neighbor]
    if there is None and wished in own:
        return Done(change)
    holder = next((one for one in own if one not in {there, wished} and not one.identifier), None)
    if holder is not None:
        return Failed(change, f"{handle_of(holder)} is in the way", retry="pointless")
    if there is None or not there.identifier:
        return (Announce(wished),)
    return (Announce(wished), Withdraw(there))


def _gone(change: Replace | Delete | Adopt, paths: Paths, options: GobgpOptions) -> Outcome:
    """What a change means whose path is not there any more."""
    expected = change.installed
    there = paths.to(expected.destination)
    if isinstance(change, Delete):
        for one in there:
            if is_ours(one, options):
                reason = f"{expected.handle} is no longer there, but {handle_of(one)}"
                return Failed(change, reason, retry="pointless")
        return Done(change)
    if path_for(change.route, options) in there:
        return Done(change)
    return Failed(change, f"{expected.handle} is no longer there", retry="pointless")
