"""Laws: what is sent to a router with an HTTPS API makes exactly the wished route, and no other."""

from collections.abc import Mapping
from copy import deepcopy

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from podroute.providers.routeros.changes import Entries as Items
from podroute.providers.routeros.changes import prepared as requests
from podroute.providers.routeros.settings import RouterosOptions
from podroute.providers.routeros.translate import is_wished as is_wished_item
from podroute.providers.routeros.translate import route_table as item_table
from podroute.providers.vyos.changes import Entries, prepared
from podroute.providers.vyos.settings import VyosOptions
from podroute.providers.vyos.translate import is_wished, route_table
from podroute.providers.vyos.wire import answers_of, below
from podroute.routing.steps import Replace
from podroute.testing.vyos.lines import OPERATIONS
from tests.builders import route
from tests.unit.routeros_items import MARK, OURS, Fields, answers
from tests.unit.vyos_nodes import DESTINATION, Tree

HOPS = st.sampled_from(["10.240.0.30", "10.240.0.31", "10.240.0.32"])
DISTANCES = st.integers(1, 3)
NOTHING: Tree = {}


def tree(node: Mapping[str, object]) -> Tree:
    return dict(node)


VYOS_WAYS = st.fixed_dictionaries(
    {},
    optional={
        "distance": DISTANCES.map(str),
        "disable": st.just(NOTHING),
        "interface": st.sampled_from(["eth0", "eth1"]),
    },
).map(tree)
VYOS_NODES = st.fixed_dictionaries(
    {"description": st.sampled_from([MARK, f"{MARK} rack 7"])},
    optional={
        "next-hop": st.dictionaries(HOPS, VYOS_WAYS, min_size=1),
        "blackhole": VYOS_WAYS,
        "interface": st.dictionaries(st.sampled_from(["eth0", "eth1"]), VYOS_WAYS, min_size=1),
        "dhcp-interface": st.just("eth2"),
    },
).map(tree)


@given(VYOS_NODES, HOPS, DISTANCES)
def test_any_node_of_ours_becomes_the_wished_one_by_the_lines_that_differ(
    node: Tree, hop: str, distance: int
) -> None:
    options = VyosOptions("https://r", key_file="/k", distance=distance)
    wish = route(DESTINATION, hop)
    other: Tree = {"10.201.0.0/24": deepcopy(node)}
    running: Tree = {"protocols": {"static": {"route": {DESTINATION: deepcopy(node), **other}}}}
    found = answers_of({"route": {DESTINATION: node}}, {}, "")
    (mine,) = route_table(found, options).routes

    plan = prepared(Replace(mine, wish), Entries(found.entries), options)

    for line in plan if isinstance(plan, tuple) else ():
        OPERATIONS[line.op](running, line.path)
    after = answers_of(below(running, ("protocols", "static")), {}, "").entries
    there = {str(one.destination): one for one in after}
    assert is_wished(there[DESTINATION], wish, options)
    assert there[DESTINATION].description == node["description"]
    assert below(running, ("protocols", "static", "route", "10.201.0.0/24")) == node


ITEMS = st.fixed_dictionaries(
    {"gateway": HOPS, "distance": DISTANCES.map(str)},
    optional={
        "disabled": st.sampled_from(["true", "false"]),
        "check-gateway": st.sampled_from(["ping", "none"]),
        "scope": st.sampled_from(["30", "40"]),
        "target-scope": st.sampled_from(["10", "11"]),
        "pref-src": st.sampled_from(["", "10.0.0.1"]),
    },
)


@given(ITEMS, HOPS, DISTANCES)
def test_any_item_of_ours_becomes_the_wished_one_by_one_request(
    fields: Fields, hop: str, distance: int
) -> None:
    options = RouterosOptions("https://r", password_file="/p", distance=distance)  # noqa: S106
    wish = route(DESTINATION, hop)
    item: Fields = {**OURS, **fields}
    found = answers(item)
    mine = item_table(found, options).routes[0]

    plan = requests(Replace(mine, wish), Items(found.entries), options)

    changes: Fields = {}
    if isinstance(plan, tuple):
        (call,) = plan
        assert (call.method, call.path) == ("PATCH", "/ip/route/*1")
        changes = decoded(call.body)
    assert is_wished_item(answers({**item, **changes}).entries[0], wish, options)
    assert changes.items().isdisjoint(item.items())


def decoded(body: bytes) -> Fields:
    return msgspec.json.decode(body, type=dict[str, str])
