"""podroute controller: gives every Node its podCIDR, beside any number of replicas."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

from cyclopts import Group, Parameter, Token

from podroute.cli.address_plan import address_plan_of
from podroute.cli.failure import Exit, Failure, innermost
from podroute.cli.main import bound_arguments
from podroute.cli.options import ANY_ADDRESSES, NODES, AddressPlan, Many
from podroute.cli.serving import Lock, Settings, serve
from podroute.cli.settings import config_file
from podroute.config.durations import format_duration, parse_duration
from podroute.config.limits import lease_fault, rate_fault, settle_warning
from podroute.controllers.election import Timing
from podroute.ipam import pools as ipam
from podroute.kube.api_errors import ApiUnreachable
from podroute.kube.kubeconfig import KubeconfigError, find_login
from podroute.kube.login import ClusterAccess, Login
from podroute.kube.rate_limit import RateLimit
from podroute.observe.logs import Logger, make_logger

LAST_PORT: Final = 0xFFFF
FOLLOWED: Final = frozenset({"quarantine"})  # a part of the address plan
LOOPS: Final = ("node-ipam-controller",)
ALIASES: Final = {"nodeipam": "node-ipam-controller"}  # kube-controller-manager's former names
CONTROLLER = Group("Controller", sort_key=4)
ELECTION = Group("Leader election", sort_key=5)


def _duration(_: object, tokens: Sequence[Token]) -> timedelta:
    return parse_duration(tokens[0].value)


Duration: TypeAlias = Annotated[
    timedelta, Parameter(converter=_duration, n_tokens=1, metavar="DURATION")
]
Switch: TypeAlias = Annotated[bool, Parameter(negative=())]


@Parameter(name="*", group=NODES)
@dataclass(frozen=True, slots=True)
class Cluster:
    """Where the API server is, and how much may be asked of it."""

    kubeconfig: str = ""
    "As for kubectl; without it $KUBECONFIG, ~/.kube/config, or the Pod's own account."
    context: str = ""
    "The kubeconfig context to use."
    kube_api_qps: float = 20.0
    "Requests to the API server each second, on average: at least 0.1, or 0 for no limit."
    kube_api_burst: int = 30
    "Requests at once, after a pause."


@Parameter(name="*", group=ELECTION)
@dataclass(frozen=True, slots=True)
class Election:
    """As for kube-controller-manager; only the leader works."""

    leader_elect: bool = True
    "Take part in an election; without it nobody else may run."
    leader_elect_lease_duration: Duration = timedelta(seconds=15)
    "How long others wait for a leader that does not renew."
    leader_elect_renew_deadline: Duration = timedelta(seconds=10)
    "How long a leader that cannot renew goes on."
    leader_elect_retry_period: Duration = timedelta(seconds=2)
    "The time between two tries to acquire or renew."
    leader_elect_resource_lock: Literal["leases"] = "leases"
    "Leases are the only kind."
    leader_elect_resource_name: str = "podroute-controller"
    "The Lease's name."
    leader_elect_resource_namespace: str = "kube-system"
    "The Lease's namespace."
    settle: Duration = timedelta(seconds=40)
    "How long a leader waits for a former writer's last patches; they can live for 39s."


@Parameter(name="*", group=CONTROLLER)
@dataclass(frozen=True, slots=True)
class Work:
    """What runs, and how it is watched."""

    allocate_node_cidrs: bool = False
    "Give podCIDRs to Nodes."
    cidr_allocator_type: Literal["RangeAllocator"] = "RangeAllocator"
    "The only kind: podroute decides, not a cloud."
    controllers: Many = ("*",)
    "Loops to run: * for all, NAME for one, -NAME for not this one."
    quarantine: Duration = timedelta(minutes=10)
    "How long a block rests between a Node's end and its next use."
    metrics_bind_address: str = "127.0.0.1:10357"
    "Where /livez, /readyz and /metrics are; empty for nowhere."
    logging_format: Literal["text", "json"] = "text"
    "One line for each fact, for people or for programs."
    verbose: Switch = False
    "More of them."


@dataclass(frozen=True, slots=True)
class Duties:
    """All of a controller's settings but the address plan."""

    work: Work
    cluster: Cluster
    election: Election


ANY_CLUSTER: Final = Cluster()
ANY_ELECTION: Final = Election()
ANY_WORK: Final = Work()


def controller(
    *,
    work: Work = ANY_WORK,
    cluster: Cluster = ANY_CLUSTER,
    addresses: AddressPlan = ANY_ADDRESSES,
    election: Election = ANY_ELECTION,
) -> int:
    """Give every registered Node its block of the cluster CIDR, once and for ever."""
    started = Duties(work, cluster, election)
    _check(started)
    file, _ = config_file(sys.argv[1:])
    log = make_logger(work.logging_format, debug=work.verbose)
    settings = Settings(
        login=_login(cluster),
        rate=RateLimit(cluster.kube_api_qps, cluster.kube_api_burst),
        plan=address_plan_of(addresses, work.quarantine),
        lock=_lock(election),
        timing=_timing(election),
        bind=_address(work.metrics_bind_address),
        config=Path(file) if file else None,
        reread=partial(_reread, started, log),
        log=log,
    )
    if warning := settle_warning(election.settle):
        log.warning("--settle is short", settle=format_duration(election.settle), why=warning)
    return _serve(settings)


def _serve(settings: Settings) -> int:
    try:
        return asyncio.run(serve(settings))
    except Exception as error:
        match innermost(error):
            case KubeconfigError() as cause:
                raise Failure(Exit.USAGE, str(cause)) from None
            case ApiUnreachable() as cause:
                raise Failure(Exit.UNREACHED, str(cause)) from None
            case Failure() as cause:
                raise cause from None
            case _:
                raise


def _reread(started: Duties, log: Logger) -> ipam.AddressPlan:
    """The plan by this process's own command line, and its configuration file as it is now.

    What else has changed in the file is only told.
    """
    given = bound_arguments(sys.argv[1:])
    addresses, work = given.get("addresses"), given.get("work")
    cluster, election = given.get("cluster"), given.get("election")
    now = Duties(
        work if isinstance(work, Work) else ANY_WORK,
        cluster if isinstance(cluster, Cluster) else ANY_CLUSTER,
        election if isinstance(election, Election) else ANY_ELECTION,
    )
    _check(now)
    plan = address_plan_of(
        addresses if isinstance(addresses, AddressPlan) else ANY_ADDRESSES, now.work.quarantine
    )
    if keys := restarting(started, now):
        log.warning("needs a restart", keys=", ".join(keys))
    return plan


def restarting(started: Duties, now: Duties) -> Sequence[str]:
    """The keys whose values are not those that it was started with, and stay without effect."""
    before, after = _values(started), _values(now)
    return [
        name.replace("_", "-")
        for name, value in before.items()
        if name not in FOLLOWED and value != after[name]
    ]


def _values(duties: Duties) -> dict[str, object]:
    return {
        field.name: getattr(part, field.name)
        for part in (duties.work, duties.cluster, duties.election)
        for field in fields(part)
    }


def _login(cluster: Cluster) -> Login:
    try:
        return find_login(ClusterAccess(cluster.kubeconfig, cluster.context))
    except KubeconfigError as error:
        raise Failure(Exit.USAGE, str(error)) from None


def _lock(election: Election) -> Lock | None:
    if not election.leader_elect:
        return None
    return Lock(election.leader_elect_resource_namespace, election.leader_elect_resource_name)


def _timing(election: Election) -> Timing:
    timing = Timing(
        election.leader_elect_lease_duration.total_seconds(),
        election.leader_elect_renew_deadline.total_seconds(),
        election.leader_elect_retry_period.total_seconds(),
        election.settle.total_seconds(),
    )
    if fault := timing.fault():
        raise Failure(Exit.USAGE, f"--leader-elect: {fault}")
    return timing


def _address(text: str) -> tuple[str, int] | None:
    if not text:
        return None
    host, separator, port = text.rpartition(":")
    if not separator or not port.isdecimal() or int(port) > LAST_PORT:
        raise Failure(Exit.USAGE, f"--metrics-bind-address {text!r} is not ADDRESS:PORT")
    return host.strip("[]") or "0.0.0.0", int(port)  # noqa: S104 -- as asked


def _check(duties: Duties) -> None:
    """All that can be said without an API server.

    Raises:
        Failure: a setting is none that can be kept to.
    """
    _check_loops(duties.work)
    _timing(duties.election)
    _address(duties.work.metrics_bind_address)
    cluster, lock = duties.cluster, _lock(duties.election)
    fault = rate_fault(cluster.kube_api_qps, cluster.kube_api_burst)
    fault = fault or (lease_fault(lock.namespace, lock.name) if lock else "")
    if fault:
        raise Failure(Exit.USAGE, fault)


def _check_loops(work: Work) -> None:
    """As for kube-controller-manager, ``*`` is all, and a name with ``-`` is left out.

    Raises:
        Failure: a name is not known, or nothing is left to run.
    """
    names = [_loop(name.strip()) for text in work.controllers for name in text.split(",")]
    unknown = [name for name in names if name != "*" and name.removeprefix("-") not in LOOPS]
    if unknown:
        known = ", ".join(LOOPS)
        raise Failure(Exit.USAGE, f"--controllers {unknown[0]!r}: known are {known}, and *")
    wanted = {name for name in LOOPS if name in names or ("*" in names and f"-{name}" not in names)}
    if not work.allocate_node_cidrs or not wanted:
        words = "nothing to run: give --allocate-node-cidrs, and --controllers that includes"
        raise Failure(Exit.USAGE, f"{words} {LOOPS[0]}")


def _loop(name: str) -> str:
    bare = name.removeprefix("-")
    return name.removesuffix(bare) + ALIASES.get(bare, bare)
