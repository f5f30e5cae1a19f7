"""Which packets does somebody else's chain accept, as nft lists its rules?"""

import json
from typing import Any

import pytest

from podroute.bridge.seen import Accepted, Chain, End
from podroute.host.nft_accepted import accepted_in
from podroute.model.cidr import parse_cidr

FORWARD = Chain("ip", "filter", "FORWARD", policy="drop")
ACCEPT: dict[str, Any] = {"accept": None}
COUNTER = {"counter": {"packets": 7, "bytes": 420}}
COMMENT = {"xt": {"type": "match", "name": "comment"}}
NETWORK = {"prefix": {"addr": "10.200.0.0", "len": 16}}
RANGE = {"range": ["192.0.2.1", "192.0.2.9"]}


def one_end(field: str, right: object, operator: str = "==") -> dict[str, Any]:
    left = {"payload": {"protocol": "ip", "field": field}}
    return {"match": {"op": operator, "left": left, "right": right}}


def link(key: str, name: object) -> dict[str, Any]:
    return {"match": {"op": "==", "left": {"meta": {"key": key}}, "right": name}}


def found(*rules: tuple[str, list[Any]]) -> list[Accepted]:
    return list(accepted_in(FORWARD, [(name, json.dumps(body).encode()) for name, body in rules]))


def cidrs(end: End, *texts: str) -> Accepted:
    return Accepted(("ip", "filter", "FORWARD"), end, networks=tuple(map(parse_cidr, texts)))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([one_end("saddr", NETWORK), ACCEPT], cidrs("from", "10.200.0.0/16")),
        ([one_end("daddr", NETWORK), COUNTER, ACCEPT], cidrs("to", "10.200.0.0/16")),
        ([one_end("daddr", "10.9.9.9"), ACCEPT], cidrs("to", "10.9.9.9/32")),
        ([COMMENT, one_end("saddr", "fd00::9"), ACCEPT], cidrs("from", "fd00::9/128")),
        (
            [one_end("saddr", {"set": [NETWORK, "10.9.9.9", RANGE]}), ACCEPT],
            cidrs("from", "10.200.0.0/16", "10.9.9.9/32"),
        ),
        ([link("iifname", "cbr0"), ACCEPT], Accepted(("ip", "filter", "FORWARD"), "from", "cbr0")),
        ([link("oifname", "cbr0"), ACCEPT], Accepted(("ip", "filter", "FORWARD"), "to", "cbr0")),
    ],
)
def test_one_end_and_no_more_is_understood(body: list[Any], expected: Accepted) -> None:
    assert found(("FORWARD", body)) == [expected]


@pytest.mark.parametrize(
    "body",
    [
        [],
        [ACCEPT],
        [one_end("saddr", NETWORK)],
        [one_end("saddr", NETWORK), {"drop": None}],
        [one_end("saddr", NETWORK, "!="), ACCEPT],
        [one_end("ttl", 1), ACCEPT],
        [one_end("saddr", "@pods"), ACCEPT],
        [one_end("saddr", 7), ACCEPT],
        [one_end("saddr", NETWORK), one_end("daddr", NETWORK), ACCEPT],
        [one_end("saddr", NETWORK), {"limit": {"rate": 1, "per": "second"}}, ACCEPT],
        [one_end("saddr", NETWORK), {"xt": {"type": "match", "name": "time"}}, ACCEPT],
        [one_end("saddr", NETWORK), {"xt": None}, ACCEPT],
        [link("iifname", ["cbr0"]), ACCEPT],
        [{"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": "new"}}, ACCEPT],
        [{"match": {"op": "==", "left": "saddr", "right": 7}}, ACCEPT],
        [{"match": {}}, ACCEPT],
        [one_end("saddr", NETWORK), {"accept": "yes"}],
    ],
)
def test_nothing_else_is(body: list[Any]) -> None:
    assert found(("FORWARD", body)) == []


def test_what_a_jump_without_condition_leads_to_counts_too() -> None:
    rule = [one_end("saddr", NETWORK), ACCEPT]
    jump = [COUNTER, {"jump": {"target": "DOCKER-USER"}}]
    back = [{"jump": {"target": "FORWARD"}}]
    narrow = [link("iifname", "eth0"), {"jump": {"target": "DOCKER-USER"}}]

    assert found(("FORWARD", jump), ("DOCKER-USER", back), ("DOCKER-USER", rule)) == [
        cidrs("from", "10.200.0.0/16")
    ]
    assert found(("FORWARD", narrow), ("DOCKER-USER", rule)) == []
    assert found(("FORWARD", jump), ("OTHER", rule)) == []


def test_what_is_no_rule_at_all_is_passed_over() -> None:
    assert list(accepted_in(FORWARD, [("FORWARD", body) for body in (b"", b"7", b"[7]")])) == []
