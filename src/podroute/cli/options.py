"""The flags that several verbs share, and what they mean."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

from cyclopts import Group, Parameter

from podroute.claims.rules import ClaimRules
from podroute.cli.failure import Exit, Failure
from podroute.model.cidr import Cidr, parse_cidr
from podroute.model.pool import CidrPool

NODES = Group("Nodes", sort_key=1)
ADDRESSES = Group("Address plan", sort_key=2)
ROUTER = Group("Router", sort_key=3)

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
    "The length of one Node's block where there is one family."
    node_cidr_mask_size_ipv4: int = 24
    "The same for IPv4."
    node_cidr_mask_size_ipv6: int = 64
    "The same for IPv6."
    service_cluster_ip_range: Many = ()
    "The Services' ranges: never a Pod's."
    reserved: Many = ()
    "Other ranges that are never a Pod's."
    node_cidrs: Many = ()
    "Where the Nodes' addresses are: a next hop outside is not believed."


@Parameter(name="*", group=ROUTER)
@dataclass(frozen=True, slots=True)
class Router:
    """The provider and its options."""

    provider: str = ""
    "linux (this machine's kernel), memory, or another that is installed."
    provider_option: Many = ()
    "KEY=VALUE, e.g. table=100; may be repeated."

    def options(self) -> dict[str, str]:
        """The options by key."""
        options: dict[str, str] = {}
        for text in self.provider_option:
            key, separator, value = text.partition("=")
            if not separator:
                raise Failure(Exit.USAGE, f"--provider-option {text!r} is not KEY=VALUE")
            options[key] = value
        return options


ANY_SOURCE: Final = NodeSource()
ANY_ADDRESSES: Final = AddressPlan()
ANY_ROUTER: Final = Router()


def claim_rules(plan: AddressPlan) -> ClaimRules:
    """The address plan as rules."""
    pools = tuple(_pool(cidr, plan) for cidr in _cidrs("--cluster-cidr", plan.cluster_cidr))
    families = [pool.cidr.version for pool in pools]
    if len(families) != len(set(families)):
        raise Failure(Exit.USAGE, "--cluster-cidr has two ranges of one family")
    return ClaimRules(
        pools,
        (
            *_cidrs("--service-cluster-ip-range", plan.service_cluster_ip_range),
            *_cidrs("--reserved", plan.reserved),
        ),
        _cidrs("--node-cidrs", plan.node_cidrs),
    )


def _pool(cidr: Cidr, plan: AddressPlan) -> CidrPool:
    length = plan.node_cidr_mask_size_ipv4 if cidr.version == 4 else plan.node_cidr_mask_size_ipv6  # noqa: PLR2004
    if plan.node_cidr_mask_size is not None:
        length = plan.node_cidr_mask_size
    try:
        return CidrPool(cidr, length)
    except ValueError as error:
        raise Failure(Exit.USAGE, f"--cluster-cidr: {error}") from None


def _cidrs(flag: str, texts: Iterable[str]) -> tuple[Cidr, ...]:
    parts = [part.strip() for text in texts for part in text.split(",")]
    try:
        return tuple(parse_cidr(part) for part in parts)
    except ValueError as error:
        raise Failure(Exit.USAGE, f"{flag}: {error}") from None
