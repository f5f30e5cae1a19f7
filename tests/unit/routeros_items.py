"""Items of RouterOS's routing table, as its API says them."""

import json
from typing import TypeAlias

from podroute.providers.routeros.wire import Answers, answers_of, routes_in

Fields: TypeAlias = dict[str, str]

MARK = "podroute cluster=kubernetes"
DESTINATION = "10.200.0.0/24"
OURS: Fields = {
    ".id": "*1",
    "dst-address": DESTINATION,
    "gateway": "10.240.0.30",
    "distance": "1",
    "routing-table": "main",
    "comment": MARK,
    "active": "true",
    "dynamic": "false",
    "static": "true",
    "scope": "30",
    "target-scope": "10",
}
THEIRS: Fields = {**OURS, ".id": "*2", "comment": "by hand"}
HOLE: Fields = {
    **{name: value for name, value in OURS.items() if name != "gateway"},
    "blackhole": "true",
}
CONNECTED: Fields = {
    ".id": "*20000001",
    "dst-address": "10.240.0.0/24",
    "gateway": "ether1",
    "distance": "0",
    "active": "true",
    "connect": "true",
    "dynamic": "true",
}


def answers(*items: Fields, table: str = "main") -> Answers:
    """With a link to 10.240.0.0/24."""
    said = [{".id": "*0", **item} for item in (*items, CONNECTED)]
    return answers_of(routes_in(json.dumps(said).encode()), (), table)
