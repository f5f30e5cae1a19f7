"""Addresses of Pods are read in their namespaces, or not known at all."""

import socket
from struct import pack

from podroute.host.netlink import NetlinkFailed
from podroute.host.pod_addresses import read_addresses_in
from podroute.host.rtnetlink import AF_INET, Request
from podroute.model.cidr import parse_address

POD, OWN = "10.200.0.9", "10.240.0.30"


def told(text: str, namespace: int | None) -> bytes:
    """As the kernel tells of an address; before 4.20 without a namespace."""
    address = socket.inet_aton(text)
    head = pack("=BBBBI", AF_INET, 24, 0, 0, 2)
    body = head + pack("=HH4s", 8, 1, address) + pack("=HH4s", 8, 2, address)
    return body if namespace is None else body + pack("=HHi", 8, 10, namespace)


def family_of(request: Request) -> int:
    return request.body[0]


def test_all_namespaces_are_asked() -> None:
    def read(request: Request) -> list[bytes]:
        return [told(POD, 0)] if family_of(request) == AF_INET else []

    assert read_addresses_in(read, (0, 1)) == (parse_address(POD), parse_address(POD))
    assert read_addresses_in(read, ()) == ()


def test_a_kernel_that_answers_with_its_own_addresses_says_nothing_of_pods() -> None:
    """Notes of Pods that run would be taken for leftovers."""
    assert read_addresses_in(lambda _: [told(POD, 0), told(OWN, None)], (0,)) is None


def test_one_that_cannot_be_looked_into_leaves_all_unknown() -> None:
    def read(request: Request) -> list[bytes]:
        del request
        message = "netlink: Operation not permitted"
        raise NetlinkFailed(message)

    assert read_addresses_in(read, (0,)) is None
