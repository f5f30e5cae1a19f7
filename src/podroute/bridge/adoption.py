"""What was a bridge like that is taken over, and which steps give it back so? Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv6Interface, ip_interface
from typing import Final, TypeVar

from podroute.bridge.desired import OF_A_PORT
from podroute.bridge.seen import Host, Interface, Link
from podroute.bridge.steps import AddAddress, ChangeLink, RemoveAddress

_BEFORE: Final = "it was there before"
_Value = TypeVar("_Value", int, bool)


@dataclass(frozen=True, slots=True)
class FoundLink:
    """Of a bridge or a port of it, what the agent changes; ``number`` is that of the link."""

    number: int
    alias: str = ""
    mtu: int = 1500
    up: bool = False
    promiscuous: bool = False
    hairpin: bool = False
    addresses: tuple[str, ...] = ()


def found_links(host: Host, bridge: str) -> Iterator[FoundLink]:
    """The bridge of that name, and its ports."""
    mine = host.link(bridge)
    for link in (mine, *host.ports_of(mine)) if mine else ():
        addresses = tuple(map(str, host.addresses_of(link)))
        alias = "" if link.alias.startswith(OF_A_PORT) else link.alias
        yield FoundLink(
            link.number, alias, link.mtu, link.up, link.promiscuous, link.hairpin, addresses
        )


def give_back(
    host: Host, bridge: Link, found: Sequence[FoundLink]
) -> Iterator[ChangeLink | AddAddress | RemoveAddress]:
    """The bridge; where there is no note of it, without our mark and else as it is."""
    was = _of(bridge, found)
    if was is None:
        yield ChangeLink(bridge.name, _BEFORE, alias="")
        return
    falls = bridge.up and not was.up  # which takes addresses of IPv6 along
    wished = tuple(map(ip_interface, was.addresses))
    present = host.addresses_of(bridge)
    for address in present:
        if address not in wished or _is_lost(address, falls=falls):
            yield RemoveAddress(bridge.name, address, "as it was found")
    yield ChangeLink(
        bridge.name,
        _BEFORE,
        alias=was.alias,
        mtu=_unless(bridge.mtu, was.mtu),
        up=_unless(bridge.up, was.up),
        promiscuous=_unless(bridge.promiscuous, was.promiscuous),
    )
    for address in wished:
        if address not in present or _is_lost(address, falls=falls):
            yield AddAddress(bridge.name, address)


def give_back_port(port: Link, found: Sequence[FoundLink]) -> ChangeLink:
    """One that has our mark, up or down as before; it reflects so as long as it is plugged in."""
    was = _of(port, found)
    if was is None:
        return ChangeLink(port.name, "no longer watched", alias="")
    hairpin = _unless(port.hairpin, was.hairpin) if port.master else None
    up = _unless(port.up, was.up)
    return ChangeLink(port.name, "no longer watched", alias=was.alias, hairpin=hairpin, up=up)


def _of(link: Link, found: Sequence[FoundLink]) -> FoundLink | None:
    return next((one for one in found if one.number == link.number), None)


def _is_lost(address: Interface, *, falls: bool) -> bool:
    return falls and isinstance(address, IPv6Interface)


def _unless(now: _Value, wished: _Value) -> _Value | None:
    return None if now == wished else wished
