"""The flags that several verbs share, and what they mean."""

from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

from cyclopts import Group, Parameter

from podroute.claims.rules import ClaimRules
from podroute.cli.failure import Exit, Failure
from podroute.config.pools import default_pool, read_pools
from podroute.config.ranges import MaskSizes, cidr_pools, parse_cidrs
from podroute.config.routers import NamedRouter, read_options, read_routers
from podroute.ipam.pools import Pool
from podroute.model.cidr import Cidr

NODES = Group("Nodes", sort_key=1)
ADDRESSES = Group("Address plan", sort_key=2)
ROUTER = Group("Router", sort_key=3)
LEASE = Group("Lease", sort_key=4)

NO_RANGE: Final = "give --cluster-cidr, the Pods' range of the cluster, e.g. 10.200.0.0/16"

LEASE_NAME: Final = "podroute-controller"
LEASE_NAMESPACE: Final = "kube-system"
PORT: Final = 10357  # of a controller's health, metrics and page

Many: TypeAlias = Annotated[tuple[str, ...], Parameter(negative=())]


@Parameter(name="*", group=NODES)
@dataclass(frozen=True, slots=True)
class NodeSource:
    """Where the Nodes come from: a file, standard input, or the API server."""

    filename: Annotated[str, Parameter(name=("--filename", "-f"), allow_leading_hyphen=True)] = ""
    "YAML or JSON as kubectl prints it; - is standard input. Without it: the API server."
    kubeconfig: str = ""
    "As for kubectl; without it $KUBECONFIG, ~/.kube/config, or the Pod's own account."
    context: str = ""
    "The kubeconfig context to use."


@Parameter(name="*", group=ADDRESSES)
@dataclass(frozen=True, slots=True)
class AddressPlan:
    """The ranges of the cluster, by the names that kube-controller-manager gives them."""

    cluster_cidr: Many = ()
    "The Pods' range, e.g. 10.200.0.0/16; one of each family at most, as a list or repeated."
    node_cidr_mask_size: int | None = None
    "The length of one Node's block where there is one family; 24 or 64 without it."
    node_cidr_mask_size_ipv4: int | None = None
    "The same for IPv4; 24 without it."
    node_cidr_mask_size_ipv6: int | None = None
    "The same for IPv6; 64 without it."
    service_cluster_ip_range: Many = ()
    "The Services' ranges: never a Pod's."
    reserved: Many = ()
    "Other ranges that are never a Pod's."
    node_cidrs: Many = ()
    "Where the Nodes' addresses are: a next hop outside is not believed."
    pool: Many = ()
    "A further pool: NAME=CIDR, or a JSON object as in pools of --config; may be repeated."


@Parameter(name="*", group=ROUTER)
@dataclass(frozen=True, slots=True)
class Router:
    """The provider and its options, or several routers with theirs."""

    provider: str = ""
    "linux (this machine's kernel), memory, or another; routeros and vyos are experimental."
    provider_option: Many = ()
    "KEY=VALUE, e.g. table=100; may be repeated."

    router: Many = ()
    "One of several: NAME=PROVIDER,KEY=VALUE,…, or a JSON object as in routers of --config."
    only_router: str = ""
    "Of several the one of this name, and no other."

    @property
    def is_given(self) -> bool:
        """Whether there is any."""
        return bool(self.provider or self.router)

    def chosen(self) -> tuple[NamedRouter, ...]:
        """Each router that is meant; none where none is given.

        Raises:
            Failure: one cannot be read, or the settings contradict each other.
        """
        if self.router and (self.provider or self.provider_option):
            words = "--provider is one router alone, --router (routers of --config) one of several"
            raise Failure(Exit.USAGE, f"{words}: leave out one of them")
        try:
            alone = read_options(self.provider_option)
            if self.provider and not self.only_router:
                return (NamedRouter("", self.provider, alone),)
            routers = read_routers(self.router)
        except ValueError as error:
            raise Failure(Exit.USAGE, str(error)) from None
        only = [one for one in routers if one.name == self.only_router]
        if self.only_router and not only:
            known = ", ".join(one.name for one in routers) or "none: --router gives them"
            raise Failure(Exit.USAGE, f"--only-router {self.only_router!r} (there are {known})")
        return tuple(only) or routers


@Parameter(name="*", group=LEASE)
@dataclass(frozen=True, slots=True)
class LeaseName:
    """The Lease by which the leader of the controllers is known."""

    leader_elect_resource_name: str = LEASE_NAME
    "The Lease's name."
    leader_elect_resource_namespace: str = LEASE_NAMESPACE
    "The Lease's namespace."

    @property
    def title(self) -> str:
        """Both, for messages."""
        return f"{self.leader_elect_resource_namespace}/{self.leader_elect_resource_name}"


ANY_LEASE: Final = LeaseName()
ANY_SOURCE: Final = NodeSource()
ANY_ADDRESSES: Final = AddressPlan()
ANY_ROUTER: Final = Router()


@dataclass(frozen=True, slots=True)
class Ranges:
    """The address plan, read."""

    pools: tuple[Pool, ...]
    reserved: tuple[Cidr, ...]
    node_cidrs: tuple[Cidr, ...]


def ranges(plan: AddressPlan) -> Ranges:
    """The address plan as values.

    Raises:
        Failure: a flag cannot be read, or two contradict each other.
    """
    sizes = MaskSizes(
        plan.node_cidr_mask_size, plan.node_cidr_mask_size_ipv4, plan.node_cidr_mask_size_ipv6
    )
    try:
        pools = (*default_pool(cidr_pools(plan.cluster_cidr, sizes)), *read_pools(plan.pool))
        reserved = (
            *parse_cidrs("--service-cluster-ip-range", plan.service_cluster_ip_range),
            *parse_cidrs("--reserved", plan.reserved),
        )
        return Ranges(pools, reserved, parse_cidrs("--node-cidrs", plan.node_cidrs))
    except ValueError as error:
        raise Failure(Exit.USAGE, str(error)) from None


def claim_rules(plan: AddressPlan) -> ClaimRules:
    """The address plan as rules for claims.

    Raises:
        Failure: as for ``ranges``.
    """
    said = ranges(plan)
    families = tuple(family for pool in said.pools for family in pool.families)
    return ClaimRules(families, said.reserved, said.node_cidrs)
