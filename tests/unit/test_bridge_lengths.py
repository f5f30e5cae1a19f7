"""A podCIDR of another length with the same first address."""

from tests.workers import after, lines, planned, worker


def test_an_ipv6_gateway_of_another_length_goes_before_it_comes() -> None:
    """The kernel has an address of IPv6 on a link once; of IPv4 several times."""
    host = worker(("10.200.0.0/24", "fd00:10:200::/64"))

    first = planned(host, ("10.200.0.0/25", "fd00:10:200::/80"))
    told = [one for one in lines(first) if " address " in one]

    assert told == [
        "+ address 10.200.0.1/25 on cbr0",
        "- address fd00:10:200::1/64 on cbr0: its podCIDR is a /80",
        "+ address fd00:10:200::1/80 on cbr0",
        "- address 10.200.0.1/24 on cbr0: no podCIDR of this Node",
    ]
    moved = after(host, first.steps)
    assert planned(moved, ("10.200.0.0/25", "fd00:10:200::/80")).steps == ()
