"""Which addresses of Pods does the kernel send elsewhere than to the bridge?"""

from collections.abc import Callable
from dataclasses import replace
from errno import ENETUNREACH
from struct import pack

import pytest

from podroute.bridge.checks import Finding
from podroute.bridge.seen import Astray, Host, Link
from podroute.host.astray import read_astray
from podroute.host.rtnetlink import (
    ATTRIBUTE,
    ROUTE_HEADER,
    RTA_DST,
    RTA_GATEWAY,
    RTA_OIF,
    Refusal,
    Request,
)
from podroute.model.cidr import Address, parse_address, parse_cidr
from tests.workers import DUAL, V4, planned, with_link, worker

GATEWAY = parse_address("10.240.0.1")
ETH0, CBR0 = 2, 3


def with_pod(cidrs: tuple[str, ...] = V4) -> Host:
    host = worker(cidrs)
    port = Link(9, "veth9", "", 1500, "veth", CBR0, "podroute port of cbr0", up=True)
    return with_link(host, port)


def route(target: Address, device: int, gateway: Address | None = None) -> bytes:
    """As the kernel answers."""
    family, length = (2, 32) if target.version == 4 else (10, 128)
    head = ROUTE_HEADER.pack(family, length, 0, 0, 254, 0, 0, 1, 0)
    parts = [(RTA_DST, target.packed), (RTA_OIF, pack("=I", device))]
    parts += [(RTA_GATEWAY, gateway.packed)] if gateway else []
    return head + b"".join(ATTRIBUTE.pack(4 + len(raw), kind) + raw for kind, raw in parts)


def kernel(
    astray: str = "", device: int = ETH0, gateway: Address | None = None
) -> tuple[Callable[[Request], bytes | Refusal], list[str]]:
    """One that sends ``astray`` elsewhere, and what it is asked for."""
    asked: list[str] = []

    def answer(request: Request) -> bytes | Refusal:
        packed = request.body[ROUTE_HEADER.size + ATTRIBUTE.size :]
        target = parse_address(".".join(map(str, packed))) if len(packed) == 4 else v6(packed)
        asked.append(str(target))
        if str(target) != astray:
            return route(target, CBR0)
        return route(target, device, gateway) if device else Refusal(ENETUNREACH, "no way")

    return answer, asked


def v6(packed: bytes) -> Address:
    return parse_address(packed.hex(":", 2))


@pytest.mark.parametrize("host", [worker(), replace(with_pod(), links=worker().links)])
def test_a_bridge_without_a_pod_is_not_asked_about(host: Host) -> None:
    ask, asked = kernel()

    assert (read_astray(ask, host), asked) == ((), [])


def test_the_first_and_the_last_pod_of_each_pod_cidr_are_asked_for() -> None:
    ask, asked = kernel()

    assert read_astray(ask, with_pod(DUAL)) == ()
    last = "fd00:10:200:0:ffff:ffff:ffff:ffff"
    assert asked == ["10.200.0.2", "10.200.0.254", "fd00:10:200::2", last]


@pytest.mark.parametrize(
    ("device", "gateway", "words"),
    [
        (ETH0, GATEWAY, "it is sent to 10.240.0.1 on eth0"),
        (ETH0, None, "it is looked for on eth0"),
        (77, None, "it is looked for on another link"),
        (CBR0, GATEWAY, "it is sent to 10.240.0.1 on cbr0"),
        (0, None, "it is not sent at all: no way"),
    ],
)
def test_what_is_sent_elsewhere_is_told(device: int, gateway: Address | None, words: str) -> None:
    ask, _ = kernel("10.200.0.254", device, gateway)

    found = read_astray(ask, with_pod())

    assert found == (Astray(parse_cidr(V4[0]), parse_address("10.200.0.254"), words),)


def test_an_address_without_room_for_a_pod_or_without_its_route_is_passed_over() -> None:
    host = with_link(with_pod(), with_pod().links[-1], "10.9.9.9/32")
    host = replace(host, addresses=(*host.addresses, (CBR0, host.addresses[-1][1])))
    address = next(one for _, one in host.addresses if str(one) == "10.200.0.1/24")
    ask, asked = kernel()

    assert read_astray(ask, replace(host, cut_off=frozenset({(CBR0, address)}))) == ()
    assert asked == []


@pytest.mark.parametrize(
    ("cidr", "target", "look"),
    [
        (DUAL[0], "10.200.0.2", "ip route show table all to match 10.200.0.2; ip rule"),
        (DUAL[1], "fd00::2", "ip -6 route show table all to match fd00::2; ip -6 rule"),
    ],
)
def test_a_person_is_told_where_to_look(cidr: str, target: str, look: str) -> None:
    one = Astray(parse_cidr(cidr), parse_address(target), "it is looked for on eth0")
    stray = replace(one, network=parse_cidr("10.9.9.0/24"))

    told = planned(replace(with_pod(DUAL), astray=(one, stray)), DUAL).problems

    assert told[0] == Finding(
        "pod-routes",
        cidr,
        f"{target} is a Pod's, on cbr0: it is looked for on eth0",
        f"remove what is in the way: {look}",
    )
    assert [one.id for one in told] == ["pod-routes", "hairpin"]
