"""The marks of a table's own routes, packed into its tags."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from podroute.model.cidr import parse_cidr
from podroute.providers.aws.changes import Work
from podroute.providers.aws.marks import IN_A_TAG, MOST_TAGS, Mark, mark_of, marks_in, with_marks
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.aws.typed import line
from podroute.routing.steps import Create
from podroute.testing.builders import route

MARKS = [mark_of(parse_cidr(f"10.{at >> 8}.{at & 255}.0/24"), "eni-0") for at in range(2200)]


def test_a_mark_names_destination_and_interface() -> None:
    other = [
        mark_of(parse_cidr("10.0.0.0/24"), "eni-1"),
        mark_of(parse_cidr("10.0.0.0/25"), "eni-0"),
    ]
    assert MARKS[0] not in other
    assert len(set(MARKS)) == len(MARKS)
    assert {len(mark) for mark in MARKS} == {5}


def test_tags_keep_to_the_limits_of_ec2() -> None:
    tags = with_marks({}, "kubernetes", MARKS[:2000])
    assert max(map(len, tags.values())) <= 256
    assert len(tags) == MOST_TAGS
    assert marks_in(tags, "kubernetes") == set(MARKS[:2000])


def test_of_clusters_whose_names_share_a_prefix_each_sees_its_own() -> None:
    tags = {**with_marks({}, "foo", MARKS[:1]), **with_marks({}, "foo-bar", MARKS[1:2])}
    assert marks_in(tags, "foo") == {MARKS[0]}
    assert marks_in(tags, "foo-bar") == {MARKS[1]}
    assert marks_in(tags, "bar") == frozenset()


def test_only_tags_that_change_are_written() -> None:
    tags = dict(with_marks({}, "kubernetes", MARKS[: 2 * IN_A_TAG]))
    assert with_marks(tags, "kubernetes", MARKS[:3]) == {}
    less = with_marks(tags, "kubernetes", [], MARKS[:1])
    assert less.keys() == {"podroute.io/kubernetes/0"}
    again = with_marks({**tags, **less}, "kubernetes", MARKS[2000:2002])
    assert again.keys() == {"podroute.io/kubernetes/0", "podroute.io/kubernetes/2"}


def test_a_tag_that_somebody_has_removed_is_filled_again() -> None:
    tags = dict(with_marks({}, "kubernetes", MARKS[: 2 * IN_A_TAG]))
    del tags["podroute.io/kubernetes/0"]
    assert with_marks(tags, "kubernetes", MARKS[:1]) == {"podroute.io/kubernetes/0": MARKS[0]}


def test_marks_without_a_route_go_when_room_is_needed() -> None:
    full = with_marks({}, "kubernetes", MARKS[: MOST_TAGS * IN_A_TAG])
    used = set(MARKS[:100])
    written = with_marks(full, "kubernetes", MARKS[-1:], used=used)
    assert marks_in({**full, **written}, "kubernetes") == {*used, MARKS[-1]}
    with pytest.raises(ValueError, match="have no room in its tags"):
        with_marks(full, "kubernetes", MARKS[-1:], used=set(MARKS))


@given(
    st.lists(st.sampled_from(MARKS[:200])),
    st.lists(st.sampled_from(MARKS[:200])),
    st.sets(st.sampled_from(MARKS[:200])),
)
def test_what_is_added_is_there_and_what_is_dropped_is_not(
    before: list[Mark], added: list[Mark], dropped: set[Mark]
) -> None:
    tags = with_marks({}, "a", before)
    after = {**tags, **with_marks(tags, "a", added, dropped)}
    assert marks_in(after, "a") == (set(before) - dropped) | set(added)


def test_where_tags_have_no_room_the_line_to_type_says_so() -> None:
    full = with_marks({}, "kubernetes", MARKS[: IN_A_TAG * MOST_TAGS])
    change = Create(route("10.200.0.0/24", "10.240.0.30"))
    added = (("rtb-1", MARKS[-1]), ("rtb-1", MARKS[-2]), ("rtb-2", MARKS[-1]))

    told = line(Work(change, added=added), {"rtb-1": full, "rtb-2": full}, AwsOptions())

    words = f"the marks of more than {IN_A_TAG * MOST_TAGS} routes have no room in its tags"
    assert told == f"false 'rtb-1, rtb-2: {words}'"
