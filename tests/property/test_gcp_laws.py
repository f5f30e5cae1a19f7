"""Laws of the routes of Google Cloud: nothing is lost in translation, nor between two rounds."""

import re

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from podroute.model.cidr import Address, Cidr
from podroute.model.node import NodeName
from podroute.model.route import InstalledRoute, Route
from podroute.providers.gcp.inventory import Inventory, inventory_of
from podroute.providers.gcp.names import network_url, route_name
from podroute.providers.gcp.rounds import Found, Insert, Seen, by_destination, prepared
from podroute.providers.gcp.settings import GcpOptions, NameScheme, NextHopForm
from podroute.providers.gcp.translate import (
    insert_body,
    installed_route,
    same_route,
    wished_resource,
)
from podroute.providers.gcp.wire import Instance, NetworkInterface, RouteResource
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Adopt, Replace
from tests.property.strategies import V4_BLOCKS, V4_HOPS, V6_BLOCKS, V6_HOPS

FORMS: st.SearchStrategy[NextHopForm] = st.sampled_from(("address", "instance"))
SCHEMES: st.SearchStrategy[NameScheme] = st.sampled_from(("cidr", "cluster"))
OPTIONS = st.builds(
    GcpOptions,
    st.sampled_from(["kubernetes", "default"]),
    st.just("p"),
    st.sampled_from(["kubernetes", "foo", "foo-bar"]),
    FORMS,
    SCHEMES,
    st.sampled_from([0, 1, 999, 1000, 65535]),
    st.sampled_from(["", "a", "b,a"]),
)
BLOCK = "10.200.0.0/24"


def to_worker(destination: Cidr, hop: Address) -> Route:
    return Route(destination, hop, NodeName("worker-0"))


ROUTES = st.builds(to_worker, V4_BLOCKS, V4_HOPS) | st.builds(to_worker, V6_BLOCKS, V6_HOPS)


def inventory(options: GcpOptions, *hops: Address) -> Inventory:
    network = network_url(options)
    machines: list[Instance] = []
    for number, hop in enumerate(hops):
        link = f"{options.root}/projects/p/zones/z{number}/instances/worker-0"
        four, six = (str(hop), "") if hop.version == 4 else ("", str(hop))
        machines.append(Instance("worker-0", link, (NetworkInterface(network, four, six),)))
    return inventory_of(machines, options)


@given(ROUTES, OPTIONS)
def test_what_is_written_is_read_back_as_wished(route: Route, options: GcpOptions) -> None:
    machines = inventory(options, route.next_hop)
    wished = wished_resource(route, options, machines)
    sent = msgspec.json.encode(insert_body(wished))
    back = msgspec.json.decode(sent, type=RouteResource)

    assert back == wished
    assert same_route(back, wished)
    found = installed_route(back, options, machines)
    assert found is not None
    assert (found.destination, found.next_hop) == (route.destination, route.next_hop)
    assert (found.ownership, found.deviation, found.partial) == ("ours", "", False)
    assert found.preference == options.priority


@given(ROUTES, ROUTES, OPTIONS)
def test_two_blocks_have_two_names_that_google_takes(
    one: Route, other: Route, options: GcpOptions
) -> None:
    names = [route_name(route.destination, options) for route in (one, other)]

    assert (names[0] == names[1]) == (one.destination == other.destination)
    assert all(re.fullmatch("[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?", name) for name in names)


def present_route(name: str, hop: Address, priority: int, mark: str) -> RouteResource:
    return RouteResource(
        name, dest_range=BLOCK, priority=priority, description=mark, next_hop_ip=str(hop)
    )


OTHERS = st.lists(
    st.builds(
        present_route,
        st.sampled_from(["kubernetes-route-10-200-0-0-24", "x", "y", "z"]),
        V4_HOPS,
        st.sampled_from([0, 1, 2, 998, 999, 1000, 1001, 65534, 65535]),
        st.sampled_from(["", "podroute cluster=kubernetes", "podroute cluster=foo"]),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda one: one.name,
)


def seen(resources: list[RouteResource], options: GcpOptions, machines: Inventory) -> list[Found]:
    return [
        Found(one, resource)
        for resource in resources
        if isinstance(one := installed_route(resource, options, machines), InstalledRoute)
    ]


@given(OTHERS, V4_HOPS, OPTIONS, st.integers(0, 3))
def test_while_a_route_is_replaced_there_always_is_one_and_others_stay(
    others: list[RouteResource], hop: Address, options: GcpOptions, place: int
) -> None:
    machines = inventory(options, hop)
    present = [
        msgspec.structs.replace(one, network=network_url(options), tags=options.instance_tags)
        for one in others
    ]
    found = seen(present, options, machines)
    target = found[place % len(found)]
    route = to_worker(target.route.destination, hop)
    change = (Replace if target.route.ownership == "ours" else Adopt)(target.route, route)
    rounds = prepared(change, Seen(found=by_destination(found), inventory=machines), options)
    assert not isinstance(rounds, Done | Failed)

    now = {one.name: one for one in present}
    others_before = {name: one for name, one in now.items() if name != target.resource.name}
    for step in rounds:
        if isinstance(step, Insert):
            if step.resource.name in now and not same_route(now[step.resource.name], step.resource):
                return  # the API refuses it, and the rest is not tried
            now[step.resource.name] = step.resource
        else:
            del now[step.resource.name]
        assert now

    wished = wished_resource(route, options, machines)
    assert now == {**others_before, wished.name: wished}
