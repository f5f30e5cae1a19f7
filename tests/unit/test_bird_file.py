"""The file that BIRD includes: it is read as it is written, and nobody else's words pass."""

import pytest

from podroute.providers.bird.include_file import Entries, Entry, entries_in, entry_for, text_of
from podroute.providers.bird.settings import BirdOptions
from podroute.providers.interface import InvalidOption, parse_options
from tests.builders import route

MAIN = BirdOptions()
FAR = BirdOptions(protocol="pods", ipv4_table="t4", ipv6_table="t6", preference=300)
WISHES = [
    route("10.200.1.0/24", "10.240.0.31"),
    route("10.200.0.0/24", "10.240.0.30"),
    route("fd00:10:200::/64", "fd00:10:240::30"),
]
TEXT = """\
# written by podroute, which reads it back: what is not its own here stops it
# include this file in bird.conf
protocol static podroute4 {
    ipv4 { table master4; preference 200; };
    route 10.200.0.0/24 via 10.240.0.30;
    route 10.200.1.0/24 via 10.240.0.31;
}
protocol static podroute6 {
    ipv6 { table master6; preference 200; };
    route fd00:10:200::/64 via fd00:10:240::30;
}
"""


def entries(options: BirdOptions) -> Entries:
    return {one.destination: entry_for(one, options) for one in WISHES}


def test_it_has_our_routes_in_their_order() -> None:
    assert text_of(entries(MAIN), MAIN) == TEXT


def test_options_are_in_it() -> None:
    text = text_of(entries(FAR), FAR)

    assert "protocol static pods4 {\n    ipv4 { table t4; preference 300; };\n" in text
    assert "protocol static pods6 {\n    ipv6 { table t6; preference 300; };\n" in text


@pytest.mark.parametrize("options", [MAIN, FAR])
def test_what_is_written_is_read(options: BirdOptions) -> None:
    hole = Entry(WISHES[0].destination, None, options.preference)
    some = {**entries(options), hole.destination: hole}

    assert entries_in(text_of(some, options), options) == some
    assert entries_in(text_of({}, options), options) == {}


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n"])
def test_an_empty_file_is_no_route(text: str) -> None:
    assert entries_in(text, MAIN) == {}


def test_another_preference_is_read() -> None:
    found = entries_in(TEXT.replace("preference 200", "preference 50"), MAIN)

    assert {one.preference for one in found.values()} == {50}


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("podroute4", "theirs", "podroute.conf:3 has 'protocol static theirs {', which is not pod"),
        ("podroute6", "podroute4", ":8 has 'protocol static podroute4 {'"),
        ("protocol static podroute4 {", "define X = 5;", ":3 has 'define X = 5;'"),
        (
            "via 10.240.0.30;",
            "via 10.240.0.30 bfd;",
            ":5 has 'route 10.200.0.0/24 via 10.240.",
        ),
        ("via 10.240.0.30;", "via 10.240.0.300;", ":5 has 'route 10.200.0.0/24 via 10.240.0.300;'"),
        ("10.200.0.0/24", "10.200.0.0/40", ":5 has 'route 10.200.0.0/40 via 10.240.0.30;'"),
        ("10.200.0.0/24", "10.200.1.0/24", "has 'route 10.200.1.0/24 via 10.240.0.31;'"),
        ("    ipv4 { table master4; preference 200; };\n", "", ":4 has 'route 10.200.0.0/24"),
        ("    ipv4", "    ipv4 { table x; preference 1; };\n    ipv4", ":5 has 'ipv4 { table mast"),
        ("::30;\n}\n", "::30;\n", "podroute.conf ends within protocol podroute6: write it anew"),
    ],
)
def test_what_is_not_ours_stops_us(right: str, wrong: str, words: str) -> None:
    text = TEXT.replace(right, wrong, 1)
    with pytest.raises(ValueError, match=r".") as error:
        entries_in(text, MAIN)

    assert words in str(error.value)


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"protocol": "a b"}, "protocol 'a b' is not a name in BIRD"),
        ({"protocol": "4pods"}, "protocol '4pods' is not a name in BIRD"),
        ({"ipv4-table": "x;"}, "ipv4-table 'x;' is not a name in BIRD"),
        ({"ipv6-table": ""}, "ipv6-table '' is not a name in BIRD"),
        ({"file": "podroute.conf"}, "file 'podroute.conf' is not an absolute path"),
        ({"file": "/etc/$(reboot)"}, "is not an absolute path of plain characters"),
        ({"preference": "0"}, "preference 0 is not between 1 and 65535"),
        ({"preference": "65536"}, "preference 65536 is not between 1 and 65535"),
        ({"birdc": ""}, "birdc '' is no command"),
        ({"router": "nobody"}, "router 'nobody' is not USER@HOST"),
    ],
)
def test_options_that_bird_has_no_room_for(texts: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidOption, match=r".") as error:
        parse_options(BirdOptions, texts)

    assert words in str(error.value)


def test_options_as_they_are_given() -> None:
    texts = {"preference": "65535", "birdc": "sudo -n birdc", "file": "/a/b.conf"}
    options = parse_options(BirdOptions, texts)

    assert (options.preference, options.command) == (65535, ("sudo", "-n", "birdc"))
    assert parse_options(BirdOptions, {"preference": "1"}).preference == 1
