"""What can be chosen about announcements by a GoBGP daemon? Pure."""

import re
from ipaddress import ip_address
from typing import Final

import msgspec

USUAL_PORT: Final = 50051
BLACKHOLE: Final = 0xFFFF_029A  # RFC 7999
NO_EXPORT: Final = 0xFFFF_FF01  # RFC 1997

_WELL_KNOWN: Final = {
    "blackhole": BLACKHOLE,
    "no-export": NO_EXPORT,
    "no-advertise": 0xFFFF_FF02,
    "no-export-subconfed": 0xFFFF_FF03,
    "no-peer": 0xFFFF_FF04,  # RFC 3765
}
_NAMES: Final = {value: name for name, value in _WELL_KNOWN.items()}
_COMMUNITY: Final = re.compile(r"([0-9]{1,5}):([0-9]{1,5})")
_HALF: Final = 0xFFFF
_RESERVED: Final = 0xFFFF_0000  # and above: not for anybody's own use
_PLACE: Final = re.compile(
    r"unix:(?://)?(?P<path>/.+)"
    r"|(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9][A-Za-z0-9._-]*))(?::(?P<port>[0-9]{1,5}))?"
)
_LAST_PORT: Final = 0xFFFF
_LAST_MED: Final = 0xFFFF_FFFF
_SHORTEST: Final = 0.1
_LONGEST: Final = 3600.0


class GobgpOptions(msgspec.Struct, frozen=True, rename="kebab"):
    """``community`` is the mark by which our paths are known: nobody else may use it.

    ``communities`` are announced beside it, with commas between them. ``enable_neighbors``: those
    that the daemon's file has down are enabled once all paths are there. ``ca``, ``cert`` and
    ``key``: files for mutual TLS. ``timeout``: seconds for each call.
    """

    address: str = f"127.0.0.1:{USUAL_PORT}"  # HOST:PORT, [ADDRESS]:PORT or unix:/PATH
    community: str = "64512:200"
    communities: str = "no-export"
    med: int | None = None
    enable_neighbors: bool = True
    ca: str = ""
    cert: str = ""
    key: str = ""
    timeout: float = 10.0

    def __post_init__(self) -> None:
        """Refuses what BGP has no room for, and an API that anybody could use.

        Raises:
            ValueError: saying which.
        """
        _check_place(self.address)
        if self.mark >= _RESERVED:
            message = f"community {self.community!r} has a meaning of its own: choose ASN:NUMBER"
            raise ValueError(message)
        if BLACKHOLE in self.marks:
            message = "communities blackhole would have routers drop what Pods are sent"
            raise ValueError(message)
        if self.med is not None and not 0 <= self.med <= _LAST_MED:
            message = f"med {self.med} is not between 0 and {_LAST_MED}"
            raise ValueError(message)
        if not _SHORTEST <= self.timeout <= _LONGEST:
            message = f"timeout {self.timeout} is not between {_SHORTEST} and {_LONGEST:g} seconds"
            raise ValueError(message)
        self._check_protection()

    @property
    def mark(self) -> int:
        """``community`` as BGP writes it."""
        return parse_community("community", self.community)

    @property
    def marks(self) -> frozenset[int]:
        """All communities of our paths."""
        more = (text.strip() for text in self.communities.split(",") if text.strip())
        return frozenset((self.mark, *(parse_community("communities", text) for text in more)))

    @property
    def secured(self) -> bool:
        """Whether it is mutual TLS."""
        return bool(self.ca)

    @property
    def target(self) -> str:
        """The address as gRPC takes it."""
        return grpc_target(self.address)

    def _check_protection(self) -> None:
        given = [bool(self.ca), bool(self.cert), bool(self.key)]
        if any(given) and not all(given):
            message = "mutual TLS needs all three: ca, cert and key"
            raise ValueError(message)
        if not self.secured and not is_here(self.address):
            message = (
                f"address {self.address} is not of this machine, and the API has no password: "
                "give ca, cert and key, and start gobgpd with --tls and --tls-client-ca-file"
            )
            raise ValueError(message)


def parse_community(option: str, text: str) -> int:
    """A community: ``64512:200`` or the name of a well-known one.

    Raises:
        ValueError: it is neither.
    """
    if text in _WELL_KNOWN:
        return _WELL_KNOWN[text]
    found = _COMMUNITY.fullmatch(text)
    high, low = map(int, found.groups()) if found else (_HALF + 1, 0)
    if high > _HALF or low > _HALF:
        message = (
            f"{option} {text!r} is no community: write ASN:NUMBER, or {', '.join(_WELL_KNOWN)}"
        )
        raise ValueError(message)
    return high << 16 | low


def community_text(community: int) -> str:
    """As a person writes it."""
    return _NAMES.get(community) or f"{community >> 16}:{community & _HALF}"


def grpc_target(address: str) -> str:
    """``address`` with what is left out."""
    found = _check_place(address)
    if found["path"]:
        return f"unix:{found['path']}"
    host = f"[{found['v6']}]" if found["v6"] else found["host"]
    return f"{host}:{found['port'] or USUAL_PORT}"


def is_here(address: str) -> bool:
    """Whether only this machine reaches it."""
    found = _check_place(address)
    if found["path"] or found["host"] == "localhost":
        return True
    try:
        return ip_address(found["v6"] or found["host"]).is_loopback
    except ValueError:
        return False


def _is_possible(found: re.Match[str]) -> bool:
    try:
        ip_address(found["v6"] or "::")
    except ValueError:
        return False
    return 1 <= int(found["port"] or USUAL_PORT) <= _LAST_PORT


def _check_place(address: str) -> re.Match[str]:
    found = _PLACE.fullmatch(address)
    if found is None or not _is_possible(found):
        message = f"address {address!r} is not HOST:PORT, [ADDRESS]:PORT or unix:/PATH"
        raise ValueError(message)
    return found
