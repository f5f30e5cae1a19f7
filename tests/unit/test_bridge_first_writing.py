"""A bridge with Pods of somebody else: the runtime is told when their addresses are free."""

import json
from dataclasses import replace

import pytest

from podroute.bridge.cni_conflist import FILE
from podroute.bridge.desired import AgentSettings
from podroute.bridge.plan import Plan
from podroute.bridge.seen import Host, Link
from podroute.bridge.steps import Blocked, WriteConflist
from podroute.model.cidr import parse_address
from tests.workers import DUAL, USUAL, V4, fresh, planned, with_cni, with_link, worker

FOUND = Link(5, "cbr0", "02:00:00:00:00:05", kind="bridge", up=True)
UNSEEN = (
    "it cannot be seen which addresses the Pods behind cbr0 have, and new Pods could get the same: "
    "run it as root, or with CAP_NET_ADMIN; the next look tries again"
)


def drain(addresses: str) -> str:
    return (
        f"drain these Pods first (kubectl get pods -A -o wide): {addresses}; host-local has not "
        "noted their addresses and would give them to new Pods; "
        "the file is written when the last is gone"
    )


def found(*addresses: str, known: bool = True) -> Host:
    """As kubenet leaves it, with a Pod for each of the addresses."""
    host = with_link(fresh(), FOUND, "10.200.0.1/24")
    for number, _ in enumerate(addresses, 20):
        host = with_link(host, Link(number, f"veth{number}", kind="veth", master=5, up=True))
    pods = tuple(map(parse_address, addresses))
    return replace(host, pod_addresses=pods if known else None)


def is_told(plan: Plan) -> bool:
    return any(isinstance(one, WriteConflist) for one in plan.steps)


def reasons(plan: Plan) -> list[str]:
    assert {one.what for one in plan.blocked} <= {f"CNI configuration {FILE}"}
    return [one.reason for one in plan.blocked]


@pytest.mark.parametrize(
    ("pods", "words"),
    [
        (["10.200.0.10", "10.200.0.9", "10.9.9.9", "10.200.0.9"], "10.200.0.9, 10.200.0.10"),
        (["fd00:10:200::5", "10.200.0.9"], "10.200.0.9, fd00:10:200::5"),
        (
            [f"10.200.0.{number}" for number in range(2, 9)],
            "10.200.0.2, 10.200.0.3, 10.200.0.4, 10.200.0.5, 10.200.0.6 and 2 more",
        ),
        (
            [f"10.200.0.{number}" for number in range(2, 7)],
            "10.200.0.2, 10.200.0.3, 10.200.0.4, 10.200.0.5, 10.200.0.6",
        ),
    ],
)
def test_pods_whose_addresses_would_be_given_again_are_drained_first(
    pods: list[str], words: str
) -> None:
    plan = planned(found(*pods), DUAL)

    assert reasons(plan) == [drain(words)]
    assert not is_told(plan)
    assert not plan.unsure
    assert len(plan.steps) > 5  # all else is done


def test_the_runtime_is_told_when_the_last_is_gone() -> None:
    for host in (found(), found("10.9.9.9"), with_cni(found("10.200.0.9"), in_use="10.200.0.9")):
        assert reasons(planned(host)) == []
        assert is_told(planned(host))


def test_pods_that_were_not_looked_at_may_have_any_address() -> None:
    plan = planned(found("10.200.0.9", known=False))

    assert reasons(plan) == [UNSEEN]
    assert plan.unsure
    assert not is_told(plan)
    assert is_told(planned(found(known=False)))


def test_addresses_elsewhere_on_the_machine_are_no_pods_of_the_bridge() -> None:
    elsewhere = replace(fresh(), pod_addresses=(parse_address("10.200.0.9"),))

    assert reasons(planned(elsewhere)) == []
    assert is_told(planned(elsewhere))


def with_pod(host: Host, *, known: bool = True) -> Host:
    """One that no note tells of."""
    bridge = host.link("cbr0")
    assert bridge is not None
    port = Link(20, "veth20", "", 1500, "veth", bridge.number, "podroute port of cbr0", up=True)
    return replace(
        with_link(host, port), pod_addresses=(parse_address("10.200.0.9"),) if known else None
    )


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("cidrs", [V4, ("10.200.0.0/25",)])
def test_a_runtime_that_was_told_is_told_what_changes(
    cidrs: tuple[str, ...], *, known: bool
) -> None:
    """Without the file no Pod would start on a Node that is Ready."""
    plan = planned(with_pod(worker(), known=known), cidrs)

    assert reasons(plan) == []
    assert is_told(plan) == (cidrs != V4)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        json.dumps({"plugins": [{"type": "bridge", "bridge": "br9", "ipam": {}}]}),
        json.dumps({"plugins": [{"type": "bridge", "bridge": "cbr0", "ipam": {"type": "dhcp"}}]}),
    ],
)
def test_a_file_of_another_network_under_our_name_is_the_first_writing_too(text: str) -> None:
    host = with_cni(with_pod(worker()), files={FILE: text})

    assert reasons(planned(host)) == [drain("10.200.0.9")]
    noted = with_cni(host, in_use="10.200.0.9")
    assert is_told(planned(noted))


@pytest.mark.parametrize(
    "settings",
    [
        replace(USUAL, data_folder="/elsewhere"),
        replace(USUAL, bridge="cbr1"),
    ],
)
def test_other_notes_and_another_bridge_begin_anew(settings: AgentSettings) -> None:
    plan = planned(with_pod(worker()), V4, settings)

    assert reasons(plan) == [drain("10.200.0.9")]


def test_what_is_in_the_way_is_told_before_the_pods() -> None:
    other = with_cni(found("10.200.0.9", known=False), files={"05-other.conf": "{}"})
    bare = with_cni(found("10.200.0.9", known=False), plugins={})

    for host in (other, bare):
        plan = planned(host)
        assert "10.200.0.9" not in plan.blocked[0].reason
        assert not plan.unsure


def test_somebody_elses_file_for_the_same_goes_on_in_use() -> None:
    ipam = {"type": "host-local", "subnet": "10.200.0.0/24"}
    text = json.dumps({"type": "bridge", "bridge": "cbr0", "ipam": ipam})

    plan = planned(with_cni(found("10.200.0.9", known=False), files={"05-own.conf": text}))

    assert plan.blocked == ()
    assert not plan.unsure
    assert not is_told(plan)


def test_it_is_a_matter_of_the_cni_configuration() -> None:
    (blocked,) = planned(found("10.200.0.9")).blocked

    assert blocked == Blocked(f"CNI configuration {FILE}", drain("10.200.0.9"))
