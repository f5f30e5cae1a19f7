"""The flags of podroute controller, by the names that Kubernetes gives them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Final, Literal, TypeAlias

from cyclopts import Group, Parameter, Token

from podroute.cli.options import (
    ANY_ROUTER,
    LEASE_NAME,
    LEASE_NAMESPACE,
    NODES,
    PORT,
    Many,
    Router,
)
from podroute.config.durations import parse_duration

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
    leader_elect_resource_name: str = LEASE_NAME
    "The Lease's name."
    leader_elect_resource_namespace: str = LEASE_NAMESPACE
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
    configure_cloud_routes: bool = True
    "Keep the routes of the router that --provider names."
    route_reconciliation_period: Duration = timedelta(seconds=10)
    "The time between two reads of the router where nothing happens."
    concurrent_route_calls: int | None = None
    "Calls to the router at once; without it as many as it takes."
    network_condition: Literal["own", "any", "none"] = "own"
    "Which Nodes' NetworkUnavailable is written: those without another's reason, any, none."
    routers_needed: str = "all"
    "Of several routers, how many must have a Node's routes for that: all, any, or a number."
    cluster_name: str = "kubernetes"
    "The cluster's name, for providers that mark their routes with it (their option cluster)."
    controllers: Many = ("*",)
    "Loops to run: * for all, NAME for one, -NAME for not this one."
    quarantine: Duration = timedelta(minutes=10)
    "How long a block rests between a Node's end and its next use."
    metrics_bind_address: str = f"127.0.0.1:{PORT}"
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
    router: Router = ANY_ROUTER


ANY_CLUSTER: Final = Cluster()
ANY_ELECTION: Final = Election()
ANY_WORK: Final = Work()
