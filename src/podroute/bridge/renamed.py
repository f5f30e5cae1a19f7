"""Is our bridge there under another name? Pure.

Somebody has renamed it, or --bridge is another than at the last start: it is known by its mark.
"""

from dataclasses import replace
from ipaddress import IPv4Interface

from podroute.bridge.desired import is_ours
from podroute.bridge.seen import Host
from podroute.bridge.steps import Blocked


def by_its_name(host: Host, name: str) -> Host:
    """As ``host`` is when the bridge has its name again: down meanwhile, as older kernels want it.

    A link that goes down loses its addresses of IPv6.
    """
    ours = [link for link in host.links if is_ours(link)]
    if len(ours) != 1 or host.called(name) is not None:
        return host
    (bridge,) = ours
    called = replace(bridge, name=name, up=False)
    return replace(
        host,
        links=tuple(called if link is bridge else link for link in host.links),
        addresses=tuple(
            (number, address)
            for number, address in host.addresses
            if number != bridge.number or isinstance(address, IPv4Interface)
        ),
        misnamed=bridge.name,
    )


def taken(host: Host, name: str) -> Blocked | None:
    """What has the ``name`` that our bridge is to get, where something has.

    A runtime that was to plug a Pod in while ours had another name has made a bridge of this one.
    """
    holder = host.called(name)
    if holder is not None and holder.name != name:
        what = f"{name} is another name (altname) of {holder.name}"
        hint = f"take it off (ip link property del dev {holder.name} altname {name})"
        return Blocked(f"bridge {name}", f"{what}: {hint}, or give another name by --bridge")
    ours = [link.name for link in host.links if is_ours(link)]
    other = host.link(name)
    if other is None or not ours or is_ours(other):
        return None
    ports = ", ".join(port.name for port in host.ports_of(other))
    pods = f", then the Pods behind it, which are cut off ({ports})" if ports else ""
    what = f"{ours[0]} is podroute's bridge, by its mark, and {name} is not"
    hint = f"remove {name} (ip link delete {name}){pods}; or give --bridge {ours[0]}"
    return Blocked(f"bridge {name}", f"{what}: {hint}")
