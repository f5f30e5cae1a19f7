"""Which settings go back to what they were, and which are somebody else's by now?"""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from podroute.bridge.as_found import SettingsRecord, as_found, changed_since
from podroute.bridge.seen import DefaultRoute, Host
from podroute.bridge.steps import line
from tests.workers import DUAL, after, fresh, noted, planned, with_sysctls, worker

LED = replace(fresh(), default_routes=(DefaultRoute(2, 6, by_ra=True),))
ETH0 = {"ipv4": "ipv4/conf/eth0/forwarding", "ipv6": "ipv6/conf/eth0/forwarding"}


def led() -> Host:
    """A worker whose ``accept_ra`` is 2, and was 1."""
    return after(LED, planned(LED, DUAL).steps)


def put_back(host: Host, record: SettingsRecord) -> dict[str, str]:
    """What is otherwise then than on a fresh machine."""
    left = after(host, as_found(host, record))
    return {key: now for key, now in left.sysctls.items() if fresh().sysctls.get(key, now) != now}


@pytest.mark.parametrize(
    ("changed", "stays"),
    [
        ({}, {}),
        ({"ipv6/conf/eth0/accept_ra": "0"}, {"ipv6/conf/eth0/accept_ra": "0"}),
        ({"ipv6/conf/eth0/accept_ra": "1"}, {}),
    ],
)
def test_what_somebody_has_changed_since_is_left(
    changed: Mapping[str, str], stays: Mapping[str, str]
) -> None:
    record = noted(led(), LED)

    assert put_back(with_sysctls(led(), changed), record) == stays


def test_what_is_left_is_told_with_what_it_was() -> None:
    record = noted(led(), LED)
    theirs = with_sysctls(led(), {"ipv6/conf/eth0/accept_ra": "0"})
    back = with_sysctls(led(), {"ipv6/conf/eth0/accept_ra": "1"})
    gone = replace(led(), sysctls={})
    unknown = replace(record, found={})

    assert list(changed_since(theirs, record)) == [
        "sysctl net.ipv6.conf.eth0.accept_ra = 0: somebody has changed it since; it was 1 before"
    ]
    for host, of in ((led(), record), (back, record), (gone, record), (theirs, unknown)):
        assert list(changed_since(host, of)) == []


def test_what_the_agent_has_never_set_is_nobodys_but_theirs() -> None:
    others = {"ipv6/conf/eth0/disable_ipv6": "0", "ipv4/conf/eth0/rp_filter": "1"}
    found = with_sysctls(fresh(), others)
    record = noted(after(found, planned(found, DUAL).steps), found)
    host = with_sysctls(
        worker(DUAL), {"ipv6/conf/eth0/disable_ipv6": "1", "ipv4/conf/eth0/rp_filter": "2"}
    )

    assert not [one for one in as_found(host, record) if one.key in others]


def test_a_switch_that_the_kernel_has_no_longer_is_not_put_back() -> None:
    switch = "ipv6/conf/all/forwarding"
    kept = {key: text for key, text in fresh().sysctls.items() if key != switch}

    assert list(as_found(replace(fresh(), sysctls=kept), SettingsRecord({switch: "0"}))) == []


def test_a_switch_that_somebody_has_turned_stays_with_all_that_it_took_along() -> None:
    found = with_sysctls(fresh(), {"ipv4/ip_forward": "1", ETH0["ipv4"]: "1"})
    given = {"ipv4/ip_forward": "1"}  # it was repaired once
    host = with_sysctls(found, {"ipv4/ip_forward": "0", ETH0["ipv4"]: "0"})
    record = SettingsRecord(found.sysctls, given)

    assert list(as_found(host, record)) == []
    assert list(changed_since(host, record)) == [
        "sysctl net.ipv4.ip_forward = 0: somebody has changed it since; it was 1 before"
    ]


def test_a_link_that_somebody_has_switched_keeps_that_when_all_are_switched_back() -> None:
    found = with_sysctls(fresh(), {ETH0["ipv4"]: "1", "ipv4/conf/all/accept_redirects": "0"})
    record = noted(worker(DUAL), found)
    theirs = {ETH0["ipv4"]: "0", "ipv4/conf/all/accept_redirects": "1"}
    host = with_sysctls(worker(DUAL), theirs)

    assert list(map(line, as_found(host, record))) == [
        "~ sysctl net.ipv4.ip_forward = 0: as it was found",
        "~ sysctl net.ipv6.conf.all.forwarding = 0: as it was found",
        "~ sysctl net.ipv4.conf.all.accept_redirects = 1: as somebody has set it since",
        "~ sysctl net.ipv4.conf.eth0.forwarding = 0: as somebody has set it since",
        "~ sysctl net.ipv6.conf.eth0.forwarding = 0: as it was found",
    ]


def test_a_cleanup_that_was_ended_between_the_switch_and_its_links_is_finished() -> None:
    found = with_sysctls(fresh(), {ETH0["ipv4"]: "1", "ipv4/conf/all/accept_redirects": "0"})
    found = with_sysctls(found, {"ipv4/conf/eth1/forwarding": "0"})
    host = after(found, planned(found).steps)
    first = next(as_found(host, noted(host, found)))
    cut = with_sysctls(after(host, [first]), {"ipv4/conf/all/accept_redirects": "1"})
    record = SettingsRecord(found.sysctls, {**noted(host, found).given, first.key: first.value})

    finished = after(cut, as_found(cut, record))

    assert cut.sysctls[ETH0["ipv4"]] == "0"
    assert {key: finished.sysctls[key] for key in found.sysctls} == found.sysctls
