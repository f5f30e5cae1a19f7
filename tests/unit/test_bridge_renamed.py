"""What becomes of a bridge of ours that somebody calls otherwise?"""

from dataclasses import replace
from ipaddress import ip_interface

from podroute.bridge.desired import AgentSettings
from podroute.bridge.renamed import by_its_name, taken
from podroute.bridge.seen import Host, Link
from tests.workers import DUAL, USUAL, after, fresh, lines, planned, with_link, worker

MINE = "~ link cbr9 name 'cbr0': it is ours by its mark"


def called(name: str, host: Host) -> Host:
    bridge = host.link("cbr0")
    assert bridge is not None
    return with_link(host, replace(bridge, name=name))


def test_it_gets_its_name_again_and_what_it_loses_by_that() -> None:
    host = called("cbr9", worker(DUAL))
    bridge = host.link("cbr9")
    assert bridge is not None

    seen = by_its_name(host, "cbr0").links
    others = {link for link in host.links if link != bridge}
    assert set(seen) == {*others, replace(bridge, name="cbr0", up=False)}
    plan = planned(by_its_name(host, "cbr0"), DUAL)

    assert lines(plan)[0] == MINE
    assert "+ address fd00:10:200::1/64 on cbr0" in lines(plan)
    assert "+ address 10.200.0.1/24 on cbr0" not in lines(plan)
    done = after(host, plan.steps)
    assert by_its_name(done, "cbr0") == done
    assert planned(done, DUAL).steps == ()


def test_another_name_by_a_flag_is_no_other_bridge() -> None:
    settings = AgentSettings(bridge="pods0", hairpin=USUAL.hairpin)
    host = worker(DUAL)

    plan = planned(by_its_name(host, "pods0"), DUAL, settings)

    assert lines(plan)[0] == "~ link cbr0 name 'pods0': it is ours by its mark"
    done = after(host, plan.steps)
    assert planned(done, DUAL, settings).steps == ()
    assert [link.name for link in done.links if link.kind == "bridge"] == ["pods0"]


def test_what_is_not_ours_alone_keeps_its_name() -> None:
    two = with_link(called("cbr9", worker()), Link(8, "cbr8", kind="bridge", alias="podroute"))
    foreign = with_link(fresh(), Link(8, "cbr9", kind="bridge"), "10.200.0.1/24")
    other = with_link(called("cbr9", worker()), Link(8, "cbr0"))

    for host in (fresh(), worker(), two, foreign, other):
        assert by_its_name(host, "cbr0") is host


def test_nothing_has_the_name_that_nobody_of_ours_needs() -> None:
    two = with_link(called("cbr9", worker()), Link(8, "cbr8", kind="bridge", alias="podroute"))
    foreign = with_link(fresh(), Link(8, "cbr0", kind="bridge"), "10.200.0.1/24")

    for host in (fresh(), worker(), two, foreign):
        assert taken(host, "cbr0") is None


def test_the_addresses_of_other_links_stay() -> None:
    host = called("cbr9", with_link(worker(DUAL), Link(7, "eth7"), "fd00:7::7/64"))

    assert (7, ip_interface("fd00:7::7/64")) in by_its_name(host, "cbr0").addresses
