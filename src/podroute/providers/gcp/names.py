"""Under which names do routes, networks and instances go at Google Cloud? Pure."""

from hashlib import sha256
from typing import Final

from podroute.model.cidr import Cidr
from podroute.providers.gcp.settings import GcpOptions
from podroute.providers.gcp.wire import RouteResource

_SEED_PREFIX: Final = "kubernetes-route"
_UNIQUE_PREFIX: Final = "podroute"
_DIGITS: Final = 16  # of a hash: 64 bits
_DASHES: Final = str.maketrans(".:/", "---")
_LONGEST: Final = 63  # characters of a name
_PARTS: Final = 3  # of a providerID


def mark(options: GcpOptions) -> str:
    """The description of our routes: whole, so that ``foo`` is never taken for ``foo-bar``."""
    return f"podroute cluster={options.cluster}"


def network_url(options: GcpOptions) -> str:
    """As a new route names its network."""
    return f"{options.root}/projects/{options.project}/global/networks/{options.network}"


def path_of(url: str) -> str:
    """The part of a resource's address that does not depend on who serves it."""
    return "projects/" + url.partition("/projects/")[2]


def path_of_machine(provider_id: str) -> str:
    """The path of the instance that ``gce://PROJECT/ZONE/NAME`` names; "" where it names none."""
    scheme, _, rest = provider_id.partition("://")
    parts = rest.split("/")
    if scheme != "gce" or len(parts) != _PARTS or not all(parts):
        return ""
    project, zone, name = parts
    return f"projects/{project}/zones/{zone}/instances/{name}"


def route_name(destination: Cidr, options: GcpOptions) -> str:
    """``kubernetes-route-10-200-0-0-24``, or one that no other cluster of the project has."""
    if options.names == "cidr":
        return f"{_SEED_PREFIX}-{_dashed(destination)}"
    return f"{_UNIQUE_PREFIX}-{_digest(options.cluster, str(destination))}"


def firewall_rule_name(pool: Cidr, options: GcpOptions) -> str:
    """``kubernetes-pods-10-200-0-0-16``: one for each pool."""
    return f"{options.network}-pods-{_dashed(pool)}"[:_LONGEST].rstrip("-")


def _dashed(cidr: Cidr) -> str:
    return str(cidr).translate(_DASHES)


def spare_name(wished: RouteResource) -> str:
    """For the same route at another priority, while that of the wished name is replaced."""
    hop = path_of(wished.next_hop_instance) if wished.next_hop_instance else wished.next_hop_ip
    return f"{_UNIQUE_PREFIX}-spare-{_digest(wished.name, wished.dest_range, hop)}"


def _digest(*words: str) -> str:
    return sha256("\n".join(words).encode()).hexdigest()[:_DIGITS]
