"""What keeps a VPC from carrying Pods' packets, beside its routes? Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from podroute.model.check import Check, Problem
from podroute.model.cidr import Address, Cidr, covered
from podroute.providers.aws.answers import Interface, SecurityGroup, TableRecord
from podroute.providers.aws.changes import Bench, NoTarget, target_of
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.aws.typed import aws_command
from podroute.providers.interface import Question

_EVERYTHING: Final = "-1"
_BY_ADDRESS: Final = "network-interface.addresses.private-ip-address"
_BY_IPV6: Final = "network-interface.ipv6-addresses.ipv6-address"
_IPV4: Final = 4


def checks(
    question: Question,
    at: Bench,
    tables: Sequence[TableRecord],
    groups: Mapping[str, SecurityGroup] | str,
) -> tuple[Check, ...]:
    """``tables`` are all of the VPC; ``groups`` may be why they are not known."""
    found = [(wish, target_of(wish, at)) for wish in question.wishes]
    targets = {one.id: one for _, one in found if isinstance(one, Interface)}
    options = at.seen.options
    nowhere = tuple(
        Problem(wish.node, one.fault, _look_up(wish.next_hop, options))
        for wish, one in found
        if isinstance(one, NoTarget)
    )
    what = "security groups let in what Pods send"
    return (
        Check("aws-instance", "every next hop is the Node's own instance", nowhere),
        Check(
            "aws-source-dest-check",
            "no source/dest check drops what Pods send and receive",
            tuple(_checked(targets.values(), options)),
        ),
        Check(
            "aws-route-table",
            "the Nodes' subnets use the route tables with the Pods' routes",
            tuple(_elsewhere(targets.values(), at, tables)),
        ),
        Check("aws-security-group", what, skipped=groups)
        if isinstance(groups, str)
        else Check(
            "aws-security-group", what, tuple(_closed(targets.values(), question, groups, options))
        ),
    )


def _look_up(address: Address, options: AwsOptions) -> str:
    name = _BY_ADDRESS if address.version == _IPV4 else _BY_IPV6
    words = ("--filters", f"Name={name},Values={address}")
    return aws_command(options, "describe-instances", *words)


def _checked(targets: Iterable[Interface], options: AwsOptions) -> Iterator[Problem]:
    for one in targets:
        if one.checked:
            words = ("--network-interface-id", one.id, "--no-source-dest-check")
            fix = aws_command(options, "modify-network-interface-attribute", *words)
            yield Problem(f"{one.instance} {one.id}", "the source/dest check is on", fix)


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
        words = ("--subnet-id", subnet, "--route-table-id", ours[0])
        return aws_command(options, "associate-route-table", *words)
    if options.table_ids:
        return f"give --provider-option tables={','.join((*options.table_ids, table))}"
    key, _, value = options.tag.partition("=")
    words = ("--resources", table, "--tags", f"Key={key},Value={value}")
    return aws_command(options, "create-tags", *words)


def _closed(
    targets: Iterable[Interface],
    question: Question,
    groups: Mapping[str, SecurityGroup],
    options: AwsOptions,
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
            if not covered(pool, open_to):
                cause = f"they do not let in everything from {pool}"
                yield Problem(", ".join(names), cause, _opening(names[0], pool, options))


def _opening(group: str, pool: Cidr, options: AwsOptions) -> str:
    kind = "IpRanges=[{CidrIp=" if pool.version == _IPV4 else "Ipv6Ranges=[{CidrIpv6="
    words = ("--group-id", group, "--ip-permissions", f"IpProtocol=-1,{kind}{pool}}}]")
    return aws_command(options, "authorize-security-group-ingress", *words)
