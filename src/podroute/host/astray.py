"""Where does the kernel send what is for Pods of this worker? By its own word, rules and all."""

from collections.abc import Callable, Iterator
from ipaddress import IPv4Network
from itertools import islice
from typing import Final

from podroute.bridge.desired import is_ours
from podroute.bridge.seen import Astray, Host, Link
from podroute.host.rtnetlink import Refusal, Request, look_up
from podroute.host.rtnetlink_lists import parse_route
from podroute.model.cidr import Address, Cidr

_FEWEST_HOST_BITS: Final = 2


def read_astray(ask: Callable[[Request], bytes | Refusal], host: Host) -> tuple[Astray, ...]:
    """Of each network of our bridge its first Pod and its last one are asked for."""
    return tuple(
        found
        for bridge in host.links
        if is_ours(bridge) and _is_in_use(bridge, host)
        for address in host.addresses_of(bridge)
        if (bridge.number, address) not in host.cut_off
        for found in islice(_astray(ask, address.network, bridge, host), 1)
    )


def _astray(
    ask: Callable[[Request], bytes | Refusal], network: Cidr, bridge: Link, host: Host
) -> Iterator[Astray]:
    for target in _ends(network):
        words = _elsewhere(ask(look_up(target, None, 0)), bridge, host)
        if words:
            yield Astray(network, target, words)


def _is_in_use(bridge: Link, host: Host) -> bool:
    """Without a port it has no carrier, and settings may have the kernel pass over it."""
    return bridge.up and not bridge.master and any(port.up for port in host.ports_of(bridge))


def _ends(network: Cidr) -> Iterator[Address]:
    if network.max_prefixlen - network.prefixlen < _FEWEST_HOST_BITS:
        return
    yield network[2]
    yield network[-2 if isinstance(network, IPv4Network) else -1]


def _elsewhere(answer: bytes | Refusal, bridge: Link, host: Host) -> str:
    """In words; "" where it is sent to the bridge itself."""
    if isinstance(answer, Refusal):
        return f"it is not sent at all: {answer.words}"
    route = parse_route(answer)
    if route.device == bridge.number and route.gateway is None:
        return ""
    device = next((one.name for one in host.links if one.number == route.device), "another link")
    if route.gateway is None:
        return f"it is looked for on {device}"
    return f"it is sent to {route.gateway} on {device}"
