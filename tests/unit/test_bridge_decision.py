"""The whole decision about a worker, as an agent and podroute check worker take it."""

from dataclasses import replace
from ipaddress import ip_interface

import pytest

from podroute.bridge.decision import NodeClaim, decide
from podroute.bridge.seen import Host, Link
from podroute.model.cidr import parse_address, parse_cidr
from tests.builders import SEED_RULES
from tests.workers import USUAL, V4, fresh, lines, planned, with_cni, with_link, worker

CLAIM = NodeClaim(tuple(map(parse_cidr, V4)), (parse_address("10.240.0.30"),))
PORT = Link(41, "veth1", kind="veth", master=40, up=True)


def called(name: str, host: Host) -> Host:
    bridge = host.link("cbr0")
    assert bridge is not None
    return with_link(host, replace(bridge, name=name))


def test_a_claim_that_can_be_is_planned() -> None:
    decision = decide(CLAIM, fresh(), USUAL, SEED_RULES)

    assert (decision.plan, decision.host) == (planned(fresh(), ips="10.240.0.30"), fresh())
    assert decision.wish is not None


def test_one_that_cannot_be_is_blocked_and_nothing_is_wished() -> None:
    claim = NodeClaim((parse_cidr("10.240.0.0/24"),))

    decision = decide(claim, fresh(), USUAL, SEED_RULES)

    assert (decision.plan.steps, decision.wish, decision.host) == ((), None, fresh())
    assert [one.what for one in decision.plan.blocked] == ["podCIDR 10.240.0.0/24"]


def test_a_renamed_bridge_is_seen_by_its_name() -> None:
    decision = decide(CLAIM, called("cbr9", worker()), USUAL, SEED_RULES)

    assert decision.host.link("cbr0") is not None
    assert lines(decision.plan)[0] == "~ link cbr9 name 'cbr0': it is ours by its mark"


def test_what_a_runtime_has_made_in_the_place_of_a_renamed_bridge_is_named() -> None:
    """By IPv6 alone nothing of the podCIDR is left on a bridge that was down."""
    ours = called("cbr9", worker(("fd00:10:200::/64",)))
    bridge = ours.link("cbr9")
    assert bridge is not None
    bare = replace(ours, addresses=tuple(one for one in ours.addresses if one[0] != bridge.number))
    host = with_link(with_link(bare, Link(40, "cbr0", kind="bridge", up=True)), PORT)
    host = with_link(host, replace(PORT, number=42, name="veth2"))
    claim = NodeClaim((parse_cidr("fd00:10:200::/64"),))

    decision = decide(claim, host, USUAL, SEED_RULES)

    assert (decision.plan.steps, decision.wish) == ((), None)
    assert [(one.what, one.reason) for one in decision.plan.blocked] == [
        (
            "bridge cbr0",
            (
                "cbr9 is podroute's bridge, by its mark, and cbr0 is not: "
                "remove cbr0 (ip link delete cbr0), "
                "then the Pods behind it, which are cut off (veth1, veth2); or give --bridge cbr9"
            ),
        )
    ]


def test_what_has_the_name_and_no_pods_is_named_alone() -> None:
    host = with_link(called("cbr9", worker()), Link(40, "cbr0", kind="dummy"))

    (blocked,) = decide(CLAIM, host, USUAL, SEED_RULES).plan.blocked

    assert blocked.reason.endswith("remove cbr0 (ip link delete cbr0); or give --bridge cbr9")


@pytest.mark.parametrize("host", [fresh(), called("cbr9", worker())])
def test_a_link_that_has_the_name_as_another_one_is_named(host: Host) -> None:
    """The kernel gives it to no bridge, made anew or renamed."""
    uplink = host.link("eth0")
    assert uplink is not None
    other = with_link(host, replace(uplink, other_names=("an-uplink", "cbr0")))

    decision = decide(CLAIM, other, USUAL, SEED_RULES)

    assert (decision.plan.steps, decision.wish) == ((), None)
    assert [(one.what, one.reason) for one in decision.plan.blocked] == [
        (
            "bridge cbr0",
            (
                "cbr0 is another name (altname) of eth0: take it off "
                "(ip link property del dev eth0 altname cbr0), or give another name by --bridge"
            ),
        )
    ]


def test_other_names_of_links_are_no_matter() -> None:
    bridge = worker().link("cbr0")
    assert bridge is not None
    host = with_link(worker(), replace(bridge, other_names=("pods0", "cbr1")))

    assert decide(CLAIM, host, USUAL, SEED_RULES).plan == planned(worker(), ips="10.240.0.30")


def test_two_bridges_with_our_mark_are_no_renamed_one() -> None:
    two = with_link(worker(), Link(40, "cbr8", kind="bridge", alias="podroute"))

    assert decide(CLAIM, two, USUAL, SEED_RULES).plan.blocked == ()


def test_gateways_before_come_back_for_the_pods_that_need_them() -> None:
    former, late, unused = map(ip_interface, ("10.200.7.1/24", "10.200.8.1/24", "10.200.9.1/24"))
    host = with_cni(worker(), in_use="10.200.7.5 10.200.8.5")
    claim = replace(CLAIM, former=(former,), released=(late, unused))

    wish = decide(claim, host, USUAL, SEED_RULES).wish

    assert wish is not None
    assert wish.retained == (former, late)
