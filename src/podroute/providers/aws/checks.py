"""What keeps a VPC from carrying Pods' packets, beside its routes? Pure."""

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from podroute.model.check import Check, Problem
from podroute.model.cidr import Cidr, contains
from podroute.providers.aws.answers import Interface, SecurityGroup, TableRecord
from podroute.providers.aws.changes import Bench, NoTarget, target_of
from podroute.providers.interface import Question

_EVERYTHING: Final = "-1"
_INSTANCES: Final = (
    "aws ec2 describe-instances --filters "
    "Name=network-interface.addresses.private-ip-address,Values="
)


def checks(
    question: Question,
    at: Bench,
    tables: Sequence[TableRecord],
    groups: Mapping[str, SecurityGroup] | str,
) -> tuple[Check, ...]:
    """``tables`` are all of the VPC; ``groups`` may be why they are not known."""
    found = [(wish, target_of(wish, at)) for wish in question.wishes]
    targets = {one.id: one for _, one in found if isinstance(one, Interface)}
    nowhere = tuple(
        Problem(wish.node, one.fault, f"{_INSTANCES}{wish.next_hop}")
        for wish, one in found
        if isinstance(one, NoTarget)
    )
    what = "security groups let in what Pods send"
    return (
        Check("aws-instance", "every next hop is the Node's own instance", nowhere),
        Check(
            "aws-source-dest-check",
            "no source/dest check drops what Pods send and receive",
            tuple(_checked(targets.values())),
        ),
        Check(
            "aws-route-table",
            "the Nodes' subnets use the route tables with the Pods' routes",
            tuple(_elsewhere(targets.values(), at, tables)),
        ),
        Check("aws-security-group", what, skipped=groups)
        if isinstance(groups, str)
        else Check("aws-security-group", what, tuple(_closed(targets.values(), question, groups))),
    )


def _checked(targets: Iterable[Interface]) -> Iterator[Problem]:
    for one in targets:
        if one.checked:
            fix = f"aws ec2 modify-network-interface-attribute --network-interface-id {one.id}"
            cause = "the source/dest check is on"
            yield Problem(f"{one.instance} {one.id}", cause, f"{fix} --no-source-dest-check")


def _elsewhere(
    targets: Iterable[Interface], at: Bench, tables: Sequence[TableRecord]
) -> Iterator[Problem]:
    ours = at.seen.table_ids
    used = {
        association.subnet_id: table.route_table_id
        for table in tables
        for association in table.associations
    }
    main = next(
        (
            table.route_table_id
            for table in tables
            for association in table.associations
            if association.main
        ),
        "no table",
    )
    for subnet in dict.fromkeys(one.subnet for one in targets if one.subnet):
        table = used.get(subnet, main)
        if table not in ours:
            cause = f"it uses {table}, which has no routes of ours"
            yield Problem(subnet, cause, _joining(subnet, used.get(subnet), at))


def _joining(subnet: str, table: str | None, at: Bench) -> str:
    """A subnet has one table: one that somebody has chosen stays, and gets our routes as well."""
    ours, options = at.seen.table_ids, at.seen.options
    if table is None:
        return f"aws ec2 associate-route-table --subnet-id {subnet} --route-table-id {ours[0]}"
    if options.table_ids:
        return f"give --provider-option tables={','.join((*options.table_ids, table))}"
    key, _, value = options.tag.partition("=")
    tag = shlex.quote(f"Key={key},Value={value}")
    return f"aws ec2 create-tags --resources {table} --tags {tag}"


def _closed(
    targets: Iterable[Interface], question: Question, groups: Mapping[str, SecurityGroup]
) -> Iterator[Problem]:
    """Interfaces with the same groups are told once."""
    for names in dict.fromkeys(one.groups for one in targets if one.groups):
        open_to = [
            source
            for name in names
            if name in groups
            for permission in groups[name].ip_permissions
            if permission.ip_protocol == _EVERYTHING
            for source in permission.sources()
        ]
        for pool in question.pools:
            if not any(contains(source, pool) for source in open_to):
                cause = f"they do not let in everything from {pool}"
                yield Problem(", ".join(names), cause, _opening(names[0], pool))


def _opening(group: str, pool: Cidr) -> str:
    kind = "IpRanges=[{CidrIp=" if pool.version == 4 else "Ipv6Ranges=[{CidrIpv6="  # noqa: PLR2004
    permission = shlex.quote(f"IpProtocol=-1,{kind}{pool}}}]")
    command = f"aws ec2 authorize-security-group-ingress --group-id {group}"
    return f"{command} --ip-permissions {permission}"
