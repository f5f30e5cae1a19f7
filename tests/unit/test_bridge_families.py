"""What a worker is like whose kernel has one family only."""

from dataclasses import replace
from ipaddress import ip_interface

import pytest

from podroute.bridge.desired import desire
from podroute.bridge.diagnosis import diagnose
from podroute.bridge.plan import plan_host
from podroute.bridge.seen import Host
from podroute.model.cidr import parse_cidr
from tests.workers import DUAL, USUAL, V4, after, fresh, lines, planned

V6 = DUAL[1:]


def without_ipv6(host: Host) -> Host:
    """It was booted with ipv6.disable=1."""
    kept = {key: text for key, text in host.sysctls.items() if not key.startswith("ipv6/")}
    return replace(host, sysctls=kept)


ALONE = without_ipv6(fresh())


@pytest.mark.parametrize("cidrs", [DUAL, DUAL[::-1]])
def test_ipv4_goes_on_where_the_kernel_has_no_ipv6(cidrs: tuple[str, ...]) -> None:
    plan = planned(ALONE, cidrs)

    assert [one.what for one in plan.blocked] == ["podCIDR fd00:10:200::/64"]
    assert plan.served == tuple(map(parse_cidr, V4))
    assert "+ address 10.200.0.1/24 on cbr0" in lines(plan)
    assert [one for one in lines(plan) if "fd00" in one or "net.ipv6" in one] == []
    assert planned(after(ALONE, plan.steps), cidrs).steps == ()


def test_with_no_other_family_nothing_is_done() -> None:
    plan = planned(ALONE, V6)

    assert (plan.steps, plan.served) == ((), ())
    assert plan.blocked[0].reason.startswith("this kernel has no IPv6: boot it without")


def test_a_former_gateway_of_a_family_that_is_gone_is_no_step() -> None:
    host = after(ALONE, planned(ALONE).steps)
    former = (ip_interface("fd00:10:200:7::1/64"), ip_interface("10.200.7.1/24"))
    wish = desire(tuple(map(parse_cidr, DUAL)), host, USUAL)

    plan = plan_host(replace(wish, retained=former), host)

    added = [one for one in lines(plan) if one.startswith("+ address")]
    assert added == ["+ address 10.200.7.1/24 on cbr0"]


def test_the_check_names_the_family() -> None:
    checks = diagnose(planned(ALONE, DUAL), None, ALONE)

    (problem,) = next(one for one in checks if one.id == "pod-cidr").problems
    assert problem.subject == "podCIDR fd00:10:200::/64"
