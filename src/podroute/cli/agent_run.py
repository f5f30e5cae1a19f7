"""All that the flags of podroute agent have said, in words that need no library for flags."""

from collections.abc import Mapping
from dataclasses import dataclass

from podroute.agent.loop import Duties
from podroute.agent.worker import Folders
from podroute.kube.login import ClusterAccess
from podroute.model.cidr import Cidr
from podroute.observe.logs import LogFormat


@dataclass(frozen=True, slots=True)
class Mode:
    """For ever, where nothing of this is wanted; ``confirm`` is a person's word."""

    once: bool = False
    dry_run: bool = False
    cleanup: bool = False
    confirm: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """``filename`` and ``access`` say where Nodes come from if ``pod_cidrs`` are not given.

    ``announce`` is the provider of the BGP daemon beside the agent; "" for none.
    """

    duties: Duties
    folders: Folders
    name: str
    pod_cidrs: tuple[Cidr, ...]
    filename: str
    access: ClusterAccess
    peer_routes: bool
    mode: Mode
    log_format: LogFormat
    verbose: bool
    announce: str
    announce_options: Mapping[str, str]
