"""What an agent finds of former runs, and what a person has left for it."""

from contextlib import closing
from dataclasses import replace
from ipaddress import ip_interface
from pathlib import Path

import pytest

from podroute.agent.confirmation import Confirmation
from podroute.agent.memory import NOTE, Memory
from podroute.agent.nodes import Known
from podroute.agent.settings_note import SettingsNote
from podroute.agent.worker import Done, Folders, Worker
from podroute.bridge.as_found import SettingsRecord
from podroute.bridge.cni_conflist import FILE
from podroute.bridge.seen import Link
from podroute.bridge.steps import RemoveConflist
from podroute.host.boot import read_boot_id
from podroute.host.netlink import Netlink
from podroute.model.cidr import parse_address, parse_cidr
from tests.builders import node, roster
from tests.workers import fresh, with_link, with_sysctls

KNOWN = Known((parse_cidr("10.200.0.0/24"),), (parse_address("10.240.0.30"),))


def test_what_a_worker_was_in_step_with_is_known_to_the_next_agent(tmp_path: Path) -> None:
    Memory("w0", tmp_path).keep(replace(KNOWN, others=roster(node("w1"))))
    memory = Memory("w0", tmp_path)

    assert memory.last() == KNOWN
    memory.keep(Known((parse_cidr("10.200.7.0/24"),)))
    assert memory.last() == Known((parse_cidr("10.200.7.0/24"),))
    memory.forget()
    assert memory.last() is None
    assert Memory("w0", tmp_path).last() is None


def test_without_a_folder_it_is_known_as_long_as_the_agent_runs() -> None:
    memory = Memory()

    assert memory.last() is None
    memory.keep(KNOWN)
    assert memory.last() == KNOWN
    memory.forget()
    assert memory.last() is None


@pytest.mark.parametrize(
    "note",
    [
        None,
        "",
        "{}",
        '{"node":"w0","podCidrs":[],"internalIps":[]}',
        '{"node":"w0","podCidrs":["10.200.0.7/24"],"internalIps":[]}',
        '{"node":"w1","podCidrs":["10.200.0.0/24"],"internalIps":[]}',
    ],
)
def test_a_note_that_says_nothing_of_this_node_is_none(tmp_path: Path, note: str | None) -> None:
    if note is not None:
        (tmp_path / NOTE).write_text(note)

    assert Memory("w0", tmp_path).last() is None


def test_a_note_is_written_once_and_again_when_it_could_not_be(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    memory = Memory("w0", folder)

    memory.keep(KNOWN)
    folder.mkdir()
    memory.keep(KNOWN)
    (folder / NOTE).unlink()
    memory.keep(KNOWN)

    assert not (folder / NOTE).exists()


def test_settings_are_noted_as_they_were_before_the_first_change(tmp_path: Path) -> None:
    note = SettingsNote(tmp_path / "state")
    assert note.read() == SettingsRecord()

    for key, value in (("ipv4/ip_forward", "1"), ("ipv4/conf/eth0/forwarding", "1")):
        note.give(key, value, fresh())
        fresh_now = with_sysctls(fresh(), {key: value})
        note.give(key, value, fresh_now)

    given = {"ipv4/ip_forward": "1", "ipv4/conf/eth0/forwarding": "1"}
    assert SettingsNote(tmp_path / "state").read() == SettingsRecord(fresh().sysctls, given)
    (tmp_path / "state" / ".given-sysctls.json.new").touch()  # a writer was killed
    note.forget()
    assert note.read() == SettingsRecord()
    assert list((tmp_path / "state").iterdir()) == []


def test_a_configuration_goes_with_what_a_killed_writer_has_left_of_it(tmp_path: Path) -> None:
    (tmp_path / f".{FILE}.new").touch()
    folders = Folders(tmp_path, tmp_path, tmp_path, tmp_path, tmp_path)

    with closing(Netlink()) as netlink:
        step = RemoveConflist(FILE)
        assert Worker(netlink, folders).apply([step], fresh()) == [Done(step)]

    assert list(tmp_path.iterdir()) == []


def test_settings_of_what_comes_later_are_noted_as_they_were_then(tmp_path: Path) -> None:
    note, late = SettingsNote(tmp_path), "ipv6/conf/eth1/accept_ra"
    note.give("ipv4/ip_forward", "1", fresh())

    plugged = with_sysctls(fresh(), {late: "1"})
    note.give(late, "2", plugged)
    note.give(late, "2", with_sysctls(plugged, {late: "0"}))
    note.give("ipv6/conf/cbr0/accept_ra", "0", plugged)

    found = {**fresh().sysctls, late: "1"}
    given = {"ipv4/ip_forward": "1", late: "2", "ipv6/conf/cbr0/accept_ra": "0"}
    assert note.read() == SettingsRecord(found, given)


def test_a_reboot_ends_notes_of_the_kernel_in_a_folder_that_outlives_it(tmp_path: Path) -> None:
    key, given = "ipv4/ip_forward", {"ipv4/ip_forward": "1"}
    SettingsNote(tmp_path, "one").give(key, "1", with_sysctls(fresh(), {key: "7"}))
    assert SettingsNote(tmp_path, "one").read().given == given
    assert SettingsNote(tmp_path, "").read().given == given  # a kernel that does not say

    note = SettingsNote(tmp_path, "two")
    assert note.read() == SettingsRecord()
    note.give(key, "1", fresh())

    assert note.read() == SettingsRecord(fresh().sysctls, given)


def test_of_what_was_believed_before_a_reboot_only_the_node_s_own_counts(tmp_path: Path) -> None:
    former = (ip_interface("10.200.7.1/24"),)
    Memory("w0", tmp_path, "one").keep(KNOWN, former)

    same, other = Memory("w0", tmp_path, "one"), Memory("w0", tmp_path, "two")

    assert (same.last(), tuple(same.former())) == (KNOWN, former)
    assert (other.last(), tuple(other.former())) == (KNOWN, ())


def test_the_mac_of_the_bridge_counts_until_a_reboot(tmp_path: Path) -> None:
    mac, note = "0a:58:0a:c8:00:01", tmp_path / NOTE
    Memory("w0", tmp_path, "one").keep(KNOWN, mac=mac)

    assert (Memory("w0", tmp_path, "one").mac(), Memory("w0", tmp_path, "two").mac()) == (mac, "")
    assert (Memory("w1", tmp_path, "one").mac(), Memory().mac()) == ("", "")
    note.write_text(note.read_text().replace(mac, "0a:58"))
    assert Memory("w0", tmp_path, "one").mac() == ""


@pytest.mark.parametrize(
    "name", [NOTE, "found-links.json", "found-sysctls.json", "marked-links.json"]
)
def test_a_worker_s_notes_name_the_boot(tmp_path: Path, name: str) -> None:
    host = with_link(fresh(), Link(5, "cbr0", kind="bridge"))
    folders = Folders(tmp_path, tmp_path, tmp_path, tmp_path, tmp_path)
    with closing(Netlink()) as netlink:
        worker = Worker(netlink, folders)
        worker.settings.give("ipv4/ip_forward", "1", host)
        worker.adopted.take("cbr0", host)
        worker.marks.keep([Link(5, "cbr0", kind="bridge", alias="podroute")])
    Memory("w0", tmp_path, read_boot_id()).keep(KNOWN)

    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert f'"boot":"{boot}"' in (tmp_path / name).read_text()


def test_a_word_is_good_for_once(tmp_path: Path) -> None:
    confirmation = Confirmation(tmp_path / "state")
    assert confirmation.word() == ""

    Confirmation(tmp_path / "state").say("0123abcd")

    assert confirmation.word() == "0123abcd"
    confirmation.forget()
    assert confirmation.word() == ""
    confirmation.forget()
