"""Is our bridge there under another name? Pure.

Somebody has renamed it, or --bridge is another than at the last start: it is known by its mark.
"""

from dataclasses import replace
from ipaddress import IPv4Interface

from podroute.bridge.desired import is_ours
from podroute.bridge.seen import Host


def by_its_name(host: Host, name: str) -> Host:
    """As ``host`` is when the bridge has its name again: down meanwhile, as older kernels want it.

    A link that goes down loses its addresses of IPv6.
    """
    ours = [link for link in host.links if is_ours(link)]
    if len(ours) != 1 or host.link(name) is not None:
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
