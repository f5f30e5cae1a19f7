"""What can be chosen about the kernel's routes? Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

from podroute.host.rtnetlink import MAIN_TABLE

_TABLES_OF_THE_KERNEL: Final[Mapping[int, str]] = {0: "unspec", 253: "default", 255: "local"}
_PROTOCOLS_OF_OTHERS: Final[Mapping[int, str]] = {
    0: "unspec",
    1: "redirect",
    2: "kernel",
    3: "boot",
    4: "static",
    8: "gated",
    9: "ra",
    10: "mrt",
    11: "zebra",
    12: "bird",
    13: "dnrouted",
    14: "xorp",
    15: "ntk",
    16: "dhcp",
    17: "mrouted",
    18: "keepalived",
    42: "babel",
    99: "openr",
    186: "bgp",
    187: "isis",
    188: "ospf",
    189: "rip",
    192: "eigrp",
}
_KERNEL_METRIC_OF_IPV6: Final = 1024


class LinuxOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``protocol`` is the mark by which our routes are known: nobody else may use it."""

    table: int = MAIN_TABLE
    protocol: int = 200
    metric: int = 0

    def __post_init__(self) -> None:
        """Refuses what the kernel has no room for, and what belongs to others.

        Raises:
            ValueError: saying which.
        """
        _check("table", self.table, 0xFFFFFFFF, _TABLES_OF_THE_KERNEL)
        _check("protocol", self.protocol, 0xFF, _PROTOCOLS_OF_OTHERS)
        _check("metric", self.metric, 0xFFFFFFFE, {})

    def metric_of(self, version: int) -> int:
        """The metric that the kernel will show: for IPv6 it reads 0 as 1024."""
        return self.metric or (0 if version == 4 else _KERNEL_METRIC_OF_IPV6)  # noqa: PLR2004


def _check(option: str, value: int, highest: int, taken: Mapping[int, str]) -> None:
    if not 0 <= value <= highest:
        message = f"{option} {value} is not between 0 and {highest}"
        raise ValueError(message)
    if value in taken:
        message = f"{option} {value} is taken: {taken[value]!r} in the kernel's own list"
        raise ValueError(message)
