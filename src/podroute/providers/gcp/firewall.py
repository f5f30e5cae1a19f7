"""Do the firewall rules of a network let in what Pods send? Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from podroute.model.check import Problem
from podroute.model.cidr import Cidr, contains, covered, parse_meant_cidr
from podroute.providers.gcp.names import firewall_rule_name
from podroute.providers.gcp.settings import GcpOptions
from podroute.providers.gcp.wire import Firewall, FirewallProtocol

_NEEDED: Final = ("tcp", "udp")
_MEANT: Final[Mapping[str, tuple[str, ...]]] = {
    "all": _NEEDED,
    "tcp": ("tcp",),
    "6": ("tcp",),
    "udp": ("udp",),
    "17": ("udp",),
}
_EVERY_PORT: Final = frozenset(("0-65535", "1-65535"))


class _Rule(NamedTuple):
    """For every instance of the network, and for whole protocols."""

    name: str
    priority: int
    sources: tuple[Cidr, ...]
    allowed: frozenset[str]
    denied: frozenset[str]


def kept_out(
    pools: Iterable[Cidr], firewalls: Iterable[Firewall], options: GcpOptions
) -> Iterator[Problem]:
    """One for each pool from which not all of TCP and UDP comes in.

    A denial of single ports is what somebody wished, and no problem.
    """
    rules = [
        _Rule(
            one.name,
            one.priority,
            tuple(_parsed(one.source_ranges)),
            frozenset(_whole(one.allowed)),
            frozenset(_whole(one.denied)),
        )
        for one in firewalls
        if one.direction == "INGRESS" and not one.disabled and not one.is_for_some
    ]
    for pool in pools:
        found = (_problem(pool, protocol, rules, options) for protocol in _NEEDED)
        problem = next((one for one in found if one is not None), None)
        if problem is not None:
            yield problem


def _parsed(texts: Iterable[str]) -> Iterator[Cidr]:
    for text in texts:
        try:
            yield parse_meant_cidr(text)
        except ValueError:
            continue  # e.g. a single address: it opens no pool


def _whole(protocols: Iterable[FirewallProtocol]) -> Iterator[str]:
    for one in protocols:
        if not one.ports or not _EVERY_PORT.isdisjoint(one.ports):
            yield from _MEANT.get(one.protocol, ())


def _problem(
    pool: Cidr, protocol: str, rules: Sequence[_Rule], options: GcpOptions
) -> Problem | None:
    allowing = [rule for rule in rules if protocol in rule.allowed]
    if not _cover(allowing, pool):
        cause = f"no rule of network {options.network} lets it in"
        return Problem(str(pool), cause, _opening(pool, options))
    denying = [rule for rule in rules if protocol in rule.denied and _touches(rule, pool)]
    first = min(denying, key=lambda rule: rule.priority, default=None)
    if first is None or _cover([one for one in allowing if one.priority < first.priority], pool):
        return None
    cause = (
        f"rule {first.name} of priority {first.priority} denies {protocol} before one lets it in"
    )
    see = f"gcloud compute firewall-rules describe {first.name} --project {options.project}"
    return Problem(str(pool), cause, f"{see}, and give the rule that lets it in a lower number")


def _cover(rules: Iterable[_Rule], pool: Cidr) -> bool:
    """Whether each address of the pool is let in, be it by several rules."""
    return covered(pool, (one for rule in rules for one in rule.sources))


def _touches(rule: _Rule, pool: Cidr) -> bool:
    return any(contains(one, pool) or contains(pool, one) for one in rule.sources)


def _opening(pool: Cidr, options: GcpOptions) -> str:
    name = firewall_rule_name(pool, options)
    return (
        f"gcloud compute firewall-rules create {name} --network {options.network} "
        f"--allow all --source-ranges {pool} --project {options.project}"
    )
