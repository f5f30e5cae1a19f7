"""What does a person type for a router whose kernel is read from elsewhere? Pure."""

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Final

from podroute.host.rtnetlink import KernelRoute, delete_route
from podroute.model.cidr import Cidr
from podroute.model.route import InstalledRoute, RouteTable
from podroute.providers.linux.changes import commands
from podroute.providers.linux.settings import LinuxOptions
from podroute.routing.steps import Change

_PROTOCOL: Final = re.compile(r" proto (\d+)\b")


def remote_lines(
    changes: Sequence[Change], table: RouteTable, options: LinuxOptions, login: Sequence[str]
) -> tuple[str, ...]:
    """The line for each change after ``table`` was read; ``login`` is how one gets there."""
    by_destination: dict[Cidr, list[InstalledRoute]] = {}
    for one in table.routes:
        by_destination.setdefault(one.destination, []).append(one)
    lines = commands(changes, _entries(table, options), by_destination, options)
    return tuple(shlex.join((*login, line)) for line in lines)


def _entries(table: RouteTable, options: LinuxOptions) -> Mapping[str, bytes]:
    """Enough of each kernel's entry to say whose it is."""
    return {one.handle: _entry(one, options) for one in table.routes}


def _entry(route: InstalledRoute, options: LinuxOptions) -> bytes:
    found = _PROTOCOL.search(route.handle)
    protocol = int(found[1]) if found else 0
    entry = KernelRoute(route.destination, None, protocol, 0, options.table)
    return delete_route(entry).body
