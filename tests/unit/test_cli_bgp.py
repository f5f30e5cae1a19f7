"""podroute bgp peers, where there is nobody to tell of them."""

from tests.unit.command import podroute


def test_who_tells_of_none_is_named_and_who_does() -> None:
    ended = podroute("bgp", "peers", "--provider", "memory")
    assert (ended.status, ended.out) == (2, "")
    assert "provider 'memory' tells of no BGP sessions, bird, frr and gobgp do" in ended.err


def test_of_several_routers_it_asks_which() -> None:
    ended = podroute("bgp", "peers", "--router=a=memory", "--router=b=file,file=x")
    assert (ended.status, ended.out) == (2, "")
    assert "there are a, b: give --only-router NAME" in ended.err
