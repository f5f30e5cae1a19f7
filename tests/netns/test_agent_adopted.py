"""A bridge that somebody else has made is theirs again after a cleanup, as they have made it."""

from collections.abc import Sequence
from itertools import pairwise

import pytest

from tests.netns.agents import WorkerPlace

pytestmark = pytest.mark.netns

DUAL = ("--pod-cidr", "10.200.0.0/24,fd00:10:200::/64")
BARE = (
    "link add cbr0 address 02:00:00:00:00:05 mtu 9000 type bridge",
    "link set cbr0 alias anna",
    "link set cbr0 promisc on",
    "link set cbr0 arp off",
    "link add port0 type veth peer name port1",
    "link set port0 alias berta",
    "link set port0 master cbr0",
)
GATEWAYS = ("address add 10.200.0.1/24 dev cbr0", "address add fd00:10:200::1/64 dev cbr0 nodad")
UP = ("link set cbr0 up",)


def links(place: WorkerPlace, bridge: str = "cbr0") -> list[str]:
    """Each with its flags, MTU and alias, a port whether it reflects, and the addresses."""
    told = place.worker.ip("-o", "-d", "link") + place.worker.ip("-o", "address", "show", bridge)
    kept = ("mtu", "state", "alias", "link/ether", "hairpin", "inet", "inet6", "master")
    lines: list[str] = []
    for line in told.splitlines():
        words = line.split()
        values = [f"{word} {value}" for word, value in pairwise(words) if word in kept]
        lines.append(" ".join([words[1], words[2], *values]))
    return sorted(lines)


@pytest.mark.parametrize(
    "made",
    [BARE, (*BARE, *UP), (*BARE, *GATEWAYS), (*BARE, *UP, *GATEWAYS)],
    ids=["down", "up", "down, with addresses", "up, with addresses"],
)
def test_it_is_as_it_was(place: WorkerPlace, made: Sequence[str]) -> None:
    place.worker.run("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/default/addr_gen_mode")
    place.worker.ip("-batch", "-", lines=made)
    before = links(place)

    assert place.agent(*DUAL, "--once").status == 0
    assert place.agent(*DUAL, "--once").status == 0
    assert links(place) != before
    cleaned = place.agent("--cleanup")

    assert cleaned.status == 0, cleaned.err
    assert links(place) == before
    assert place.agent("--cleanup").out == "Nothing to do.\n"


@pytest.mark.parametrize("up", [(), ("link set anna0 up",)], ids=["down", "up"])
def test_it_has_its_name_again(place: WorkerPlace, up: Sequence[str]) -> None:
    place.worker.run("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/default/addr_gen_mode")
    named = [one.replace("cbr0", "anna0") for one in (*BARE, *GATEWAYS)]
    place.worker.ip("-batch", "-", lines=[*named, *up])
    before = links(place, "anna0"), place.fingerprint()["settings"]
    assert place.agent(*DUAL, "--once", "--bridge", "anna0").status == 0
    assert place.agent(*DUAL, "--once", "--bridge", "cbr0").status == 0
    assert "anna0" not in place.worker.ip("link")

    cleaned = place.agent("--cleanup")

    assert cleaned.status == 0, cleaned.err
    assert (links(place, "anna0"), place.fingerprint()["settings"]) == before
