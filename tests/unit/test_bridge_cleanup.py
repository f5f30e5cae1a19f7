"""Is the machine as it was found, once the agent has gone?"""

from dataclasses import replace

import pytest

from podroute.bridge.as_found import SettingsRecord
from podroute.bridge.cleanup import cleanup, stays
from podroute.bridge.cni_conflist import FILE
from podroute.bridge.seen import Chain, Firewall, Host, Link, Rule
from podroute.bridge.steps import line
from tests.workers import (
    DUAL,
    after,
    fresh,
    noted,
    planned,
    with_cni,
    with_link,
    with_sysctls,
    worker,
)

POD = Link(9, "veth9", kind="veth", up=True)


def cleaned(host: Host, found: Host) -> Host:
    return after(host, cleanup(host, "cbr0", noted(host, found)))


@pytest.mark.parametrize("cidrs", [("10.200.0.0/24",), DUAL])
def test_nothing_is_left(cidrs: tuple[str, ...]) -> None:
    assert cleaned(worker(cidrs), fresh()) == replace(fresh(), cni=cleaned(fresh(), fresh()).cni)


def test_on_a_machine_that_was_no_worker_there_is_nothing_to_do() -> None:
    assert list(cleanup(fresh(), "cbr0", SettingsRecord())) == []
    assert list(cleanup(fresh(), "cbr0", noted(fresh(), fresh()))) == []


def test_the_runtime_is_told_first() -> None:
    first, *_ = cleanup(worker(), "cbr0", noted(worker(), fresh()))

    assert line(first) == "- CNI configuration 10-podroute.conflist"


def test_a_first_writing_that_was_killed_goes_too() -> None:
    cni = replace(worker().cni, files={}, begun=frozenset({FILE}))
    host = replace(worker(), cni=cni)

    first, *_ = cleanup(host, "cbr0", noted(host, fresh()))

    assert line(first) == "- CNI configuration 10-podroute.conflist"
    assert not [words for words in stays(host, "cbr0", noted(host, fresh())) if FILE in words]


def test_each_thing_goes_once_and_in_this_order() -> None:
    found = with_sysctls(fresh(), {"ipv4/conf/all/forwarding": "0"})
    host = with_sysctls(worker(DUAL), {"ipv4/conf/all/forwarding": "1"})
    bridge = host.link("cbr0")
    assert bridge is not None
    port = replace(POD, master=bridge.number, alias="podroute port of cbr0")
    host = with_link(host, port)

    assert list(map(line, cleanup(host, "cbr0", noted(host, found)))) == [
        "- CNI configuration 10-podroute.conflist",
        "~ link veth9 alias '': no longer watched",
        "- bridge cbr0",
        "~ sysctl net.ipv4.ip_forward = 0: as it was found",
        "~ sysctl net.ipv6.conf.all.forwarding = 0: as it was found",
        "~ sysctl net.ipv4.conf.eth0.forwarding = 0: as it was found",
        "~ sysctl net.ipv6.conf.eth0.forwarding = 0: as it was found",
        "- nftables table inet podroute: no longer watched",
        "- nftables table bridge podroute: no longer watched",
    ]


def test_a_worker_that_forwarded_before_still_forwards() -> None:
    found = with_sysctls(fresh(), {"ipv4/ip_forward": "1", "ipv4/conf/eth0/forwarding": "1"})
    host = after(found, planned(found).steps)

    assert cleaned(host, found).sysctls == found.sysctls


def test_a_link_that_forwarded_alone_does_so_again() -> None:
    found = with_sysctls(fresh(), {"ipv6/conf/eth0/forwarding": "1"})
    host = after(found, planned(found, DUAL).steps)

    assert cleaned(host, found).sysctls == found.sysctls


def test_settings_of_others_and_of_links_that_are_gone_are_left() -> None:
    record = noted(worker(), fresh())
    host = with_sysctls(worker(), {"ipv4/conf/eth0/rp_filter": "2"})
    found = {**record.found, "ipv4/conf/eth0/rp_filter": "1", "ipv4/conf/ppp0/forwarding": "0"}

    steps = list(map(line, cleanup(host, "cbr0", replace(record, found=found))))

    assert not any("rp_filter" in step or "ppp0" in step for step in steps)


def test_what_was_found_of_a_bridge_that_goes_is_not_put_back() -> None:
    host = worker()
    record = noted(host, with_sysctls(fresh(), {"ipv4/conf/cbr0/forwarding": "0"}))

    assert not any("cbr0.forwarding" in line(step) for step in cleanup(host, "cbr0", record))


def test_a_bridge_that_was_there_stays_with_its_ports() -> None:
    found = with_link(fresh(), Link(5, "cbr0", kind="bridge", up=True), "10.200.0.1/24")
    found = with_link(found, replace(POD, master=5))
    host = after(found, planned(found).steps)
    host = after(host, planned(host).steps)

    left = cleaned(host, found)

    bridge, port = left.link("cbr0"), left.link("veth9")
    assert bridge is not None
    assert port is not None
    assert (bridge.alias, port.alias, port.master) == ("", "", 5)


def test_a_bridge_that_stays_gets_its_settings_back() -> None:
    found = with_link(fresh(), Link(5, "cbr0", kind="bridge", up=True), "10.200.0.1/24")
    found = with_sysctls(
        found, {"ipv6/conf/cbr0/accept_ra": "1", "ipv6/conf/cbr0/disable_ipv6": "1"}
    )
    host = after(found, planned(found).steps)

    steps = list(map(line, cleanup(host, "cbr0", noted(host, found))))

    assert "~ link cbr0 alias '': it was there before" in steps
    assert "~ sysctl net.ipv6.conf.cbr0.accept_ra = 1: as it was found" in steps


def test_a_foreign_bridge_is_not_touched() -> None:
    foreign = with_link(fresh(), Link(5, "cbr0", kind="bridge"), "172.17.0.1/16")

    assert list(cleanup(foreign, "cbr0", SettingsRecord())) == []


@pytest.mark.parametrize(
    ("bridge", "goes"),
    [
        (Link(5, "cbr0", "0a:58:0a:c8:00:01", kind="bridge"), True),
        (Link(5, "cbr0", "0a:58:0a:c8:00:01", kind="bridge", up=True), False),
        (Link(5, "cbr0", "02:58:0a:c8:00:01", kind="bridge"), False),
        (Link(5, "cbr0", "0a:58:0a:c8:00:01", kind="dummy"), False),
    ],
)
def test_a_bridge_that_a_killed_pass_has_made_goes_too(bridge: Link, *, goes: bool) -> None:
    host = with_link(fresh(), bridge)
    record = SettingsRecord({"ipv6/conf/cbr0/accept_ra": "1"}, {"ipv6/conf/cbr0/accept_ra": "0"})

    steps = list(map(line, cleanup(host, "cbr0", record)))

    assert steps == (["- bridge cbr0"] if goes else [])
    used = with_link(fresh(), bridge, "10.200.0.1/24")
    assert list(cleanup(used, "cbr0", SettingsRecord())) == []


@pytest.mark.parametrize(
    ("chains", "rules"),
    [
        ((Chain("ip", "podroute", "x"), Chain("inet", "other", "x")), (Rule("inet", "left"),)),
        ((Chain("inet", "podroute", "x"),), ()),
    ],
)
def test_half_a_table_goes_too(chains: tuple[Chain, ...], rules: tuple[Rule, ...]) -> None:
    host = replace(fresh(), firewall=Firewall(chains, rules))

    assert list(map(line, cleanup(host, "cbr0", SettingsRecord()))) == [
        "- nftables table inet podroute: no longer watched"
    ]


def test_the_agents_bridge_goes_whatever_name_the_cleanup_is_given() -> None:
    host = worker()
    bridge = host.link("cbr0")
    assert bridge is not None
    host = with_link(host, replace(POD, master=bridge.number, alias="podroute port of cbr0"))
    adopted = with_link(host, Link(30, "br1", kind="bridge", alias="podroute (adopted)"))
    docker = with_link(adopted, Link(31, "docker0", kind="bridge", alias="Anna's"))

    left = after(docker, cleanup(docker, "cbr9", noted(docker, fresh())))

    assert {one.name: one.alias for one in left.links} == {
        "lo": "",
        "eth0": "",
        "veth9": "",
        "br1": "",
        "docker0": "Anna's",
    }
    assert left.sysctls == fresh().sysctls


def test_what_cannot_be_known_is_said() -> None:
    host = worker()
    record = noted(host, fresh())
    elsewhere = with_cni(host, files={})
    foreign = with_cni(host, files={"05-other.conflist": "{}"})

    assert list(stays(host, "cbr0", record)) == []
    assert list(stays(fresh(), "cbr0", SettingsRecord())) == []
    (settings,) = stays(host, "cbr0", SettingsRecord())
    assert settings == (
        "the kernel's settings: there is no note of what they were; "
        "if the agent had another --state-dir, give that one"
    )
    (file,) = stays(elsewhere, "cbr0", record)
    assert file == (
        "10-podroute.conflist: it is not where it is looked for; "
        "if the agent had another --cni-conf-dir, remove it there"
    )
    assert list(stays(foreign, "cbr0", record)) == []


def test_of_either_a_bridge_or_a_table_it_is_said_that_no_setting_is_known() -> None:
    bridge = replace(worker(), firewall=Firewall())
    table = replace(fresh(), firewall=Firewall((Chain("inet", "podroute", "x"),)))

    for host in (bridge, with_cni(table, files={FILE: ""})):
        (settings,) = stays(host, "cbr0", SettingsRecord())
        assert settings.startswith("the kernel's settings: there is no note of what they were")


def test_of_a_bridge_that_a_killed_pass_has_made_no_setting_stays() -> None:
    host = with_link(fresh(), Link(5, "cbr0", "0a:58:0a:c8:00:01", kind="bridge"))
    key = "ipv6/conf/cbr0/accept_ra"
    record = SettingsRecord({key: "1"}, {key: "0"})

    left = list(stays(with_sysctls(host, {key: "2"}), "cbr0", record))

    assert left == []
