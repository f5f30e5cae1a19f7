"""Which steps take back what the agent has done, so that the machine is as it was found? Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from podroute.bridge.cni_conflist import FILE
from podroute.bridge.desired import OURS, is_ours
from podroute.bridge.firewall import FAMILIES
from podroute.bridge.links import is_begun, port_mark
from podroute.bridge.seen import Host
from podroute.bridge.steps import (
    ChangeLink,
    DeleteLink,
    DeleteTable,
    RemoveConflist,
    SetSysctl,
    Step,
)
from podroute.bridge.sysctls import BRIDGED, FORWARD

_ALIASES: Final = ("ipv4/conf/all/forwarding",)  # ip_forward by another name
_FOLLOWING: Final = ("/forwarding", "all/accept_redirects")
_SET: Final = ("/forwarding", "/accept_dad", "/accept_ra", "/disable_ipv6", *BRIDGED.values())


def cleanup(host: Host, bridge: str, found: Mapping[str, str]) -> Iterator[Step]:
    """The runtime is told first; ``found`` are the settings as they were before the agent.

    A bridge that was there before stays, with what is plugged into it.
    """
    if FILE in host.cni.files:
        yield RemoveConflist(FILE)
    link = host.link(bridge)
    for port in host.links:
        if port.alias == port_mark(bridge):
            yield ChangeLink(port.name, "no longer watched", alias="")
    goes = link is not None and (link.alias == OURS or is_begun(host, link))
    if goes:
        yield DeleteLink(bridge)
    elif link is not None and is_ours(link):
        yield ChangeLink(bridge, "it was there before", alias="")
    own = f"/{bridge}/" if link is None or goes else None
    yield from _as_found(
        host, {key: value for key, value in found.items() if own is None or own not in key}
    )
    for family in FAMILIES:
        chains = any((one.family, one.table) == (family, OURS) for one in host.firewall.chains)
        if chains or any(rule.family == family for rule in host.firewall.rules):
            yield DeleteTable(family, "no longer watched")


def _as_found(host: Host, found: Mapping[str, str]) -> Iterator[SetSysctl]:
    """Those that the agent sets, and those that a switch for all links takes along."""
    there = {key: value for key, value in found.items() if host.sysctls.get(key) is not None}
    turned = [key for key in FORWARD.values() if key in there and host.sysctls[key] != there[key]]
    for key in turned:
        yield SetSysctl(key, there[key], "as it was found")
    for key, value in sorted(there.items()):
        if key in FORWARD.values() or key in _ALIASES:
            continue
        family, _, name = key.partition("/")
        follows = name.endswith(_FOLLOWING) and any(one.startswith(family) for one in turned)
        differs = host.sysctls[key] != value and key.endswith(_SET)
        if follows or differs:
            yield SetSysctl(key, value, "as it was found")
