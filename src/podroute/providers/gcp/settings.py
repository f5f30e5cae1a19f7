"""What can be chosen about the routes of a VPC network? Pure."""

import re
from typing import Final, Literal, TypeAlias

import msgspec

from podroute.providers.endpoint import parse_endpoint

NextHopForm: TypeAlias = Literal["address", "instance"]
NameScheme: TypeAlias = Literal["cidr", "cluster"]

ENDPOINT: Final = "https://compute.googleapis.com/compute/v1"
RATE: Final = 20.0  # changes a second, under Google's default of 1,500 a minute and project
BURST: Final = 300  # with RATE just that in the first minute
SPARE: Final = 1  # places in the quota that a replacement takes for a moment
LAG: Final = 10.0  # seconds for which a list may be older than an operation that is done

_RESOURCE: Final = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_PROJECT: Final = re.compile(r"([-a-z0-9]+(\.[-a-z0-9]+)*:)?[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_CLUSTER: Final = re.compile(r"[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?")
_HERE: Final = frozenset(("127.0.0.1", "localhost"))
_MAX_PRIORITY: Final = 65535
_REQUESTS_AN_OPERATION: Final = 5


class GcpOptions(msgspec.Struct, frozen=True):
    """``cluster`` is in the mark by which our routes are known: one name for one cluster.

    Without ``project`` it is that of the credentials; without ``credentials`` and
    ``access_token_file`` these are the application default credentials. ``route_limit``: so many
    static routes fit into the network; without it the project's quota is asked, 0 is no limit.
    ``timeout``: seconds for one request; an operation may take five times as long.
    """

    network: str
    project: str = ""
    cluster: str = "kubernetes"
    next_hop: NextHopForm = "address"
    names: NameScheme = "cidr"
    priority: int = 1000
    tags: str = ""  # separated by commas: only for instances with one of them
    credentials: str = ""
    access_token_file: str = ""
    route_limit: int | None = None
    rate: float = RATE
    timeout: float = 60.0
    endpoint: str = ENDPOINT

    def __post_init__(self) -> None:
        """Refuses what the API would refuse later, and what contradicts itself.

        Raises:
            ValueError: saying which.
        """
        _check_name("network", self.network, _RESOURCE)
        _check_name("cluster", self.cluster, _CLUSTER)
        if self.project:
            _check_project(self.project)
        for tag in self.instance_tags:
            _check_name("tag", tag, _RESOURCE)
        _check_numbers(self)
        if self.credentials and self.access_token_file:
            message = "credentials and access_token_file exclude each other: give one"
            raise ValueError(message)
        parts = parse_endpoint(self.endpoint)
        if parts.scheme != "https" and parts.hostname not in _HERE:
            message = f"endpoint {self.endpoint!r} must begin with https://: a token is sent there"
            raise ValueError(message)

    @property
    def instance_tags(self) -> tuple[str, ...]:
        """The tags, sorted."""
        return tuple(sorted({tag.strip() for tag in self.tags.split(",") if tag.strip()}))

    @property
    def patience(self) -> float:
        """Seconds for an operation."""
        return self.timeout * _REQUESTS_AN_OPERATION

    @property
    def root(self) -> str:
        """The endpoint without a slash at its end."""
        return self.endpoint.rstrip("/")


def _check_name(option: str, text: str, form: re.Pattern[str]) -> None:
    if not form.fullmatch(text):
        message = f"{option} {text!r} is no name that Google Cloud takes ({form.pattern})"
        raise ValueError(message)


def _check_project(text: str) -> None:
    """Resources name their project by its id, so that only the id finds them again."""
    if text.isdecimal():
        how = f"give its id, as gcloud projects describe {text} tells it"
        message = f"project {text}: that is the project's number: {how}"
        raise ValueError(message)
    _check_name("project", text, _PROJECT)


def _check_numbers(options: GcpOptions) -> None:
    if not 0 <= options.priority <= _MAX_PRIORITY:
        message = f"priority {options.priority} is not between 0 and {_MAX_PRIORITY}"
        raise ValueError(message)
    if options.route_limit is not None and options.route_limit < 0:
        message = f"route_limit {options.route_limit} is below 0"
        raise ValueError(message)
    for option, seconds in (("rate", options.rate), ("timeout", options.timeout)):
        if not 0 < seconds < float("inf"):
            message = f"{option} {seconds} is not above 0"
            raise ValueError(message)
