"""The machine that the agent works on: read whole, changed step by step."""

import socket
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from errno import EPERM
from ipaddress import IPv4Address
from pathlib import Path
from typing import Final, TypeAlias, assert_never

from podroute.agent.links_note import LinksNote
from podroute.agent.marks_note import MarksNote
from podroute.agent.settings_note import SettingsNote
from podroute.bridge.desired import ADOPTED, pod_ports
from podroute.bridge.firewall import removal
from podroute.bridge.marks import with_lost_marks
from podroute.bridge.path import Way
from podroute.bridge.seen import Host, Link
from podroute.bridge.steps import (
    AddAddress,
    ChangeLink,
    CreateBridge,
    DeleteLink,
    DeleteTable,
    FreeAddress,
    NoteAddress,
    RemoveAddress,
    RemoveConflist,
    ReplaceTable,
    SetSysctl,
    Step,
    WriteConflist,
)
from podroute.host import links
from podroute.host.astray import read_astray
from podroute.host.boot import read_boot_id
from podroute.host.cni import Plugins, read_folders
from podroute.host.cni_notes import Notes, free_address, note_address
from podroute.host.decoding import Decoder
from podroute.host.files import remove_with_draft, write_whole
from podroute.host.main_routes import cut_off, default_routes, matters, way_in
from podroute.host.netlink import Netlink, NetlinkFailed
from podroute.host.nftables import Nftables, NftablesFailed
from podroute.host.pod_addresses import read_addresses_in
from podroute.host.rtnetlink import (
    AF_INET,
    AF_INET6,
    MAIN_TABLE,
    KernelRoute,
    Request,
    list_addresses,
    list_links,
    list_routes,
)
from podroute.host.rtnetlink_lists import parse_route
from podroute.host.sysctls import read_sysctls, write_sysctl
from podroute.model.cidr import Address

_LinkStep: TypeAlias = CreateBridge | ChangeLink | DeleteLink | AddAddress | RemoveAddress
_FileStep: TypeAlias = WriteConflist | RemoveConflist | FreeAddress | NoteAddress


class WorkerUnreadable(Exception):  # noqa: N818 -- named for the state
    """The machine could not be read in full; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Where files are: the runtime's, the plugins', host-local's, the agent's, and the kernel's."""

    conf: Path
    plugins: Path
    data: Path
    state: Path
    sysctls: Path


@dataclass(frozen=True, slots=True)
class Done:
    """The step was carried out."""

    step: Step


@dataclass(frozen=True, slots=True)
class Failed:
    """It was not, and none behind it was tried."""

    step: Step
    reason: str
    permitted: bool = True  # else for a lack of privilege


class Worker:
    """A network namespace, the one that it is made in, and the files of a container runtime."""

    def __init__(self, netlink: Netlink, folders: Folders) -> None:
        self._netlink = netlink
        self._folders = folders
        self._plugins = Plugins(folders.plugins)
        self._notes = Notes(folders.data)
        self._nftables = Nftables()
        self._decoded_links = Decoder(links.parse_link)
        self._decoded_addresses = Decoder(links.parse_address)
        self._decoded_routes = Decoder(parse_route)
        boot = read_boot_id()
        self.settings: Final = SettingsNote(folders.state, boot)
        self.adopted: Final = LinksNote(folders.state, boot)
        self.marks: Final = MarksNote(folders.state, boot)

    def read(self, *, thorough: bool = False) -> Host:
        """One look; ``thorough``: also into Pods' namespaces where nothing is left over.

        Raises:
            WorkerUnreadable: a part of it cannot be read.
        """
        try:
            found = self._links()
            addresses = self._decoded_addresses(self._netlink.read(list_addresses()))
            watched = [link.name for link in found if not link.master and not link.loopback]
            cni = read_folders(self._folders.conf, self._plugins, self._notes)
            routes = self._routes()
            sysctls = read_sysctls(self._folders.sysctls, watched)
            ways = default_routes(routes)
            host = Host(found, addresses, ways, sysctls, self._nftables.read(), cni)
            host = replace(host, cut_off=cut_off(host, routes))
            host = with_lost_marks(host, self.marks.read())
            host = replace(host, astray=read_astray(self._netlink.ask, host))
            return replace(host, pod_addresses=self._pod_addresses(host, thorough=thorough))
        except (NetlinkFailed, NftablesFailed) as error:
            raise WorkerUnreadable(str(error)) from error

    def apply(self, steps: Sequence[Step], host: Host) -> Sequence[Done | Failed]:
        """In their order, up to the first that fails; ``host`` is what they were made for."""
        outcomes: list[Done | Failed] = []
        for step in steps:
            try:
                self._carry_out(step, host)
            except OSError as error:
                outcomes.append(Failed(step, _words(step, error), permitted=error.errno != EPERM))
                break
            except NftablesFailed as error:
                outcomes.append(
                    Failed(step, str(error), permitted="not permitted" not in str(error))
                )
                break
            outcomes.append(Done(step))
        with suppress(NetlinkFailed):
            self.marks.keep(self._links() if outcomes else host.links)
        return outcomes

    def _carry_out(self, step: Step, host: Host) -> None:
        match step:
            case CreateBridge() | ChangeLink() | DeleteLink() | AddAddress() | RemoveAddress():
                if isinstance(step, ChangeLink) and step.alias == ADOPTED:
                    self.adopted.take(step.name, host)
                self._change_links(step)
            case SetSysctl(key=key, value=value):
                self.settings.give(key, value, host)
                write_sysctl(self._folders.sysctls, key, value)
            case ReplaceTable(commands=commands):
                self._nftables.change(commands)
            case DeleteTable(family=family):
                self._nftables.change(removal(family))
            case WriteConflist() | RemoveConflist() | FreeAddress() | NoteAddress():
                self._change_file(step)
            case _:
                assert_never(step)

    def _change_links(self, step: _LinkStep) -> None:
        match step:
            case CreateBridge(name=name, mac=mac, mtu=mtu, alias=alias):
                self._ask(links.create_bridge(name, mac, mtu))
                self._ask(links.rename_alias(socket.if_nametoindex(name), alias))
            case ChangeLink(name=name):
                for request in _changes(step, socket.if_nametoindex(name)):
                    self._ask(request)
            case DeleteLink(name=name):
                self._ask(links.delete_link(socket.if_nametoindex(name)))
            case AddAddress(link=link, address=address):
                self._ask(links.add_address(socket.if_nametoindex(link), address))
            case RemoveAddress(link=link, address=address):
                self._ask(links.delete_address(socket.if_nametoindex(link), address))
            case _:
                assert_never(step)

    def _change_file(self, step: _FileStep) -> None:
        conf = self._folders.conf
        match step:
            case WriteConflist(name=name, text=text):
                conf.mkdir(parents=True, exist_ok=True)
                write_whole(conf / name, text)
            case RemoveConflist(name=name):
                remove_with_draft(conf / name)
            case FreeAddress(address=address):
                free_address(self._folders.data, address)
            case NoteAddress(address=address):
                note_address(self._folders.data, address)
            case _:
                assert_never(step)

    def _ask(self, request: Request) -> None:
        for refusal in self._netlink.send([request]):
            if refusal is not None:
                raise OSError(refusal.errno, refusal.words)

    def way_to(self, target: Address) -> Way:
        """What the main table does with packets to it; other tables are not looked at.

        Raises:
            NetlinkFailed: the kernel cannot be asked.
        """
        family = AF_INET if isinstance(target, IPv4Address) else AF_INET6
        bodies = self._netlink.read(list_routes(family, MAIN_TABLE))
        way = way_in(bodies, target)
        if isinstance(way, str):
            return Way(refusal=way)
        device, gateway = way
        return Way(socket.if_indextoname(device) if device else "", gateway)

    def _pod_addresses(self, host: Host, *, thorough: bool) -> tuple[Address, ...] | None:
        """As a rule only where more are noted than there are Pods: something is left over then."""
        ports = pod_ports(host.links)
        most = max(Counter(one.version for one in host.cni.in_use).values(), default=0)
        if not thorough and (not host.cni.settled or most <= len(ports)):
            return None
        namespaces = {link.peer_namespace for link in host.links if link.peer_namespace >= 0}
        return read_addresses_in(self._netlink.read, namespaces)

    def _links(self) -> tuple[Link, ...]:
        return self._decoded_links(self._netlink.read(list_links()))

    def _routes(self) -> Sequence[KernelRoute]:
        """Those of the main table that may be default routes, or lead straight onto a link."""
        bodies = [
            body
            for family in (AF_INET, AF_INET6)
            for body in self._netlink.read(list_routes(family, MAIN_TABLE))
            if matters(body)
        ]
        return [one for one in self._decoded_routes(bodies) if one.table == MAIN_TABLE]


def _changes(step: ChangeLink, number: int) -> Sequence[Request]:
    """A link is plugged in before what only a port can have."""
    master = None if step.master is None else socket.if_nametoindex(step.master)
    requests: list[Request] = []
    if step.rename is not None:
        requests += [links.switch_link(number, up=False), links.rename(number, step.rename)]
    if step.mac is not None:
        requests.append(links.set_mac(number, step.mac))
    if step.mtu is not None:
        requests.append(links.set_mtu(number, step.mtu))
    if master is not None:
        requests.append(links.plug_in(number, master))
    if step.alias is not None:
        requests.append(links.rename_alias(number, step.alias))
    if step.hairpin is not None:
        requests.append(links.set_hairpin(number, on=step.hairpin))
    switches = {"up": step.up, "promiscuous": step.promiscuous, "arp": step.arp}
    if any(on is not None for on in switches.values()):
        requests.append(links.switch_link(number, **switches))
    return requests


def _words(step: Step, error: OSError) -> str:
    words = error.strerror or str(error)
    if error.errno == EPERM and not isinstance(step, _FileStep):
        return f"{words}: run it as root, or with CAP_NET_ADMIN"
    return f"{words}: {error.filename}" if error.filename else words
