"""What can be chosen about VPC route tables? Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from podroute.providers.endpoint import parse_endpoint

Filter: TypeAlias = Mapping[str, str | Sequence[str]]

_TABLE: Final = re.compile(r"rtb-[0-9a-f]+")
_VPC: Final = re.compile(r"vpc-[0-9a-f]+")
_CLUSTER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_LARGEST_QUOTA: Final = 1000
_FASTEST: Final = 1000.0


class AwsOptions(msgspec.Struct, frozen=True, rename="kebab"):
    """``cluster`` is whose marks are ours; every wish goes into every table that is found."""

    tag: str = "Name=kubernetes"  # KEY=VALUE, or KEY for any value
    tables: str = ""  # ids, separated by commas: instead of the tag
    vpc: str = ""  # only tables of this VPC
    cluster: str = "kubernetes"
    region: str = ""
    profile: str = ""
    endpoint: str = ""  # URL of EC2, e.g. of an interface endpoint; "": the region's own
    match_node: Literal["none", "name-tag", "private-dns-name", "provider-id"] = "none"
    disable_source_dest_check: bool = False
    routes_per_table: int = 0  # for each IP version; 0: what Service Quotas says
    rate: float = 5.0  # changes each second, on average

    def __post_init__(self) -> None:
        """Refuses what AWS would not understand.

        Raises:
            ValueError: saying which.
        """
        for table in self.table_ids:
            _check("tables", table, _TABLE, "like rtb-0123456789abcdef0")
        if self.vpc:
            _check("vpc", self.vpc, _VPC, "like vpc-0123456789abcdef0")
        _check("cluster", self.cluster, _CLUSTER, "up to 63 letters, digits, dots and dashes")
        if self.endpoint:
            parse_endpoint(self.endpoint)
        if not self.table_ids and not self.tag.partition("=")[0]:
            message = "tag '' names no key: give KEY or KEY=VALUE, or the ids as tables"
            raise ValueError(message)
        if not 0 <= self.routes_per_table <= _LARGEST_QUOTA:
            message = f"routes-per-table {self.routes_per_table} is not between 0 and 1000"
            raise ValueError(message)
        if not 0 < self.rate <= _FASTEST:
            message = f"rate {self.rate} is not above 0, up to {_FASTEST:g}"
            raise ValueError(message)

    @property
    def table_ids(self) -> tuple[str, ...]:
        """Those of ``tables``."""
        return tuple(one.strip() for one in self.tables.split(",") if one.strip())

    @property
    def filters(self) -> tuple[Filter, ...]:
        """What EC2 is asked for."""
        found: list[Filter] = []
        if self.table_ids:
            found.append({"Name": "route-table-id", "Values": self.table_ids})
        else:
            key, equals, value = self.tag.partition("=")
            by_key: Filter = {"Name": "tag-key", "Values": (key,)}
            found.append({"Name": f"tag:{key}", "Values": (value,)} if equals else by_key)
        if self.vpc:
            found.append({"Name": "vpc-id", "Values": (self.vpc,)})
        return tuple(found)

    @property
    def scope(self) -> str:
        """The same for people."""
        which = f"id {self.tables}" if self.table_ids else f"tag {self.tag}"
        return f"{which} in {self.vpc}" if self.vpc else which


def _check(option: str, text: str, pattern: re.Pattern[str], form: str) -> None:
    if not pattern.fullmatch(text):
        message = f"{option} {text!r} is not {form}"
        raise ValueError(message)
