"""podroute ipam: how full are the pools, what is wrong, and who would get which block?"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Final, Literal, TypeAlias

from cyclopts import App, Parameter

from podroute.cli import event_loop
from podroute.cli.address_plan import address_plan_of
from podroute.cli.failure import Exit, Failure
from podroute.cli.options import (
    ANY_ADDRESSES,
    ANY_SOURCE,
    AddressPlan,
    Many,
    NodeSource,
)
from podroute.cli.reading import list_nodes, read_roster
from podroute.cli.show import print_document
from podroute.cli.text import LONGEST_NAME, columns, count, escape
from podroute.config.pools import read_pools
from podroute.ipam.audit import Finding
from podroute.ipam.facts import Grant, Waiting
from podroute.ipam.ledger import Ledger
from podroute.ipam.pools import label_keys
from podroute.ipam.usage import PoolUsage

ipam_app = App(name="ipam", help="The Pods' addresses: used, free, wrong, and what would be given.")

Output: TypeAlias = Annotated[Literal["table", "json", "yaml"], Parameter(name=("--output", "-o"))]

FINDINGS_SHOWN: Final = 20
HEADINGS: Final = [
    "POOL", "CLUSTER-CIDR", "BLOCKS", "SIZE", "USED", "RESERVED", "FREE", "ROOM",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sight:
    """The pools and what follows for the Nodes, as nobody but a pure function sees them."""

    usage: Sequence[PoolUsage]
    findings: Sequence[Finding]
    granted: Sequence[Grant]
    waiting: Sequence[Waiting]
    after: Sequence[PoolUsage]


@ipam_app.command
def show(
    *,
    output: Output = "table",
    source: NodeSource = ANY_SOURCE,
    addresses: AddressPlan = ANY_ADDRESSES,
) -> int:
    """Show how full each pool is, and which podCIDRs in use break the address plan."""
    sight = event_loop.run(_look(source, addresses))
    if output != "table":
        print_document({"kind": "AddressUsage", **_usage_and_findings(sight)}, output)
    else:
        _print(columns([HEADINGS, *_rows(sight.usage)]))
        _print(_finding_lines(sight.findings))
    return Exit.DIFFERENT if sight.findings else Exit.OK


@ipam_app.command
def plan(
    *,
    output: Output = "table",
    add_pool: Many = (),
    source: NodeSource = ANY_SOURCE,
    addresses: AddressPlan = ANY_ADDRESSES,
) -> None:
    """Show who would get which block, and how full the pools are afterwards; nothing is touched.

    Parameters
    ----------
    add_pool
        What if there were this pool too: NAME=CIDR, or a JSON object as in pools of --config.
    """
    _check_pools(add_pool)
    wider = replace(addresses, pool=(*addresses.pool, *add_pool))
    sight = event_loop.run(_look(source, wider))
    if output != "table":
        document = {
            "kind": "AddressProposal",
            **_usage_and_findings(sight),
            "grants": [
                {"node": one.node, "pool": one.pool, "podCIDRs": list(map(str, one.pod_cidrs))}
                for one in sight.granted
            ],
            "waiting": [{"node": one.node, "pool": one.pool or None} for one in sight.waiting],
            "after": _usage_items(sight.after),
        }
        print_document(document, output)
        return
    _print(_grant_lines(sight))
    _print(columns([HEADINGS, *_rows(sight.after)]))


def _check_pools(texts: Sequence[str]) -> None:
    """By the name of their own flag.

    Raises:
        Failure: one cannot be read.
    """
    try:
        read_pools(texts, "--add-pool")
    except ValueError as error:
        raise Failure(Exit.USAGE, str(error)) from None


async def _look(source: NodeSource, addresses: AddressPlan) -> Sight:
    address_plan = address_plan_of(addresses, timedelta())
    keys = label_keys(address_plan)
    listed = await list_nodes(source, label_keys=keys)
    roster = read_roster(listed, keys, addresses=False)
    ledger = Ledger(address_plan)
    ledger.relist(roster.everybody(), 0.0)
    usage, findings = ledger.usage(0.0), ledger.findings()
    assignments = ledger.grant(0.0)
    granted = sorted(assignments.granted, key=lambda grant: grant.node)
    return Sight(usage, findings, granted, assignments.waiting, ledger.usage(0.0))


def _rows(usage: Sequence[PoolUsage]) -> Iterator[list[str]]:
    for pool in usage:
        name = f"{pool.pool} (draining)" if pool.draining else pool.pool
        for one in pool.families:
            numbers = (one.size, one.used + one.pending, one.reserved, one.free, pool.room)
            block = f"/{one.family.block_prefix}"
            yield [escape(name), str(one.family.cidr), block, *map(str, numbers)]


def _finding_lines(findings: Sequence[Finding]) -> Iterator[str]:
    if findings:
        yield ""
    for one in findings[:FINDINGS_SHOWN]:
        words = f"! {one.fault}: {escape(one.claim.node, LONGEST_NAME)} has {one.claim.cidr}"
        if one.other:
            words += f", {escape(one.other.node, LONGEST_NAME)} has {one.other.cidr}"
        if one.more:
            words += f" and {one.more} more"
        yield words
    if len(findings) > FINDINGS_SHOWN:
        yield f"and {len(findings) - FINDINGS_SHOWN} more: -o json shows all"


def _grant_lines(sight: Sight) -> Iterator[str]:
    for grant in sight.granted:
        blocks = ",".join(map(str, grant.pod_cidrs))
        yield f"+ {escape(grant.node, LONGEST_NAME)}  {blocks}  (pool {escape(grant.pool)})"
    for one in sight.waiting:
        why = f"pool {escape(one.pool)} has no room" if one.pool else "no pool is for its labels"
        yield f"! {escape(one.node, LONGEST_NAME)}  {why}"
    yield f"Plan: {count(len(sight.granted), 'Node')} to serve, {len(sight.waiting)} without room."
    if sight.granted:
        yield "A running controller goes on from the block that it gave last: it may give others."
    yield ""


def _usage_and_findings(sight: Sight) -> dict[str, object]:
    return {
        "pools": _usage_items(sight.usage),
        "findings": list(map(_finding_item, sight.findings)),
    }


def _usage_items(usage: Sequence[PoolUsage]) -> list[dict[str, object]]:
    return [
        {
            "pool": pool.pool,
            "draining": pool.draining,
            "room": pool.room,
            "families": [
                {
                    "clusterCIDR": str(one.family.cidr),
                    "blockPrefix": one.family.block_prefix,
                    "size": one.size,
                    "used": one.used + one.pending,
                    "reserved": one.reserved,
                    "free": one.free,
                }
                for one in pool.families
            ],
        }
        for pool in usage
    ]


def _finding_item(one: Finding) -> dict[str, object]:
    other = one.other
    return {
        "fault": one.fault,
        "node": one.claim.node,
        "podCIDR": str(one.claim.cidr),
        "otherNode": other.node if other else None,
        "otherPodCIDR": str(other.cidr) if other else None,
        "more": one.more,
    }


def _print(lines: Sequence[str] | Iterator[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
