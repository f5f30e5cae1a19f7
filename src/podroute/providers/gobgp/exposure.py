"""Who else could use the daemon's API? Pure.

It has no password. Where it listens beyond this machine, or asks for no client certificate, whoever
reaches it may announce and withdraw any route.
"""

from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address
from typing import Final, NamedTuple

from podroute.model.check import Check, Problem
from podroute.model.cidr import Address
from podroute.providers.gobgp.settings import USUAL_PORT, GobgpOptions

_ANYBODY: Final = "whoever reaches it may announce and withdraw any route"
_TLS: Final = "--tls, --tls-cert-file, --tls-key-file and --tls-client-ca-file"


class Door(NamedTuple):
    """Where somebody without a certificate of ours could ask; ``target`` as gRPC takes it."""

    place: str  # for people
    target: str


def doors(options: GobgpOptions, listeners: Iterable[tuple[Address, int]]) -> Iterator[Door]:
    """Those to be tried; ``listeners``: addresses and ports at which somebody here listens."""
    if options.secured:
        yield Door(options.address, options.target)
        return
    port = _port(options)
    for address, where in dict.fromkeys(listeners):
        if where == port and not address.is_loopback:
            near = "127.0.0.1" if isinstance(address, IPv4Address) else "[::1]"
            place = _place(address, port)
            yield Door(place, f"{near}:{port}" if address.is_unspecified else place)


def exposure_check(options: GobgpOptions, open_doors: Sequence[Door], unseen: str = "") -> Check:
    """``open_doors``: those that were answered at; ``unseen``: why they could not be looked for."""
    problems = tuple(_problem(one, options) for one in open_doors)
    what = "nobody else may use GoBGP's API"
    return Check("gobgp-api", what, problems, unseen)


def _problem(door: Door, options: GobgpOptions) -> Problem:
    if options.secured:
        cause = f"the API answers without a client certificate: {_ANYBODY}"
        return Problem(door.place, cause, "start gobgpd with --tls-client-ca-file too")
    cause = f"the API listens beyond this machine, without TLS: {_ANYBODY}"
    near = options.target if _is_a_file(options) else f"127.0.0.1:{_port(options)}"
    fix = f"start gobgpd with --api-hosts {near}, or with {_TLS}"
    return Problem(door.place, cause, fix)


def _port(options: GobgpOptions) -> int:
    """Behind a socket of the file system it is where gobgpd listens unless it is told not to."""
    return USUAL_PORT if _is_a_file(options) else int(options.target.rpartition(":")[2])


def _is_a_file(options: GobgpOptions) -> bool:
    return options.target.startswith("unix:")


def _place(address: Address, port: int) -> str:
    return f"{address}:{port}" if isinstance(address, IPv4Address) else f"[{address}]:{port}"
