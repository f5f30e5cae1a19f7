"""The state of a simulated router: its routes, links and settings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_interface
from itertools import count
from typing import Final

from podroute.testing.https.faults import Faults
from podroute.testing.routeros.items import DEFAULTS, Item, Refusal, bad, checked, reached

VERSIONS: Final[Mapping[str, int]] = {"ip": 4, "ipv6": 6}
_ABSENT: Final = Refusal(404, "Not Found")


@dataclass
class Router:
    """One router. ``idle``: no route that is made gets active."""

    addresses: Sequence[str] = ("10.240.0.1/24", "fd00:10:240::1/64")
    tables: Sequence[str] = ("main",)
    users: Mapping[str, str] = field(default_factory=lambda: {"podroute": "secret"})
    may_write: bool = True
    idle: bool = False
    faults: Faults = field(default_factory=Faults)
    settings: dict[str, Item] = field(default_factory=dict[str, Item])
    items: dict[str, list[Item]] = field(init=False)
    _numbers: Callable[[], int] = field(default_factory=lambda: count(0x8000_0001).__next__)

    def __post_init__(self) -> None:
        """Every link has a route."""
        self.items = {menu: [] for menu in VERSIONS}
        self.settings |= {"ip": {"ip-forward": "true"}}
        self.settings |= {"ipv6": {"forward": "true", "disable-ipv6": "false"}}
        for text in self.addresses:
            one = ip_interface(text)
            menu = "ip" if one.version == 4 else "ipv6"  # noqa: PLR2004
            for table in self.tables:
                self.learn(menu, table, str(one.network), "ether1", connect="true", distance="0")

    def learn(self, menu: str, table: str, destination: str, gateway: str, **more: str) -> None:
        """A route that nobody has configured."""
        item = {"dst-address": destination, "gateway": gateway, "routing-table": table}
        self._put(menu, {**item, "dynamic": "true", "active": "true", **more})

    def add(self, menu: str, fields: Mapping[str, object]) -> Item:
        """``/ip/route/add``."""
        item = checked(fields, VERSIONS[menu], self.tables)
        if "gateway" not in item and "blackhole" not in item:
            message = "missing value of argument(s) gateway"
            raise bad(message)
        made = {**DEFAULTS, **item, "dynamic": "false", "static": "true"}
        self._put(menu, made)
        return self.shown(menu, made)

    def set(self, menu: str, name: str, fields: Mapping[str, object]) -> Item:
        """``/ip/route/set``."""
        item = self._own(menu, name)
        item |= checked(fields, VERSIONS[menu], self.tables)
        return self.shown(menu, item)

    def remove(self, menu: str, name: str) -> None:
        """``/ip/route/remove``."""
        self.items[menu].remove(self._own(menu, name))

    def routes(self, menu: str) -> list[Item]:
        """``/ip/route/print``."""
        return [self.shown(menu, item) for item in self.items[menu]]

    def owned(self, menu: str) -> list[Item]:
        """``/ip/address/print``."""
        version = VERSIONS[menu]
        found = [text for text in self.addresses if ip_interface(text).version == version]
        return [
            {".id": f"*{number}", "address": text, "interface": "ether1", "disabled": "false"}
            for number, text in enumerate(found, start=1)
        ]

    def shown(self, menu: str, item: Item) -> Item:
        """What the API says of it."""
        if item["dynamic"] == "true":
            return dict(item)
        return {**item, "active": str(self._is_active(menu, item)).lower()}

    def _is_active(self, menu: str, item: Item) -> bool:
        if self.idle or not self._is_usable(menu, item):
            return False
        distance = int(item["distance"])
        return all(
            int(one["distance"]) >= distance
            for one in self.items[menu]
            if one["dst-address"] == item["dst-address"]
            and one["routing-table"] == item["routing-table"]
            and self._is_usable(menu, one)
        )

    def _is_usable(self, menu: str, item: Item) -> bool:
        if item["dynamic"] == "true":
            return True
        links = [one["dst-address"] for one in self.items[menu] if one.get("connect") == "true"]
        return item["disabled"] == "false" and reached(item, links)

    def _own(self, menu: str, name: str) -> Item:
        found = next((one for one in self.items[menu] if one[".id"] == name), None)
        if found is None:
            raise _ABSENT
        if found["dynamic"] == "true":
            message = "failure: can not change dynamic route"
            raise bad(message)
        return found

    def _put(self, menu: str, item: Item) -> None:
        item[".id"] = f"*{self._numbers():X}"
        self.items[menu].append(item)
