"""parse_selector: the grammar of kubectl's -l, and whom a selector means."""

from collections.abc import Mapping

import pytest

from podroute.model.selector import EVERYTHING, Requirement, Selector, parse_selector


def labels(text: str) -> Mapping[str, str]:
    return dict(one.split("=") for one in text.split())


@pytest.mark.parametrize(
    ("selector", "matching", "other"),
    [
        ("zone=a", "zone=a rack=1", "zone=b"),
        ("zone==a", "zone=a", "zone=aa"),
        ("zone = a", "zone=a", ""),
        ("zone!=a", "zone=b", "zone=a"),
        ("zone!=a", "", "zone=a"),
        ("zone=", "zone=", "zone=a"),
        ("zone=", "zone=", ""),
        ("zone!=", "", "zone="),
        ("zone in (a, b)", "zone=b", "zone=c"),
        ("zone in (a,)", "zone=", "zone=b"),
        ("zone in (a)", "zone=a", ""),
        ("zone notin (a,b)", "zone=c", "zone=b"),
        ("zone notin (a,b)", "", "zone=a"),
        ("zone", "zone=", "rack=zone"),
        ("!zone", "rack=1", "zone=a"),
        ("! zone", "", "zone=a"),
        ("zone=a,rack", "zone=a rack=1", "zone=a"),
        (" zone=a , !rack ", "zone=a", "zone=a rack=1"),
        ("example.com/zone-1_x.y=A.b-C_d", "example.com/zone-1_x.y=A.b-C_d", "zone-1_x.y=A.b-C_d"),
        ("in in (in)", "in=in", "in=out"),
        ("notin", "notin=1", ""),
    ],
)
def test_whom_a_selector_means(selector: str, matching: str, other: str) -> None:
    parsed = parse_selector(selector)

    assert parsed.matches(labels(matching))
    assert not parsed.matches(labels(other))


@pytest.mark.parametrize("text", ["", "   "])
def test_nothing_matches_everything(text: str) -> None:
    assert parse_selector(text) == EVERYTHING
    assert EVERYTHING.matches({"a": "b"})
    assert EVERYTHING.specificity() == 0
    assert EVERYTHING.keys() == frozenset()


def test_the_parts_of_a_selector() -> None:
    selector = parse_selector("zone in (b,a,b),!gpu,rack!=7")

    assert selector == Selector(
        (
            Requirement("zone", "in", ("a", "b")),
            Requirement("gpu", "absent"),
            Requirement("rack", "notin", ("7",)),
        )
    )
    assert selector.keys() == {"zone", "gpu", "rack"}
    assert selector.specificity() == 3


@pytest.mark.parametrize(
    "text",
    ["zone=a", "zone!=a", "zone in (a,b)", "zone notin (a,b)", "zone", "!zone", "a=1,b=,!c", ""],
)
def test_the_text_of_a_selector_is_a_selector(text: str) -> None:
    assert parse_selector(text).text() == text


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("=a", "a label key is expected at character 1, and '=' is there"),
        ("zone=a,", "a label key is expected at character 8, and the end is there"),
        ("zone=a,,b", "a label key is expected at character 8, and ',' is there"),
        ("!", "a label key is expected at character 2, and the end is there"),
        ("zone a", "\",\" or the end is expected at character 6, and 'a' is there"),
        ("zone=a b", "\",\" or the end is expected at character 8, and 'b' is there"),
        ("zone=a=b", "\",\" or the end is expected at character 7, and '=' is there"),
        ("zone in a", "\"(\" is expected at character 9, and 'a' is there"),
        ("zone in", '"(" is expected at character 8, and the end is there'),
        ("zone in ()", "a label value is expected at character 10, and ')' is there"),
        ("zone in (a", '"," or ")" is expected at character 11, and the end is there'),
        ("zone in (a b)", '"," or ")" is expected at character 12, and \'b\' is there'),
        ("zone=-a", "is expected at character 6, and '-a' is there"),
        ("-zone", "a label key is expected at character 1, and '-zone' is there"),
        ("Example.com/zone", "a label key is expected at character 1"),
        ("/zone", "a label key is expected at character 1"),
        ("a/b/c", "a label key is expected at character 1"),
        ("zone>1", "a label key is expected at character 1, and 'zone>1' is there"),
        (
            "zone=" + "a" * 64,
            ": a label value of at most 63 letters, digits, '-', '_' and '.' is expected at",
        ),
    ],
)
def test_what_is_no_selector_and_where(text: str, fault: str) -> None:
    with pytest.raises(ValueError, match="label selector") as caught:
        parse_selector(text)

    assert str(caught.value).startswith(f"label selector {text!r}: ")
    assert fault in str(caught.value)


def test_the_longest_key_and_value() -> None:
    key = f"{'p' * 253}/{'k' * 63}"

    assert parse_selector(f"{key}={'v' * 63}").matches({key: "v" * 63})
