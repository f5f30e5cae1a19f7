"""Notes of host-local that are lost: the addresses that Pods have are not given to others."""

from dataclasses import replace

import pytest

from podroute.bridge.cni_conflist import FILE
from podroute.bridge.diagnosis import diagnose
from podroute.bridge.plan import Plan
from podroute.bridge.seen import Host, Link
from podroute.bridge.steps import NoteAddress
from podroute.model.cidr import parse_address
from tests.workers import DUAL, V4, after, lines, planned, with_cni, with_link, worker


def with_pods(cidrs: tuple[str, ...], number: int, addresses: str, noted: str = "") -> Host:
    """So many Pods that have these addresses."""
    host = worker(cidrs)
    bridge = host.link("cbr0")
    assert bridge is not None
    for one in range(20, 20 + number):
        port = Link(one, f"veth{one}", "", 1500, "veth", bridge.number, "podroute port of cbr0")
        host = with_link(host, replace(port, up=True))
    looked = replace(host, pod_addresses=tuple(map(parse_address, addresses.split())))
    return with_cni(looked, in_use=noted) if noted else looked


def noted(plan: Plan) -> list[str]:
    return [str(one.address) for one in plan.steps if isinstance(one, NoteAddress)]


@pytest.mark.parametrize(
    ("cidrs", "pods", "addresses", "present", "expected"),
    [
        (V4, 2, "10.200.0.9 10.200.0.10", "", ["10.200.0.9", "10.200.0.10"]),
        (V4, 2, "10.200.0.9 10.200.0.10", "10.200.0.9", ["10.200.0.10"]),
        (V4, 2, "10.200.0.9 10.200.0.10", "10.200.0.9 10.200.0.10", []),
        (V4, 2, "10.200.0.9 10.200.0.9", "", ["10.200.0.9"]),
        (V4, 2, "10.200.0.1 10.9.9.9 fe80::9 127.0.0.1", "", []),
        (V4, 1, "10.200.0.9 10.200.0.10 10.200.0.11", "", ["10.200.0.9"]),
        (V4, 1, "10.200.0.9 10.200.0.10", "10.200.0.9", []),
        (V4, 1, "10.200.0.9", "10.200.0.1", ["10.200.0.9"]),  # that is no Pod's
        (V4, 1, "10.200.0.9", "10.200.0.7 10.200.0.8", []),
        (DUAL, 1, "10.200.0.9 fd00:10:200::9", "", ["10.200.0.9", "fd00:10:200::9"]),
        (DUAL, 1, "10.200.0.9 fd00:10:200::9", "10.200.0.9", ["fd00:10:200::9"]),
    ],
)
def test_of_each_pod_without_a_note_one_address_a_family_is_noted(
    cidrs: tuple[str, ...], pods: int, addresses: str, present: str, expected: list[str]
) -> None:
    host = with_pods(cidrs, pods, addresses, present)
    plan = planned(host, cidrs)

    assert noted(plan) == expected
    assert noted(planned(after(host, plan.steps), cidrs)) == []


def test_it_is_told_and_the_step_says_why() -> None:
    told = lines(planned(with_pods(V4, 1, "10.200.0.9")))

    assert told == ["+ host-local's note of 10.200.0.9: a Pod has it"]


def test_check_worker_names_each_of_them() -> None:
    host = with_pods(V4, 1, "10.200.0.9")
    plan = planned(host)

    failed = [one for one in diagnose(plan, None, host) if one.id == "unnoted"]

    assert [one.subject for check in failed for one in check.problems] == ["10.200.0.9"]


@pytest.mark.parametrize(
    ("pods", "present", "short"),
    [(0, "", False), (1, "", True), (1, "10.200.0.9", False), (2, "10.200.0.9", True)],
)
def test_pods_are_looked_at_where_fewer_addresses_are_noted(
    pods: int, present: str, *, short: bool
) -> None:
    host = replace(with_pods(V4, pods, "", present), pod_addresses=None)

    plan = planned(host)

    assert plan.short == short
    assert not plan.unsure
    assert noted(plan) == []
    assert not planned(replace(host, pod_addresses=())).short


@pytest.mark.parametrize("files", [{}, {"05-other.conf": "{}"}])
def test_what_no_runtime_reads_needs_no_notes(files: dict[str, str]) -> None:
    """Before our file is first written another decision is made; and others have other notes."""
    host = with_pods(V4, 1, "10.200.0.9")
    host = with_cni(host, files={**files, **({FILE: host.cni.files[FILE]} if files else {})})

    assert noted(planned(host)) == []
    assert not planned(replace(host, pod_addresses=None)).short
