"""The closed set of things that the agent does to its machine. Pure."""

from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from podroute.bridge.seen import Interface
from podroute.model.cidr import Address

_TURNED: Final = str.maketrans("./", "/.")  # links may have dots in their names, as VLANs do


@dataclass(frozen=True, slots=True)
class CreateBridge:
    """A bridge that is down, with our mark."""

    name: str
    mac: str
    mtu: int
    alias: str


@dataclass(frozen=True, slots=True)
class ChangeLink:
    """What of a link becomes different; None: it stays."""

    name: str
    reason: str
    alias: str | None = None
    mac: str | None = None
    mtu: int | None = None
    up: bool | None = None
    promiscuous: bool | None = None
    hairpin: bool | None = None
    master: str | None = None
    rename: str | None = None  # it is down from then on
    arp: bool | None = None


@dataclass(frozen=True, slots=True)
class DeleteLink:
    """Only for a bridge that is ours."""

    name: str


@dataclass(frozen=True, slots=True)
class AddAddress:
    """Usable at once: IPv6 does not look for duplicates first."""

    link: str
    address: Interface


@dataclass(frozen=True, slots=True)
class RemoveAddress:
    """Exactly this one."""

    link: str
    address: Interface
    reason: str


@dataclass(frozen=True, slots=True)
class SetSysctl:
    """``key`` as below /proc/sys/net."""

    key: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReplaceTable:
    """One transaction: the table is as before or as wished, and no other is touched."""

    family: str
    commands: str  # for nft -j
    reason: str


@dataclass(frozen=True, slots=True)
class DeleteTable:
    """One of our own tables goes."""

    family: str
    reason: str


@dataclass(frozen=True, slots=True)
class WriteConflist:
    """The file appears whole, or not at all."""

    name: str
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class RemoveConflist:
    """Our own file."""

    name: str


@dataclass(frozen=True, slots=True)
class FreeAddress:
    """host-local may give it to another Pod."""

    address: Address
    reason: str


@dataclass(frozen=True, slots=True)
class NoteAddress:
    """host-local is not to give it to another Pod."""

    address: Address


Step: TypeAlias = (
    CreateBridge
    | ChangeLink
    | DeleteLink
    | AddAddress
    | RemoveAddress
    | SetSysctl
    | ReplaceTable
    | DeleteTable
    | WriteConflist
    | RemoveConflist
    | FreeAddress
    | NoteAddress
)


@dataclass(frozen=True, slots=True)
class Blocked:
    """A wish that is not carried out, and with it all that needs it."""

    what: str
    reason: str


def line(step: Step) -> str:
    """The step as one line of a plan: ``+`` comes, ``~`` changes, ``-`` goes."""
    match step:
        case CreateBridge(name=name, mac=mac, mtu=mtu):
            return f"+ bridge {name} mac {mac} mtu {mtu}"
        case AddAddress(link=link, address=address):
            return f"+ address {address} on {link}"
        case NoteAddress(address=address):
            return f"+ host-local's note of {address}: a Pod has it"
        case ChangeLink() | SetSysctl() | ReplaceTable() | WriteConflist():
            return f"~ {_changed(step)}: {step.reason}"
        case DeleteLink() | RemoveAddress() | DeleteTable() | RemoveConflist() | FreeAddress():
            return f"- {_gone(step)}"
        case _:
            assert_never(step)


def sysctl_name(key: str) -> str:
    """As sysctl(8) takes it."""
    return f"net.{key.translate(_TURNED)}"


def _changed(step: ChangeLink | SetSysctl | ReplaceTable | WriteConflist) -> str:
    match step:
        case ChangeLink():
            return f"link {step.name} {' '.join(_words(step))}"
        case SetSysctl(key=key, value=value):
            return f"sysctl {sysctl_name(key)} = {value}"
        case ReplaceTable(family=family):
            return f"nftables table {family} podroute"
        case WriteConflist(name=name):
            return f"CNI configuration {name}"
        case _:
            assert_never(step)


def _words(step: ChangeLink) -> list[str]:
    texts = {
        "name": step.rename,
        "alias": step.alias,
        "mac": step.mac,
        "mtu": step.mtu,
        "master": step.master,
    }
    words = [f"{name} {text!r}" for name, text in texts.items() if text is not None]
    switches = {
        "up": step.up,
        "promisc": step.promiscuous,
        "arp": step.arp,
        "hairpin": step.hairpin,
    }
    return words + [
        f"{name} {'on' if on else 'off'}" for name, on in switches.items() if on is not None
    ]


def _gone(step: DeleteLink | RemoveAddress | DeleteTable | RemoveConflist | FreeAddress) -> str:
    match step:
        case DeleteLink(name=name):
            return f"bridge {name}"
        case RemoveAddress(link=link, address=address, reason=reason):
            return f"address {address} on {link}: {reason}"
        case DeleteTable(family=family, reason=reason):
            return f"nftables table {family} podroute: {reason}"
        case RemoveConflist(name=name):
            return f"CNI configuration {name}"
        case FreeAddress(address=address, reason=reason):
            return f"host-local's note of {address}: {reason}"
        case _:
            assert_never(step)
