"""The kernel's answer to: has the firewall changed?"""

from struct import pack

import pytest

from podroute.host.nft_generation import generation_of

NEW_GENERATION, ERROR = 0x0A0F, 2
HEAD = b"\0\0\0\0"  # nfgenmsg
PROCESS = pack("=HH", 8, 2) + b"\0\0\x12\x34"  # who has changed it last
NAME = pack("=HH", 8, 3) + b"nft\0"
SEVEN = pack("=HH", 8, 1) + b"\0\0\0\x07"


def answer(body: bytes, kind: int = NEW_GENERATION) -> bytes:
    return pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + body


@pytest.mark.parametrize(
    ("told", "number"),
    [
        (answer(HEAD + SEVEN + PROCESS + NAME), 7),
        (answer(HEAD + NAME + PROCESS + SEVEN), 7),
        (answer(HEAD + pack("=HH", 7, 3) + b"ip\0\0" + SEVEN), 7),
        (answer(HEAD + PROCESS), None),
        (answer(HEAD + pack("=HH", 0, 9)), None),
        (answer(pack("=i", -1), ERROR), None),
        (answer(HEAD + SEVEN, ERROR), None),
        (b"", None),
    ],
)
def test_a_generation_is_read_or_not_known(told: bytes, number: int | None) -> None:
    assert generation_of(told) == number
