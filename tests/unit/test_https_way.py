"""The way to a router's HTTPS API: what is accepted, what is said, what a person types."""

import pytest

from podroute.providers.https.failures import Fault, unanswered
from podroute.providers.https.marks import is_marked, marked
from podroute.providers.https.settings import HttpsOptions, Secret, check_secret
from podroute.providers.https.typed import curl
from podroute.providers.interface import InvalidOption, parse_options

OPTIONS = HttpsOptions("https://router/")
MARK = "podroute cluster=kubernetes"
CURL = "curl --silent --show-error --fail-with-body"


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({}, "missing required field `url`"),
        ({"url": "router"}, "is not like https://HOST"),
        ({"url": "http://127.0.0.1"}, "must begin with https://: a secret is sent there"),
        ({"url": "https://u:p@router"}, "is not like https://HOST"),
        ({"url": "https://router", "cluster": "a b"}, "cluster 'a b' is no name"),
        ({"url": "https://router", "cluster": 'a" x="'}, "is no name"),
        ({"url": "https://router", "timeout": "0"}, "timeout 0.0 is not between 0.1 and 3600"),
        ({"url": "https://router", "verify": "false"}, "unknown provider option 'verify'"),
    ],
)
def test_a_way_that_leads_nowhere_is_refused(texts: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidOption, match=words):
        parse_options(HttpsOptions, texts)


@pytest.mark.parametrize(
    ("file", "variable", "words"),
    [
        ("", "", "where is the key"),
        ("/f", "V", "give key-file=FILE or key-env=VARIABLE, and one of them only"),
        ("", "A B", "key-env 'A B' is not the name of a variable"),
        ("", "A;reboot", "is not the name of a variable"),
    ],
)
def test_nobody_guesses_where_a_secret_is(file: str, variable: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_secret(Secret("key", file, variable))


def test_a_secret_has_a_place() -> None:
    assert Secret("key", "/etc/key", "").place == "/etc/key"
    assert Secret("key", "", "KEY").place == "$KEY"


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        (MARK, True),
        (f"{MARK} and what a person adds", True),
        (f"{MARK}-2", False),
        (f"to {MARK}", False),
        ("podroute cluster=other", False),
        ("", False),
    ],
)
def test_a_text_says_whose_a_route_is(text: str, *, ours: bool) -> None:
    assert is_marked(text, OPTIONS) is ours


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", MARK),
        ("uplink", f"{MARK} uplink"),
        (f"{MARK} more", f"{MARK} more"),
        ("x" * 100, f"{MARK} {'x' * 12}"),
    ],
)
def test_what_a_person_wrote_stays_behind_the_mark(text: str, after: str) -> None:
    assert marked(text, OPTIONS, 40) == after


@pytest.mark.parametrize(
    ("fault", "words", "told"),
    [
        ("not reached", "refused", "https://router/ is not reached: refused; is its HTTPS service"),
        ("not trusted", "self-signed", "is not trusted: self-signed; give ca=FILE"),
        ("silent", "", "has not answered within 30 s; where it is only slow, give a longer"),
        ("cut", "\x1b[2J", r"without an answer: \x1b[2J"),
    ],
)
def test_each_fault_has_its_words(fault: Fault, words: str, told: str) -> None:
    assert told in unanswered(fault, words, OPTIONS)


@pytest.mark.parametrize(
    ("options", "secret", "line"),
    [
        (
            OPTIONS,
            Secret("key", "/etc/it's", ""),
            f"""printf 'key = %s' "$(cat '/etc/it'"'"'s')" | {CURL} -X GET --config -""",
        ),
        (
            HttpsOptions("https://router", ca="/a b"),
            Secret("key", "", "KEY"),
            f"""printf 'key = %s' "$KEY" | {CURL} --cacert '/a b' -X GET --config -""",
        ),
    ],
)
def test_a_line_to_type_has_no_secret(options: HttpsOptions, secret: Secret, line: str) -> None:
    assert curl(options, secret, "key = %s", ("-X", "GET")) == line
