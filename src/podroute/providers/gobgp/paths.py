"""A path to a destination, as the daemon has it, and as messages of its API. Pure."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from podroute.model.cidr import Address, Cidr, parse_address, parse_cidr
from podroute.providers.gobgp.api import gobgp_pb2 as api

USUAL_LOCAL_PREF: Final = 100
V4: Final = api.Family(afi=api.Family.AFI_IP, safi=api.Family.SAFI_UNICAST)
V6: Final = api.Family(afi=api.Family.AFI_IP6, safi=api.Family.SAFI_UNICAST)


class Path(NamedTuple):
    """``extras``: what else it carries, for people."""

    destination: Cidr
    next_hop: Address | None = None  # None: the daemon itself
    communities: frozenset[int] = frozenset()
    med: int | None = None
    neighbor: str = ""  # who has told it; "": the daemon's own
    local_pref: int = USUAL_LOCAL_PREF
    identifier: int = 0  # of several of the daemon's own to one destination
    extras: tuple[str, ...] = ()


def path_of(message: api.Path) -> Path:
    """The path that the daemon shows.

    Raises:
        ValueError: an address or a CIDR cannot be read.
    """
    prefix = message.nlri.prefix
    path = Path(
        parse_cidr(f"{prefix.prefix}/{prefix.prefix_len}"),
        neighbor=message.neighbor_ip,
        identifier=message.identifier,
        extras=tuple(_extras(message.pattrs)),
    )
    for attribute in message.pattrs:
        path = _with(path, attribute)
    return path


def announcement(path: Path) -> api.Path:
    """What makes the daemon announce it, in place of what it has of the same identifier."""
    attributes = [
        api.Attribute(origin=api.OriginAttribute(origin=0)),
        api.Attribute(next_hop=api.NextHopAttribute(next_hop=str(path.next_hop))),
        api.Attribute(communities=api.CommunitiesAttribute(communities=sorted(path.communities))),
    ]
    if path.med is not None:
        med = api.MultiExitDiscAttribute(med=path.med)
        attributes.append(api.Attribute(multi_exit_disc=med))
    return _message(path, attributes, withdraw=False)


def withdrawal(path: Path) -> api.Path:
    """What makes the daemon withdraw what it has of the same identifier."""
    return _message(path, (), withdraw=True)


def _message(path: Path, attributes: Iterable[api.Attribute], *, withdraw: bool) -> api.Path:
    cidr = path.destination
    prefix = api.IPAddressPrefix(prefix=str(cidr.network_address), prefix_len=cidr.prefixlen)
    return api.Path(
        nlri=api.NLRI(prefix=prefix),
        family=V4 if cidr.version == 4 else V6,  # noqa: PLR2004
        pattrs=attributes,
        identifier=path.identifier,
        is_withdraw=withdraw,
    )


def _with(path: Path, attribute: api.Attribute) -> Path:
    match attribute.WhichOneof("attr"):
        case "next_hop":
            path = path._replace(next_hop=_hop(attribute.next_hop.next_hop))
        case "mp_reach" if attribute.mp_reach.next_hops:
            path = path._replace(next_hop=_hop(attribute.mp_reach.next_hops[0]))
        case "communities":
            path = path._replace(communities=frozenset(attribute.communities.communities))
        case "multi_exit_disc":
            path = path._replace(med=attribute.multi_exit_disc.med)
        case "local_pref":
            path = path._replace(local_pref=attribute.local_pref.local_pref)
        case _:
            pass
    return path


def _hop(text: str) -> Address | None:
    hop = parse_address(text)
    return None if hop.is_unspecified else hop


def _extras(attributes: Iterable[api.Attribute]) -> Iterator[str]:
    for one in attributes:
        kind = one.WhichOneof("attr")
        if kind == "as_path":
            numbers = [str(each) for part in one.as_path.segments for each in part.numbers]
            if numbers:
                yield f"AS path {' '.join(numbers)}"
        elif kind is None:
            yield "an attribute of another kind"
