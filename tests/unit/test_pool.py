"""A cluster CIDR in numbered blocks; values of the numbered behaviours come from Kubernetes."""

import pytest

from podroute.ipam.space import Space
from podroute.model.cidr import bounds, parse_cidr
from podroute.model.pool import CidrPool
from tests.builders import pool


def numbers_touched(family: CidrPool, cidr: str) -> range:
    return Space(family, (), 0).numbers(bounds(parse_cidr(cidr)))


def is_block(family: CidrPool, cidr: str) -> bool:
    return Space(family, (), 0).is_block(bounds(parse_cidr(cidr)))


@pytest.mark.parametrize(
    ("cidr", "length", "number", "block"),
    [
        ("127.123.0.0/16", 24, 0, "127.123.0.0/24"),
        ("127.123.0.0/16", 24, 100, "127.123.100.0/24"),
        ("192.168.5.208/28", 32, 5, "192.168.5.213/32"),
        ("2001:db8:1234:ff00::/56", 72, 6425, "2001:db8:1234:ff19:1900::/72"),
        ("2001:db8:85a3::/50", 63, 6425, "2001:db8:85a3:3232::/63"),
        ("2001:beef::/32", 49, 65537, "2001:beef:8000:8000::/49"),
    ],
)
def test_number_to_block_and_back(cidr: str, length: int, number: int, block: str) -> None:
    blocks = pool(cidr, length)

    assert str(blocks.block(number)) == block
    assert is_block(blocks, block)
    assert numbers_touched(blocks, block) == range(number, number + 1)


@pytest.mark.parametrize(
    ("cidr", "length", "size"),
    [("10.200.0.0/16", 24, 256), ("127.123.234.0/30", 30, 1), ("fd00::/48", 64, 65536)],
)
def test_size(cidr: str, length: int, size: int) -> None:
    assert pool(cidr, length).size() == size


@pytest.mark.parametrize(
    ("cidr", "length", "asked", "touched"),
    [
        ("127.0.0.0/8", 32, "127.0.0.0/16", range(65536)),
        ("126.0.0.0/7", 16, "127.0.0.0/15", range(256, 258)),
        ("126.0.0.0/7", 15, "127.0.0.0/15", range(128, 129)),
        ("126.0.0.0/7", 18, "127.0.0.0/15", range(1024, 1032)),
        ("10.200.0.0/16", 24, "10.0.0.0/8", range(256)),
        ("10.200.0.0/16", 24, "10.200.255.128/25", range(255, 256)),
        ("10.200.0.0/16", 24, "10.201.0.0/16", range(0)),
        ("10.200.0.0/16", 24, "::/0", range(0)),
    ],
)
def test_a_range_touches_every_block_that_it_overlaps(
    cidr: str, length: int, asked: str, touched: range
) -> None:
    assert list(numbers_touched(pool(cidr, length), asked)) == list(touched)


@pytest.mark.parametrize("asked", ["10.200.0.0/25", "10.200.0.0/23", "10.201.0.0/24", "fd00::/24"])
def test_only_a_whole_block_inside_is_a_block(asked: str) -> None:
    assert not is_block(pool("10.200.0.0/16", 24), asked)


@pytest.mark.parametrize(("cidr", "length"), [("10.0.0.0/16", 15), ("10.0.0.0/16", 33)])
def test_a_pool_that_holds_no_block_is_refused(cidr: str, length: int) -> None:
    with pytest.raises(ValueError, match=f"10.0.0.0/16 cannot be cut into blocks of /{length}"):
        pool(cidr, length)
