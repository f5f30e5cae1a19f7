"""A worker's network as it was read, reduced to what the agent decides on. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Interface, IPv6Interface
from typing import Literal, TypeAlias

from podroute.model.cidr import Address, Cidr

Interface: TypeAlias = IPv4Interface | IPv6Interface
Release: TypeAlias = tuple[int, int, int]  # 1.9.0 as numbers
End: TypeAlias = Literal["from", "to"]


@dataclass(frozen=True, slots=True)
class Link:
    """A network interface; ``master`` is the number of the bridge that it is a port of, or 0."""

    number: int
    name: str
    mac: str = ""
    mtu: int = 1500
    kind: str = ""  # bridge, veth and so on; "" for a card
    master: int = 0
    alias: str = ""
    up: bool = False
    promiscuous: bool = False
    hairpin: bool = False
    loopback: bool = False
    point_to_point: bool = False
    peer_namespace: int = -1  # as this one numbers it: where the other end of a veth is
    other_names: tuple[str, ...] = ()  # "altname": the kernel finds it by these too
    arp: bool = True  # it asks who has an address, and answers; IPv6 too


@dataclass(frozen=True, slots=True)
class DefaultRoute:
    """Where packets for everywhere leave; ``by_ra``: a router advertisement has told it."""

    link: int
    version: int
    by_ra: bool = False


@dataclass(frozen=True, slots=True)
class Chain:
    """A base chain of nftables, whosever it is."""

    family: str
    table: str
    name: str
    kind: str = "filter"
    hook: str = "forward"
    priority: int = 0
    policy: str = "accept"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule in one of our tables; the comment says what it is."""

    family: str
    chain: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a ``chain`` of somebody else (family, table, name) accepts at one end of a packet."""

    chain: tuple[str, str, str]
    end: End
    link: str = ""
    networks: tuple[Cidr, ...] = ()


@dataclass(frozen=True, slots=True)
class Firewall:
    """Every base chain, and the rules of our own tables in their order."""

    chains: tuple[Chain, ...] = ()
    rules: tuple[Rule, ...] = ()
    legacy_tables: tuple[str, ...] = ()  # those of iptables-legacy, which nft does not show
    dormant: frozenset[str] = frozenset()  # families of our own tables that are switched off
    accepted: tuple[Accepted, ...] = ()  # by chains that drop what they forward else


@dataclass(frozen=True, slots=True)
class Rights:
    """Whose a file or a folder is; ``mode`` as of ``chmod``, ``trusted``: root's, or our user's."""

    path: str
    group: int
    mode: int
    trusted: bool = True


@dataclass(frozen=True, slots=True)
class CniFolders:
    """What a container runtime would find; ``plugins`` has the CNI versions of each program."""

    files: Mapping[str, str] = field(default_factory=dict[str, str])  # name: text
    plugins: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    in_use: frozenset[Address] = frozenset()  # by Pods, as host-local has noted
    settled: frozenset[Address] = frozenset()  # of these, noted so long ago that the Pod is there
    no_files: Mapping[str, str] = field(default_factory=dict[str, str])  # name: what it is instead
    begun: frozenset[str] = frozenset()  # names of files that a killed writer has not finished
    releases: Mapping[str, Release] = field(default_factory=dict[str, Release])  # that plugins tell
    rights: tuple[Rights, ...] = ()  # of the folders, the configurations and the plugins


@dataclass(frozen=True, slots=True)
class Astray:
    """Packets to ``target``, of a ``network`` of our bridge, that the kernel sends elsewhere."""

    network: Cidr
    target: Address
    words: str


@dataclass(frozen=True, slots=True)
class Host:
    """One look at the machine; ``sysctls`` are named as below /proc/sys/net."""

    links: tuple[Link, ...] = ()
    addresses: tuple[tuple[int, Interface], ...] = ()  # with the number of the link
    default_routes: tuple[DefaultRoute, ...] = ()
    sysctls: Mapping[str, str] = field(default_factory=dict[str, str])
    firewall: Firewall = field(default_factory=Firewall)
    cni: CniFolders = field(default_factory=CniFolders)
    pod_addresses: tuple[Address, ...] | None = None  # in Pods' namespaces; None: not all are known
    misnamed: str = ""  # what our bridge is called that has its name below already
    cut_off: frozenset[tuple[int, Interface]] = frozenset()  # addresses whose network has no route
    former_mac: str = ""  # that our bridge had, as far as anybody remembers
    astray: tuple[Astray, ...] = ()  # Pods' addresses that packets are not led to
    unmarked: frozenset[int] = frozenset()  # numbers of bridges whose mark is given here alone

    def link(self, name: str) -> Link | None:
        """The one with that name."""
        return next((link for link in self.links if link.name == name), None)

    def called(self, name: str) -> Link | None:
        """The one with that name, or another name that is that: no second one can have it."""
        return next((one for one in self.links if name in {one.name, *one.other_names}), None)

    def addresses_of(self, link: Link) -> tuple[Interface, ...]:
        """Without those that the kernel makes itself."""
        mine = (address for number, address in self.addresses if number == link.number)
        return tuple(address for address in mine if not address.is_link_local)

    def ports_of(self, bridge: Link) -> Iterator[Link]:
        """What is plugged into it."""
        return (link for link in self.links if link.master == bridge.number)
