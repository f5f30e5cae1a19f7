"""What was a bridge like that is taken over, and which steps give it back so? Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv6Interface, ip_interface
from typing import Final, TypeVar

from podroute.bridge.desired import ADOPTED, OF_A_PORT
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
    name: str = ""  # "": a former version has not noted it
    arp: bool | None = None  # None: a former version has not noted it, and let it alone


def found_links(host: Host, bridge: str) -> Iterator[FoundLink]:
    """The bridge of that name, and its ports."""
    mine = host.link(bridge)
    for link in (mine, *host.ports_of(mine)) if mine else ():
        addresses = tuple(map(str, host.addresses_of(link)))
        alias = "" if link.alias.startswith(OF_A_PORT) else link.alias
        switches = link.up, link.promiscuous, link.hairpin
        yield FoundLink(link.number, alias, link.mtu, *switches, addresses, link.name, link.arp)


def give_back(
    host: Host, bridge: Link, found: Sequence[FoundLink]
) -> Iterator[ChangeLink | AddAddress | RemoveAddress]:
    """The bridge; where there is no note of it, without our mark and else as it is."""
    was = _of(bridge, found)
    if was is None:
        yield ChangeLink(bridge.name, _BEFORE, alias="")
        return
    name = _former_name(bridge, host, found)
    falls = bridge.up and (bool(name) or not was.up)  # which takes addresses of IPv6 along
    wished = tuple(map(ip_interface, was.addresses))
    present = host.addresses_of(bridge)
    for address in present:
        if address not in wished or _is_lost(address, falls=falls):
            yield RemoveAddress(bridge.name, address, "as it was found")
    yield ChangeLink(
        bridge.name,
        _BEFORE,
        rename=name or None,
        alias=was.alias,
        mtu=_unless(bridge.mtu, was.mtu),
        up=_unless(bridge.up and not name, was.up),
        promiscuous=_unless(bridge.promiscuous, was.promiscuous),
        arp=_unless(bridge.arp, was.arp),
    )
    for address in wished:
        if address not in present or _is_lost(address, falls=falls):
            yield AddAddress(name or bridge.name, address)


def with_former_names(host: Host, found: Sequence[FoundLink]) -> Host:
    """As the settings of bridges are called that get the names again with which they were found."""
    names = {
        link.name: name
        for link in host.links
        if link.alias == ADOPTED and (name := _former_name(link, host, found))
    }
    if not names:
        return host
    sysctls = {_of_link(key, names): text for key, text in host.sysctls.items()}
    return replace(host, sysctls=sysctls)


def give_back_port(port: Link, found: Sequence[FoundLink]) -> ChangeLink:
    """One that has our mark, up or down as before; it reflects so as long as it is plugged in."""
    was = _of(port, found)
    if was is None:
        return ChangeLink(port.name, "no longer watched", alias="")
    hairpin = _unless(port.hairpin, was.hairpin) if port.master else None
    up = _unless(port.up, was.up)
    return ChangeLink(port.name, "no longer watched", alias=was.alias, hairpin=hairpin, up=up)


def _former_name(link: Link, host: Host, found: Sequence[FoundLink]) -> str:
    """What it was called when it was taken over; "" where that is its name, or is taken."""
    was = _of(link, found)
    return "" if was is None or host.called(was.name) else was.name


def _of_link(key: str, names: Mapping[str, str]) -> str:
    """``ipv6/conf/cbr0/accept_ra`` by the other name of the link."""
    return "/".join(names.get(part, part) for part in key.split("/"))


def _of(link: Link, found: Sequence[FoundLink]) -> FoundLink | None:
    return next((one for one in found if one.number == link.number), None)


def _is_lost(address: Interface, *, falls: bool) -> bool:
    return falls and isinstance(address, IPv6Interface)


def _unless(now: _Value, wished: _Value | None) -> _Value | None:
    return None if now == wished else wished
