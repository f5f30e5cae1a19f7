"""Reads route tables, the instances behind them, and what a table may hold."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Final

from podroute.model.cidr import Address, Cidr
from podroute.providers.aws.answers import (
    InstancesAnswer,
    Interface,
    QuotaAnswer,
    SecurityGroup,
    SecurityGroupsAnswer,
    TableRecord,
    TablesAnswer,
    interfaces,
)
from podroute.providers.aws.changes import QUOTA_CODE
from podroute.providers.aws.marks import Mark
from podroute.providers.aws.peerings import PeeringRecord, PeeringsAnswer
from podroute.providers.aws.refusals import PAUSE, Meaning
from podroute.providers.aws.session import CallRefused, Calls
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.aws.translate import Seen, used_routes
from podroute.providers.interface import ProviderUnreachable

LAG: Final = 15.0  # seconds for which EC2 may show what was before a change

_VALUES: Final = 200  # EC2's limit for one filter
_LONG: Final = 600.0  # seconds after which an interface is looked at again
_QUOTA_LASTS: Final = 3600.0  # seconds
_FULL_LASTS: Final = 60.0  # where a table is full somebody may have asked for more
_WITHOUT_QUOTA: Final[Mapping[Meaning, float]] = {  # seconds until it is asked for again
    "throttled": 0.0,
    "cut": _LONG,  # where nothing leads to Service Quotas an answer that never comes takes long
}
_BY_ADDRESS: Final = "network-interface.addresses.private-ip-address"
_BY_IPV6: Final = "network-interface.ipv6-addresses.ipv6-address"
_BY_INTERFACE: Final = "network-interface.network-interface-id"
_LIVING: Final = ("pending", "running", "stopping", "stopped")


@dataclass
class Memory:
    """What we have just done, which EC2 may not show yet."""

    clock: Callable[[], float]
    marks: dict[str, set[Mark]] = field(default_factory=dict[str, set[Mark]])
    asked: dict[tuple[str, int], Address] = field(default_factory=dict[tuple[str, int], Address])
    before: dict[tuple[str, Cidr], tuple[str, float]] = field(
        default_factory=dict[tuple[str, Cidr], tuple[str, float]]
    )

    def written(self) -> Mapping[tuple[str, Cidr], str]:
        """The interface before each change of late; "" where there was no route."""
        now = self.clock()
        self.before = {at: one for at, one in self.before.items() if one[1] > now}
        return {at: interface for at, (interface, _) in self.before.items()}

    def wrote(self, table: str, destination: Cidr, before: str) -> None:
        """A route has come, changed or gone."""
        self.before[table, destination] = before, self.clock() + LAG


class Reader:
    """Looks at the tables, and remembers the interfaces that it has seen."""

    def __init__(self, calls: Calls, options: AwsOptions, memory: Memory) -> None:
        self._calls = calls
        self._options = options
        self._memory = memory
        self._known: dict[str, tuple[Interface | None, float]] = {}
        self._limit = 0, float("-inf"), float("-inf")  # until when it holds; where a table is full

    def look(self) -> Seen:
        """All tables, as they are shown now.

        Raises:
            ProviderUnreachable: not all of it could be read.
        """
        try:
            tables = self._tables()
            return Seen(
                self._options,
                tables,
                self._interfaces(tables),
                {table: frozenset(marks) for table, marks in self._memory.marks.items()},
                dict(self._memory.asked),
                self._quota(tables),
            )
        except CallRefused as error:
            raise unreachable(error) from error

    def targets(self, addresses: Collection[Address], seen: Seen) -> Mapping[Address, Interface]:
        """The interfaces that have these addresses, looked up anew.

        Raises:
            ProviderUnreachable: EC2 did not answer.
        """
        v4 = sorted(str(one) for one in addresses if isinstance(one, IPv4Address))
        v6 = sorted(str(one) for one in addresses if not isinstance(one, IPv4Address))
        inside = [{"Name": "vpc-id", "Values": sorted(seen.vpcs)}]
        inside.append({"Name": "instance-state-name", "Values": list(_LIVING)})
        found: dict[Address, Interface] = {}
        try:
            for name, texts in ((_BY_ADDRESS, v4), (_BY_IPV6, v6)):
                for interface in self._instances(name, texts, inside):
                    found.update((one, interface) for one in interface.addresses)
        except CallRefused as error:
            raise unreachable(error) from error
        now = self._memory.clock()
        self._known.update((one.id, (one, now)) for one in found.values())
        return found

    def recalled(self, addresses: Collection[Address], seen: Seen) -> Mapping[Address, Interface]:
        """The same, but EC2 is only asked for those that no look of late has shown.

        Raises:
            ProviderUnreachable: EC2 did not answer.
        """
        oldest = self._memory.clock() - _LONG
        known = sorted(self._known.values(), key=lambda one: one[1])
        found = {
            address: interface
            for interface, since in known
            if interface is not None and since > oldest
            for address in interface.addresses
        }
        unknown = [one for one in addresses if one not in found]
        return found | dict(self.targets(unknown, seen)) if unknown else found

    def tables_of(self, vpcs: Collection[str]) -> Sequence[TableRecord]:
        """All of these VPCs, whosever they are.

        Raises:
            ProviderUnreachable: EC2 did not answer.
        """
        filters = [{"Name": "vpc-id", "Values": sorted(vpcs)}]
        parameters = {"Filters": filters, "MaxResults": 100}
        try:
            pages = list(self._calls.ask(TablesAnswer, "DescribeRouteTables", parameters))
        except CallRefused as error:
            raise unreachable(error) from error
        return [table for page in pages for table in page.route_tables]

    def groups(self, names: Collection[str]) -> Mapping[str, SecurityGroup] | str:
        """These security groups; or why they are not known."""
        wanted = sorted(names)
        found: dict[str, SecurityGroup] = {}
        try:
            for start in range(0, len(wanted), _VALUES):
                parameters = {"GroupIds": wanted[start : start + _VALUES]}
                for page in self._calls.ask(
                    SecurityGroupsAnswer, "DescribeSecurityGroups", parameters
                ):
                    found.update((one.group_id, one) for one in page.security_groups)
        except CallRefused as error:
            return str(error)
        return found

    def peerings(self) -> Sequence[PeeringRecord] | str:
        """All that this account knows; or why they are not known."""
        parameters = {"MaxResults": 1000}
        try:
            pages = list(
                self._calls.ask(PeeringsAnswer, "DescribeVpcPeeringConnections", parameters)
            )
        except CallRefused as error:
            return str(error)
        return [one for page in pages for one in page.vpc_peering_connections]

    def forget(self, interface: str) -> None:
        """It is looked at again at the next opportunity."""
        self._known.pop(interface, None)

    def _tables(self) -> tuple[TableRecord, ...]:
        parameters = {"Filters": self._options.filters, "MaxResults": 100}
        pages = self._calls.ask(TablesAnswer, "DescribeRouteTables", parameters)
        by_id = {table.route_table_id: table for page in pages for table in page.route_tables}
        found = sorted(by_id.values(), key=lambda table: table.route_table_id)
        missing = set(self._options.table_ids) - {table.route_table_id for table in found}
        if missing or not found:
            which = ", ".join(sorted(missing)) or f"with {self._options.scope}"
            message = (
                f"there is no route table {which} in this account and region: look at "
                "`aws ec2 describe-route-tables`, and give --provider-option tag= or tables="
            )
            raise ProviderUnreachable(message)
        vpcs = sorted({table.vpc_id for table in found})
        if len(vpcs) > 1:
            message = (
                f"route tables with {self._options.scope} are in {' and '.join(vpcs)}: "
                "give --provider-option vpc=ID"
            )
            raise ProviderUnreachable(message)
        return tuple(found)

    def _interfaces(self, tables: Sequence[TableRecord]) -> Mapping[str, Interface]:
        wanted: set[str] = set()
        for table in tables:
            for route in table.routes:
                if route.state == "blackhole":
                    self.forget(route.network_interface_id)
                elif route.network_interface_id:
                    wanted.add(route.network_interface_id)
        now = self._memory.clock()
        fresh = {name for name, (_, since) in self._known.items() if now - since < _LONG}
        unknown = sorted(wanted - fresh)
        found = {one.id: one for one in self._instances(_BY_INTERFACE, unknown, ())}
        of_no_instance = dict.fromkeys(unknown)  # an answer tells it, a refusal does not
        self._known.update((name, (one, now)) for name, one in (of_no_instance | found).items())
        return {name: one for name, (one, _) in self._known.items() if one is not None}

    def _instances(
        self, name: str, values: Sequence[str], further: Iterable[Mapping[str, object]]
    ) -> Iterator[Interface]:
        for start in range(0, len(values), _VALUES):
            filters = [{"Name": name, "Values": values[start : start + _VALUES]}, *further]
            parameters = {"Filters": filters, "MaxResults": 1000}
            yield from interfaces(self._calls.ask(InstancesAnswer, "DescribeInstances", parameters))

    def _quota(self, tables: Sequence[TableRecord]) -> int:
        """Routes of one IP version in a table; 0: it is not known."""
        if self._options.routes_per_table:
            return self._options.routes_per_table
        limit, until, until_where_full = self._limit
        now = self._memory.clock()
        full = any(used_routes(one, version) >= limit for one in tables for version in (4, 6))
        if now >= (until_where_full if full else until):
            answer, lasts = self._asked_quota()
            shortly = lasts if answer is None else _FULL_LASTS
            limit = limit if answer is None else answer
            self._limit = limit, now + lasts, now + shortly
        return limit

    def _asked_quota(self) -> tuple[int | None, float]:
        """And for how many seconds nobody asks again."""
        parameters = {"ServiceCode": "vpc", "QuotaCode": QUOTA_CODE}
        try:
            for answer in self._calls.ask(QuotaAnswer, "GetServiceQuota", parameters):
                return int(answer.quota.value), _QUOTA_LASTS
        except CallRefused as error:
            if self._calls.stopped.is_set():
                raise
            return None, _WITHOUT_QUOTA.get(error.refusal.meaning, _QUOTA_LASTS)
        return None, _QUOTA_LASTS


def unreachable(error: CallRefused) -> ProviderUnreachable:
    """Nothing could be read, and nothing was changed."""
    after = PAUSE if error.refusal.meaning == "throttled" else 0.0
    return ProviderUnreachable(str(error), after)
