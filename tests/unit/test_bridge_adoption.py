"""Is a bridge that was taken over given back as it was found?"""

from dataclasses import replace
from pathlib import Path

import pytest

from podroute.agent.links_note import LinksNote
from podroute.bridge.adoption import FoundLink, found_links, give_back_port
from podroute.bridge.as_found import SettingsRecord
from podroute.bridge.cleanup import cleanup
from podroute.bridge.desired import AgentSettings
from podroute.bridge.seen import Host, Link
from podroute.bridge.steps import line
from tests.workers import DUAL, V4, after, fresh, planned, with_link

VETH = AgentSettings(hairpin="hairpin-veth")
BARE = Link(5, "cbr0", "02:00:00:00:00:05", 9000, "bridge", alias="lab of Anna", promiscuous=True)
PORT = Link(9, "veth9", "", 9000, "veth", 5, "Anna's port", up=True)


def found(bridge: Link, *addresses: str) -> Host:
    return with_link(with_link(fresh(), bridge, *addresses), PORT)


def adopted(host: Host, cidrs: tuple[str, ...] = V4) -> Host:
    for _ in range(2):
        host = after(host, planned(host, cidrs, VETH).steps)
    return host


def told(host: Host, *noted: FoundLink) -> list[str]:
    """What a cleanup does with links."""
    steps = map(line, cleanup(host, "cbr0", SettingsRecord(), noted))
    return [one for one in steps if one[2:6] in {"link", "addr", "brid"}]


@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize("promiscuous", [True, False])
@pytest.mark.parametrize("arp", [True, False])
@pytest.mark.parametrize("addresses", [(), ("10.200.0.1/24",), ("fd00:10:200::1/64",)])
def test_a_bridge_and_its_ports_are_as_they_were(
    addresses: tuple[str, ...], *, arp: bool, promiscuous: bool, up: bool
) -> None:
    before = found(replace(BARE, up=up, promiscuous=promiscuous, arp=arp), *addresses)
    host = adopted(before, DUAL)

    steps = tuple(cleanup(host, "cbr0", SettingsRecord(), tuple(found_links(before, "cbr0"))))
    left = after(host, steps)

    assert host.links != before.links
    assert set(left.links) == set(before.links)
    assert set(left.addresses) == set(before.addresses)


def test_each_thing_is_done_in_an_order_that_the_kernel_bears() -> None:
    """A link that goes down takes its addresses of IPv6 along."""
    before = found(BARE, "fd00:10:200::1/64")
    host = adopted(before, DUAL)

    assert told(host, *found_links(before, "cbr0")) == [
        '~ link veth9 alias "Anna\'s port" hairpin off: no longer watched',
        "- address fd00:10:200::1/64 on cbr0: as it was found",
        "- address 10.200.0.1/24 on cbr0: as it was found",
        "~ link cbr0 alias 'lab of Anna' mtu 9000 up off promisc on: it was there before",
        "+ address fd00:10:200::1/64 on cbr0",
    ]


def test_what_is_as_it_was_is_let_alone() -> None:
    before = with_link(fresh(), Link(5, "cbr0", "02::5", kind="bridge", up=True), "10.200.0.1/24")
    host = adopted(before)

    assert told(host, *found_links(before, "cbr0")) == ["~ link cbr0 alias '': it was there before"]


def test_an_address_that_went_with_its_pod_cidr_comes_back() -> None:
    before = with_link(fresh(), replace(BARE, up=True), "10.200.0.1/24")
    moved = adopted(adopted(before), ("10.200.7.0/24",))

    left = after(
        moved, cleanup(moved, "cbr0", SettingsRecord(), tuple(found_links(before, "cbr0")))
    )

    assert set(left.addresses) == set(before.addresses)


def test_without_a_note_only_the_mark_goes() -> None:
    host = adopted(found(BARE))

    assert told(host) == [
        "~ link veth9 alias '': no longer watched",
        "~ link cbr0 alias '': it was there before",
    ]
    assert told(host, FoundLink(77, "somebody else's")) == told(host)


@pytest.mark.parametrize("arp", [True, False])
def test_what_a_former_version_has_not_noted_stays_as_it_is(*, arp: bool) -> None:
    before = with_link(fresh(), Link(5, "cbr0", "02::5", kind="bridge", up=True), "10.200.0.1/24")
    noted = FoundLink(5, up=True, addresses=("10.200.0.1/24",), name="cbr0")
    host = adopted(before)
    bridge = host.link("cbr0")
    assert bridge is not None

    assert told(with_link(host, replace(bridge, arp=arp), "10.200.0.1/24"), noted) == [
        "~ link cbr0 alias '': it was there before"
    ]


def test_a_port_that_is_plugged_in_no_more_reflects_nothing() -> None:
    was = FoundLink(9, hairpin=True)

    assert give_back_port(replace(PORT, master=0), [was]).hairpin is None
    assert give_back_port(PORT, [was]).hairpin is True
    assert give_back_port(replace(PORT, hairpin=True), [was]).hairpin is None


def test_a_port_that_was_down_is_down_again() -> None:
    put_up = replace(PORT, up=True)

    assert give_back_port(put_up, [FoundLink(9)]).up is False
    assert give_back_port(put_up, [FoundLink(9, up=True)]).up is None


def test_a_mark_of_ours_is_nobodys_name() -> None:
    marked = with_link(found(BARE), replace(PORT, alias="podroute port of cbr0"))

    assert [one.alias for one in found_links(marked, "cbr0")] == ["lab of Anna", ""]
    assert list(found_links(marked, "cbr1")) == []


def test_the_first_note_of_a_bridge_counts(tmp_path: Path) -> None:
    """A pass that was killed has changed some of it before it could mark it."""
    note = LinksNote(tmp_path / "state")
    assert note.read() == ()
    first = found(BARE, "10.200.0.1/24")

    note.take("cbr0", first)
    note.take("cbr0", with_link(first, replace(BARE, mtu=1500)))
    note.take("cbr1", with_link(first, replace(BARE, number=6, name="cbr1")))

    assert [(one.name, one.mtu, one.alias, one.addresses) for one in note.read()] == [
        ("cbr0", 9000, "lab of Anna", ("10.200.0.1/24",)),
        ("veth9", 9000, "Anna's port", ()),
        ("cbr1", 9000, "lab of Anna", ()),
    ]
    note.forget()
    assert note.read() == ()


def test_a_link_of_another_boot_is_another_link(tmp_path: Path) -> None:
    LinksNote(tmp_path, "one").take("cbr0", found(BARE))
    assert [one.number for one in LinksNote(tmp_path, "one").read()] == [5, 9]

    note = LinksNote(tmp_path, "two")
    assert note.read() == ()
    note.take("cbr0", found(replace(BARE, alias="lab of Berta")))

    assert next(one.alias for one in note.read()) == "lab of Berta"


def test_a_note_of_a_former_version_is_of_this_boot(tmp_path: Path) -> None:
    (tmp_path / "found-links.json").write_text('[{"number": 5}]')

    assert LinksNote(tmp_path, "one").read() == [FoundLink(5)]


def test_a_spoilt_note_is_none(tmp_path: Path) -> None:
    (tmp_path / "found-links.json").write_text('[{"number": "five"}]')

    assert LinksNote(tmp_path).read() == ()


def renamed() -> tuple[Host, SettingsRecord, FoundLink]:
    """A bridge that was called anna0; --bridge has had another name since."""
    was = FoundLink(5, "lab", 9000, up=True, addresses=("fd00:10:200::1/64",), name="anna0")
    now = Link(5, "cbr0", "02:00:00:00:00:05", 9000, "bridge", alias="podroute (adopted)", up=True)
    host = with_link(fresh(), now, "fd00:10:200::1/64")
    record = SettingsRecord({"ipv6/conf/anna0/accept_ra": "1"}, {"ipv6/conf/anna0/accept_ra": "0"})
    return replace(host, sysctls={"ipv6/conf/cbr0/accept_ra": "0"}), record, was


def test_a_bridge_gets_its_name_again_and_its_settings_by_that() -> None:
    host, record, was = renamed()

    assert list(map(line, cleanup(host, "cbr0", record, [was]))) == [
        "- address fd00:10:200::1/64 on cbr0: as it was found",
        "~ link cbr0 name 'anna0' alias 'lab' up on: it was there before",
        "+ address fd00:10:200::1/64 on anna0",
        "~ sysctl net.ipv6.conf.anna0.accept_ra = 1: as it was found",
    ]


def test_one_that_was_down_is_down_by_getting_its_name() -> None:
    host, record, was = renamed()

    steps = list(map(line, cleanup(host, "cbr0", record, [replace(was, up=False)])))

    assert "~ link cbr0 name 'anna0' alias 'lab': it was there before" in steps


@pytest.mark.parametrize("name", ["", "cbr0", "eth0"])
def test_a_name_that_is_not_known_or_taken_is_not_given_back(name: str) -> None:
    host, record, was = renamed()

    assert list(map(line, cleanup(host, "cbr0", record, [replace(was, name=name)]))) == [
        "~ link cbr0 alias 'lab': it was there before"
    ]


def test_a_name_that_a_link_has_as_another_one_is_not_given_back() -> None:
    host, record, was = renamed()
    uplink = host.link("eth0")
    assert uplink is not None
    other = with_link(host, replace(uplink, other_names=("anna0",)))

    assert list(map(line, cleanup(other, "cbr0", record, [was]))) == [
        "~ link cbr0 alias 'lab': it was there before"
    ]


def test_of_a_bridge_that_goes_nothing_is_given_back() -> None:
    """A person has handed it over since."""
    host, record, was = renamed()
    bridge = host.link("cbr0")
    assert bridge is not None
    ours = with_link(host, replace(bridge, alias="podroute"))

    assert list(map(line, cleanup(ours, "cbr0", record, [was]))) == ["- bridge cbr0"]
