"""What makes an item of ``/ip/route`` right, and which properties has it? Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Final, TypeAlias

Item: TypeAlias = dict[str, str]

DEFAULTS: Final[Mapping[str, str]] = {
    "distance": "1",
    "routing-table": "main",
    "scope": "30",
    "target-scope": "10",
    "disabled": "false",
}
_SET: Final = frozenset(
    (
        *DEFAULTS,
        "dst-address",
        "gateway",
        "comment",
        "check-gateway",
        "pref-src",
        "blackhole",
    )
)
_BOOLEANS: Final = {"yes": "true", "no": "false", "true": "true", "false": "false"}
_LAST_DISTANCE: Final = 255


@dataclass
class Refusal(Exception):  # noqa: N818 -- named for the state
    """An HTTP status, and the words beside it."""

    status: int
    message: str
    detail: str = ""

    def document(self) -> dict[str, object]:
        """The answer."""
        said: dict[str, object] = {"error": self.status, "message": self.message}
        return {**said, "detail": self.detail} if self.detail else said


def bad(detail: str) -> Refusal:
    """It is never right so."""
    return Refusal(400, "Bad Request", detail)


def checked(fields: Mapping[str, object], version: int, tables: Collection[str]) -> Item:
    """The properties that are set, as they will be shown.

    Raises:
        Refusal: they are not right.
    """
    item: Item = {}
    for name, value in fields.items():
        if name not in _SET:
            message = f"unknown parameter {name}"
            raise bad(message)
        item[name] = _shown(name, str(value), version, tables)
    return item


def _shown(name: str, text: str, version: int, tables: Collection[str]) -> str:
    match name:
        case "dst-address":
            return _prefix(text, version)
        case "routing-table" if text not in tables:
            message = "input does not match any value of routing-table"
            raise bad(message)
        case "distance" if not text.isdecimal() or not 1 <= int(text) <= _LAST_DISTANCE:
            message = "value of distance out of range (1..255)"
            raise bad(message)
        case "disabled":
            return _BOOLEANS[text]
        case "blackhole":
            return "true"  # whatever it says
        case _:
            return text


def _prefix(text: str, version: int) -> str:
    try:
        network = ip_network(text)
    except ValueError:
        network = None
    if network is None or network.version != version:
        message = "invalid value for argument dst-address"
        raise bad(message)
    return str(network)


def reached(item: Item, links: Collection[str]) -> bool:
    """Whether the gateway is on a link, or there is nothing to be reached."""
    if "blackhole" in item:
        return True
    try:
        hop = ip_address(item.get("gateway", "").partition("%")[0])
    except ValueError:
        return "gateway" in item
    return any(hop in ip_network(link) for link in links)
