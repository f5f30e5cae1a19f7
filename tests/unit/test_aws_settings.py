"""What can be chosen, and what is refused."""

import pytest

from podroute.providers.aws.settings import AwsOptions
from podroute.providers.interface import InvalidOption, parse_options


@pytest.mark.parametrize(
    ("texts", "filters", "scope"),
    [
        ({}, [("tag:Name", ("kubernetes",))], "tag Name=kubernetes"),
        (
            {"tag": "kubernetes.io/cluster/foo"},
            [("tag-key", ("kubernetes.io/cluster/foo",))],
            "tag kubernetes.io/cluster/foo",
        ),
        (
            {"tables": "rtb-1, rtb-2", "vpc": "vpc-3"},
            [("route-table-id", ("rtb-1", "rtb-2")), ("vpc-id", ("vpc-3",))],
            "id rtb-1, rtb-2 in vpc-3",
        ),
    ],
)
def test_tables_are_chosen_by_tag_or_id(
    texts: dict[str, str], filters: list[tuple[str, tuple[str, ...]]], scope: str
) -> None:
    options = parse_options(AwsOptions, texts)
    assert [(one["Name"], one["Values"]) for one in options.filters] == filters
    assert options.scope == scope


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("tables", "kubernetes", "tables 'kubernetes' is not like rtb-0123456789abcdef0"),
        ("vpc", "main", "vpc 'main' is not like"),
        ("cluster", "a/b", "cluster 'a/b' is not up to 63 letters"),
        ("tag", "=x", "names no key"),
        ("routes-per-table", "1001", "is not between 0 and 1000"),
        ("rate", "0", "rate 0.0 is not above 0"),
        ("match-node", "maybe", "Invalid enum value 'maybe'"),
        ("endpoint", "foo", "endpoint 'foo' is not like https://HOST"),
        ("endpoint", "http://[::bad", "endpoint 'http://[::bad' is not like https://HOST"),
        ("colour", "red", "unknown provider option 'colour' (known: tag, tables, vpc, cluster,"),
        ("disable_source_dest_check", "true", "unknown provider option"),
    ],
)
def test_a_bad_option_is_named(key: str, text: str, words: str) -> None:
    with pytest.raises(InvalidOption) as caught:
        parse_options(AwsOptions, {key: text})
    assert words in str(caught.value)


def test_switches_are_words() -> None:
    assert parse_options(
        AwsOptions, {"disable-source-dest-check": "true"}
    ).disable_source_dest_check
