"""Is a rule that keeps its comment still the same?"""

import pytest

from podroute.host.nft_rules import REPLACED, FirstSeen

PLACE = ("inet", "forward", "IPv4 from Pods [0123abcd]")
ACCEPT, DROP = b'[{"accept": null}]', b'[{"drop": null}]'


def test_a_comment_is_as_listed_until_the_rule_does_something_else() -> None:
    seen = FirstSeen()

    listed = [seen.comment(*PLACE, body) for body in (ACCEPT, ACCEPT, DROP, DROP, ACCEPT)]

    assert listed == [PLACE[2], PLACE[2], PLACE[2] + REPLACED, PLACE[2] + REPLACED, PLACE[2]]


@pytest.mark.parametrize(
    "other",
    [
        ("bridge", "forward", PLACE[2]),
        ("inet", "input", PLACE[2]),
        ("inet", "forward", "IPv6 from Pods [4567cdef]"),
    ],
)
def test_each_rule_is_compared_with_itself(other: tuple[str, str, str]) -> None:
    seen = FirstSeen()

    assert seen.comment(*PLACE, ACCEPT) == PLACE[2]
    assert seen.comment(*other, DROP) == other[2]


def test_what_is_listed_after_a_writing_is_what_was_written() -> None:
    """Another version of nft has other words for it."""
    seen = FirstSeen()
    seen.comment(*PLACE, ACCEPT)

    seen.forget()

    assert seen.comment(*PLACE, DROP) == PLACE[2]


def test_what_was_listed_before_anybody_else_could_write_is_known_for_good() -> None:
    """A rule that is replaced right after a writing of ours is not taken for what was written."""
    seen, listed = FirstSeen(), FirstSeen()
    listed.comment(*PLACE, ACCEPT)
    seen.comment(*PLACE, DROP)

    seen.learn(listed)

    for _ in range(2):
        assert seen.comment(*PLACE, ACCEPT) == PLACE[2]
        assert seen.comment(*PLACE, DROP) == PLACE[2] + REPLACED
        seen.forget()
    assert seen.comment("inet", "input", PLACE[2], DROP) == PLACE[2]
