"""The flags of podroute agent, and of the verbs that look at a worker as it does."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from socket import gethostname
from typing import Annotated, Any, Final, Literal, TypeAlias, cast

from cyclopts import Group, Parameter, Token

from podroute.agent.loop import Duties
from podroute.agent.worker import Folders
from podroute.bridge.desired import LARGEST_MTU, SMALLEST_MTU, AgentSettings, HairpinMode
from podroute.cli.agent_run import Mode, Run
from podroute.cli.failure import Exit, Failure
from podroute.cli.options import (
    ANY_ADDRESSES,
    ANY_SOURCE,
    NO_RANGE,
    AddressPlan,
    Many,
    NodeSource,
    claim_rules,
)
from podroute.config.durations import parse_duration
from podroute.config.ranges import parse_cidrs
from podroute.config.routers import read_options
from podroute.host.sysctls import ROOT
from podroute.kube.login import ClusterAccess
from podroute.model.cidr import Cidr
from podroute.observe.logs import LogFormat

AGENT: Final = Group("Agent", sort_key=0)
MACHINE: Final = Group("Machine", sort_key=3)
RUNNING: Final = Group("How it runs", sort_key=4)
LONGEST_NAME: Final = 15  # characters of a link's name
_NAME: Final = re.compile(rf"[A-Za-z0-9_.-]{{1,{LONGEST_NAME}}}")  # as it stands in rules and paths
_RESERVED: Final = frozenset((".", "..", "all", "default"))  # of sysctls, for every link


def _duration(_: object, tokens: Sequence[Token]) -> timedelta:
    return parse_duration(tokens[0].value)


Duration: TypeAlias = Annotated[
    timedelta, Parameter(converter=_duration, n_tokens=1, metavar="DURATION")
]
Switch: TypeAlias = Annotated[bool, Parameter(negative=())]


@Parameter(name="*", group=AGENT)
@dataclass(frozen=True, slots=True)
class Network:
    """What is kept in step, by the names of the kubelet's and kubenet's flags."""

    configure_cbr0: bool = True
    "Keep the bridge, its addresses, forwarding, the firewall and the CNI configuration."
    reconcile_cidr: bool = True
    "Follow a podCIDR that changes; without it the first one stays until a restart."
    non_masquerade_cidr: Many = ("10.0.0.0/8",)
    "Destinations that see Pods' own addresses; 0.0.0.0/0, or none of a family: all do."
    hairpin_mode: HairpinMode = "hairpin-veth"
    "How a Pod reaches itself through a Service."
    network_plugin_mtu: int = 0
    "The MTU of the bridge and of Pods; 0: the lowest of the uplinks."
    bridge: str = "cbr0"
    "The bridge's name."
    pod_cidr: Many = ()
    "This worker's podCIDRs where there is no API server; one of each family at most."
    node_name: str = ""
    "The Node that this worker is; without it the host's name."
    peer_routes: Switch = False
    "Keep kernel routes to the podCIDRs of Nodes on the same links; needs --cluster-cidr."
    announce: Literal["gobgp"] | None = None
    "Announce this worker's podCIDRs by the BGP daemon beside the agent; needs --cluster-cidr."
    announce_option: Many = ()
    "An option of that provider, KEY=VALUE, e.g. community=64512:201; may be repeated."


@Parameter(name="*", group=MACHINE)
@dataclass(frozen=True, slots=True)
class Machine:
    """Where things are on this machine."""

    cni_conf_dir: Path = Path("/etc/cni/net.d")
    "Where the container runtime looks for its CNI configuration."
    cni_bin_dir: Path = Path("/opt/cni/bin")
    "Where the CNI plugins are."
    state_dir: Path = Path("/run/podroute")
    "Where the agent and host-local keep notes, until the next boot."
    proc_sys_net: Path = ROOT
    "The kernel's network settings; in a container, where the host's are mounted to be written."

    def folders(self) -> Folders:
        """As the agent takes them."""
        state, plugins = self.state_dir, self.cni_bin_dir
        return Folders(self.cni_conf_dir, plugins, state / "networks", state, self.proc_sys_net)


@Parameter(name="*", group=RUNNING)
@dataclass(frozen=True, slots=True)
class Running:
    """Once or for ever."""

    once: Switch = False
    "One pass, then end."
    dry_run: Switch = False
    "Show what one pass would do, and change nothing."
    cleanup: Switch = False
    "Take back all that the agent has done, then end."
    confirm: str = ""
    "Let pass what is held back under this name, here or by the agent that runs; then end."
    sync_period: Duration = timedelta(seconds=10)
    "The time between two looks when nothing is heard."
    logging_format: LogFormat = "text"
    "One line for each fact, for people or for programs."
    verbose: Switch = False
    "More of them."


ANY_NETWORK: Final = Network()
ANY_MACHINE: Final = Machine()
ANY_RUNNING: Final = Running()


@dataclass(frozen=True, slots=True)
class Said:
    """A whole command line."""

    network: Network = ANY_NETWORK
    source: NodeSource = ANY_SOURCE
    addresses: AddressPlan = ANY_ADDRESSES
    machine: Machine = ANY_MACHINE
    running: Running = ANY_RUNNING


def run_of(
    network: Network,
    machine: Machine,
    source: NodeSource,
    addresses: AddressPlan,
    running: Running = ANY_RUNNING,
) -> Run:
    """All that the flags say, checked.

    Raises:
        Failure: a flag has no usable value, or two contradict each other.
    """
    duties = _duties(network, machine, addresses, running)
    _check(network, source, addresses, running)
    if not machine.state_dir.is_absolute():
        words = (
            "is relative, and read from elsewhere too, by the CNI plugins: give it from the root"
        )
        raise Failure(Exit.USAGE, f"--state-dir {machine.state_dir} {words}")
    return Run(
        duties,
        machine.folders(),
        network.node_name or gethostname().lower(),
        _pod_cidrs(network),
        source.filename,
        ClusterAccess(source.kubeconfig, source.context),
        network.peer_routes,
        Mode(running.once, running.dry_run, running.cleanup, running.confirm),
        running.logging_format,
        running.verbose,
        network.announce or "",
        _announce_options(network),
    )


def read(bound: Mapping[str, object]) -> Run:
    """The same, of what a command line is bound to; what it does not name has its default."""
    said = Said(**cast("Any", bound))
    return run_of(said.network, said.machine, said.source, said.addresses, said.running)


def _duties(network: Network, machine: Machine, addresses: AddressPlan, running: Running) -> Duties:
    settings = AgentSettings(
        network.bridge,
        network.hairpin_mode,
        network.network_plugin_mtu,
        _cidrs("--non-masquerade-cidr", network.non_masquerade_cidr),
        str(machine.folders().data),
    )
    return Duties(
        settings,
        claim_rules(addresses),
        running.sync_period.total_seconds(),
        network.configure_cbr0,
        network.reconcile_cidr,
    )


def _check(network: Network, source: NodeSource, addresses: AddressPlan, running: Running) -> None:
    """All that can be said without looking at the machine."""
    _check_mtu(network)
    name = network.bridge
    if not _NAME.fullmatch(name) or name in _RESERVED:
        words = f"up to {LONGEST_NAME} characters, letters, digits, -, _ and . alone"
        raise Failure(Exit.USAGE, f"--bridge {name!r} is no name of a link: {words}")
    if network.pod_cidr and (source.filename or source.kubeconfig or source.context):
        words = "--pod-cidr is for a worker without an API server"
        raise Failure(Exit.USAGE, f"{words}: leave it out, or -f, --kubeconfig and --context")
    if not running.cleanup:
        _check_others(network, addresses)
    _check_running(network, running)


def _check_mtu(network: Network) -> None:
    mtu, versions = network.network_plugin_mtu, {cidr.version for cidr in _pod_cidrs(network)}
    smallest = max(SMALLEST_MTU[version] for version in versions or {4})
    if mtu and not smallest <= mtu <= LARGEST_MTU:
        words = f"give {smallest} to {LARGEST_MTU}, or 0 for the lowest of the uplinks"
        raise Failure(Exit.USAGE, f"--network-plugin-mtu {mtu}: {words}")


def _check_others(network: Network, addresses: AddressPlan) -> None:
    """What others are told, or what is learned of them."""
    for flag, given in (("--peer-routes", network.peer_routes), ("--announce", network.announce)):
        if given and network.pod_cidr:
            raise Failure(Exit.USAGE, f"{flag} needs Nodes: give -f or a cluster, not --pod-cidr")
        if given and not addresses.cluster_cidr:
            raise Failure(Exit.USAGE, f"{flag}: {NO_RANGE}")
    if network.announce and not network.configure_cbr0:
        raise Failure(Exit.USAGE, "--announce needs --configure-cbr0: it announces that bridge")


def _check_running(network: Network, running: Running) -> None:
    if running.confirm and (running.dry_run or running.cleanup):
        other = "--dry-run" if running.dry_run else "--cleanup"
        raise Failure(Exit.USAGE, f"--confirm lets removals pass, {other} changes none of that")
    acting = not running.cleanup and not running.confirm
    if not network.configure_cbr0 and not network.peer_routes and acting:
        raise Failure(Exit.USAGE, "nothing to do: give --configure-cbr0 or --peer-routes")
    if running.sync_period <= timedelta():
        raise Failure(Exit.USAGE, "--sync-period must be greater than 0")


def _pod_cidrs(network: Network) -> tuple[Cidr, ...]:
    pod_cidrs = _cidrs("--pod-cidr", network.pod_cidr)
    if len({cidr.version for cidr in pod_cidrs}) != len(pod_cidrs):
        raise Failure(Exit.USAGE, "--pod-cidr has two of one family")
    return pod_cidrs


def _announce_options(network: Network) -> dict[str, str]:
    try:
        return dict(read_options(network.announce_option, "--announce-option"))
    except ValueError as error:
        raise Failure(Exit.USAGE, str(error)) from None


def _cidrs(flag: str, texts: Sequence[str]) -> tuple[Cidr, ...]:
    try:
        return parse_cidrs(flag, texts)
    except ValueError as error:
        raise Failure(Exit.USAGE, str(error)) from None
