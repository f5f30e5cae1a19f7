"""What does EC2 answer, in the few fields that matter? Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from podroute.model.cidr import Address, Cidr, parse_address, parse_meant_cidr

_USUAL: Final = "active"


class Tag(msgspec.Struct, frozen=True, rename="pascal"):
    """One tag."""

    key: str = ""
    value: str = ""


class RouteRecord(msgspec.Struct, frozen=True, rename="pascal"):
    """A route of a table: one destination, one target."""

    destination_cidr_block: str = ""
    destination_ipv6_cidr_block: str = ""
    destination_prefix_list_id: str = ""
    network_interface_id: str = ""
    instance_id: str = ""
    gateway_id: str = ""
    nat_gateway_id: str = ""
    transit_gateway_id: str = ""
    vpc_peering_connection_id: str = ""
    egress_only_internet_gateway_id: str = ""
    carrier_gateway_id: str = ""
    local_gateway_id: str = ""
    core_network_arn: str = ""
    origin: str = ""
    state: str = _USUAL

    @property
    def destination(self) -> Cidr | None:
        """None: a prefix list, or nothing that can be read."""
        try:
            return parse_meant_cidr(self.destination_cidr_block or self.destination_ipv6_cidr_block)
        except ValueError:
            return None

    @property
    def target(self) -> str:
        """Its id, for people."""
        for one in (
            self.instance_id or self.network_interface_id,
            self.gateway_id,
            self.nat_gateway_id,
            self.transit_gateway_id,
            self.vpc_peering_connection_id,
            self.egress_only_internet_gateway_id,
            self.carrier_gateway_id,
            self.local_gateway_id,
            self.core_network_arn,
        ):
            if one:
                return one
        return "a target of unknown kind"


class Association(msgspec.Struct, frozen=True, rename="pascal"):
    """Who uses a table: a subnet, or with ``main`` every subnet that has none of its own."""

    subnet_id: str = ""
    main: bool = False


class TableRecord(msgspec.Struct, frozen=True, rename="pascal"):
    """A route table."""

    route_table_id: str
    vpc_id: str = ""
    routes: tuple[RouteRecord, ...] = ()
    tags: tuple[Tag, ...] = ()
    associations: tuple[Association, ...] = ()

    @property
    def tag_values(self) -> Mapping[str, str]:
        """By key."""
        return {tag.key: tag.value for tag in self.tags}


class TablesAnswer(msgspec.Struct, frozen=True, rename="pascal"):
    """A page of DescribeRouteTables."""

    route_tables: tuple[TableRecord, ...] = ()


class _Ipv4(msgspec.Struct, frozen=True, rename="pascal"):
    private_ip_address: str = ""
    primary: bool = False


class _Ipv6(msgspec.Struct, frozen=True, rename="pascal"):
    ipv6_address: str = ""
    is_primary_ipv6: bool = False


class _GroupRecord(msgspec.Struct, frozen=True, rename="pascal"):
    group_id: str = ""


class _InterfaceRecord(msgspec.Struct, frozen=True, rename="pascal"):
    network_interface_id: str = ""
    private_ip_addresses: tuple[_Ipv4, ...] = ()
    ipv6_addresses: tuple[_Ipv6, ...] = ()
    source_dest_check: bool = False
    subnet_id: str = ""
    groups: tuple[_GroupRecord, ...] = ()

    def addresses(self) -> Iterator[Address]:
        """Primary ones first."""
        v4 = sorted(self.private_ip_addresses, key=lambda one: not one.primary)
        v6 = sorted(self.ipv6_addresses, key=lambda one: not one.is_primary_ipv6)
        for text in (*(a.private_ip_address for a in v4), *(a.ipv6_address for a in v6)):
            yield parse_address(text)


class _State(msgspec.Struct, frozen=True, rename="pascal"):
    name: str = ""


class _InstanceRecord(msgspec.Struct, frozen=True, rename="pascal"):
    instance_id: str
    state: _State = _State()
    private_dns_name: str = ""
    network_interfaces: tuple[_InterfaceRecord, ...] = ()
    tags: tuple[Tag, ...] = ()


class _Reservation(msgspec.Struct, frozen=True, rename="pascal"):
    instances: tuple[_InstanceRecord, ...] = ()


class InstancesAnswer(msgspec.Struct, frozen=True, rename="pascal"):
    """A page of DescribeInstances."""

    reservations: tuple[_Reservation, ...] = ()


class Quota(msgspec.Struct, frozen=True, rename="pascal"):
    """A value of Service Quotas."""

    value: float = 0.0


class QuotaAnswer(msgspec.Struct, frozen=True, rename="pascal"):
    """What GetServiceQuota answers."""

    quota: Quota = Quota()


class _Range(msgspec.Struct, frozen=True, rename="pascal"):
    cidr_ip: str = ""


class _Range6(msgspec.Struct, frozen=True, rename="pascal"):
    cidr_ipv6: str = ""


class Permission(msgspec.Struct, frozen=True, rename="pascal"):
    """What a security group lets in."""

    ip_protocol: str = ""
    ip_ranges: tuple[_Range, ...] = ()
    ipv6_ranges: tuple[_Range6, ...] = ()

    def sources(self) -> Iterator[Cidr]:
        """From where, as far as these are addresses."""
        texts = [one.cidr_ip for one in self.ip_ranges]
        texts += [one.cidr_ipv6 for one in self.ipv6_ranges]
        yield from map(parse_meant_cidr, filter(None, texts))


class SecurityGroup(msgspec.Struct, frozen=True, rename="pascal"):
    """Of an interface; ``-1`` is every protocol."""

    group_id: str
    ip_permissions: tuple[Permission, ...] = ()


class SecurityGroupsAnswer(msgspec.Struct, frozen=True, rename="pascal"):
    """A page of DescribeSecurityGroups."""

    security_groups: tuple[SecurityGroup, ...] = ()


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface of an instance, which is what a route really leads to."""

    id: str
    instance: str
    addresses: tuple[Address, ...]
    running: bool = True
    checked: bool = False  # drops what is not for itself: the source/dest check is on
    alone: bool = True  # the instance has no other
    name_tag: str = ""
    private_dns_name: str = ""
    subnet: str = ""
    groups: tuple[str, ...] = ()

    def address(self, version: int) -> Address | None:
        """The first of this IP version."""
        return next((one for one in self.addresses if one.version == version), None)


def interfaces(answers: Iterable[InstancesAnswer]) -> Iterator[Interface]:
    """Every interface of every instance that is told."""
    for answer in answers:
        for reservation in answer.reservations:
            for instance in reservation.instances:
                yield from _interfaces(instance, instance.network_interfaces)


def _interfaces(
    instance: _InstanceRecord, records: Sequence[_InterfaceRecord]
) -> Iterator[Interface]:
    names = {tag.key: tag.value for tag in instance.tags}
    for record in records:
        yield Interface(
            record.network_interface_id,
            instance.instance_id,
            tuple(record.addresses()),
            instance.state.name in {"pending", "running"},
            record.source_dest_check,
            len(records) == 1,
            names.get("Name", ""),
            instance.private_dns_name,
            record.subnet_id,
            tuple(one.group_id for one in record.groups),
        )
