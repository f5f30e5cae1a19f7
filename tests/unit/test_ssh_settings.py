"""Where a router is, and by which keys: said wrongly, it is refused with what to do."""

from pathlib import Path

import pytest

from podroute.providers.interface import InvalidOption, parse_options
from podroute.providers.ssh.credentials import find_credentials
from podroute.providers.ssh.failures import (
    no_session,
    no_way,
    not_trusted,
    otherwise,
    refused,
    said,
    unusable,
)
from podroute.providers.ssh.settings import Place, SshOptions


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("podroute@10.240.0.1", Place("podroute", "10.240.0.1")),
        ("podroute@router.example.org:2222", Place("podroute", "router.example.org", 2222)),
        ("a-b.c@[fd00::1]", Place("a-b.c", "fd00::1")),
        ("a@[fd00::1]:22", Place("a", "fd00::1")),
        ("a@[fd00::1]:2022", Place("a", "fd00::1", 2022)),
    ],
)
def test_a_place_is_read_and_shown(text: str, place: Place) -> None:
    options = SshOptions(router=text)

    assert options.place == place
    assert options.way == (place,)
    assert str(place) == text.removesuffix(":22")


@pytest.mark.parametrize(
    "text",
    [
        *("router", "@router", "podroute@", "podroute@router:0", "podroute@router:65536"),
        *("podroute@fd00::1", "podroute@-oProxyCommand=x", "-l@router", "a b@router", "a@b;reboot"),
        *("a@router\n", "a@[router]", "a@router:"),
    ],
)
@pytest.mark.parametrize("option", ["router", "jump"])
def test_what_is_no_place_is_refused(option: str, text: str) -> None:
    texts = {"router": "a@b", option: text}

    with pytest.raises(InvalidOption, match=f"{option} .* is not USER@HOST"):
        parse_options(SshOptions, texts)


def test_a_jump_is_on_the_way() -> None:
    options = SshOptions(router="a@b", jump="c@d:24")

    assert list(map(str, options.way)) == ["c@d:24", "a@b"]


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"jump": "a@b"}, "give router=USER@HOST too"),
        ({"router": "a@b", "timeout": "0"}, "timeout 0.0 is not between 0.1 and 3600 seconds"),
        ({"router": "a@b", "timeout": "nan"}, "timeout nan is not between"),
        ({"host": "a@b"}, "unknown provider option 'host' .known: router, key, known-hosts"),
    ],
)
def test_other_options_are_refused(texts: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidOption, match=words):
        parse_options(SshOptions, texts)


@pytest.fixture
def options(tmp_path: Path) -> SshOptions:
    for name in ("key", "known_hosts", "password"):
        (tmp_path / name).write_text(f"a secret {name}\n")
        (tmp_path / name).chmod(0o600)
    return SshOptions(
        router="a@b",
        key=str(tmp_path / "key"),
        known_hosts=str(tmp_path / "known_hosts"),
        password_file=str(tmp_path / "password"),
    )


def test_credentials_are_found_and_not_shown(options: SshOptions) -> None:
    found = find_credentials(options)

    assert found.password == "a secret password"  # noqa: S105 -- of this test
    assert "a secret password" not in f"{found} {found!r}"
    assert found.arguments()["known_hosts"] == options.known_hosts


@pytest.mark.parametrize("name", ["key", "password"])
def test_a_secret_that_others_may_read_is_refused(
    options: SshOptions, name: str, tmp_path: Path
) -> None:
    (tmp_path / name).chmod(0o640)

    with pytest.raises(InvalidOption, match=r"mode 0640.: chmod 600 .*/" + name):
        find_credentials(options)


@pytest.mark.parametrize("name", ["key", "known_hosts", "password"])
def test_a_file_that_is_not_there_is_named(options: SshOptions, name: str, tmp_path: Path) -> None:
    (tmp_path / name).unlink()

    with pytest.raises(InvalidOption, match=f"{name}: No such file"):
        find_credentials(options)


def test_how_known_hosts_comes_to_be_is_told(options: SshOptions, tmp_path: Path) -> None:
    (tmp_path / "known_hosts").unlink()

    with pytest.raises(InvalidOption, match="log in once by ssh, which asks and writes it"):
        find_credentials(options)


@pytest.mark.parametrize("text", ["", "\n", "two\nlines\n", "a\0b"])
def test_a_password_is_one_line(options: SshOptions, text: str, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(text)

    with pytest.raises(InvalidOption, match="must hold one line"):
        find_credentials(options)


def test_a_folder_that_nobody_has_is_named() -> None:
    nobody = SshOptions(router="a@b", known_hosts="~nobody-of-that-name/known_hosts")

    with pytest.raises(InvalidOption, match="known-hosts ~nobody-of-that-name"):
        find_credentials(nobody)


def test_each_failure_says_what_to_do() -> None:
    usual, other = Place("a", "b"), Place("a", "b", 2222)

    assert "-R b`" in not_trusted(usual, "/k", "SHA256:x")
    assert "(it shows SHA256:x)" in not_trusted(usual, "/k", "SHA256:x")
    assert "-R [b]:2222`" in not_trusted(other, "/k", "")
    assert "it shows" not in not_trusted(other, "/k", "")
    assert "authorized_keys of a there" in refused(usual, "key k", by_password=False)
    assert "PasswordAuthentication" in refused(usual, "the password of p", by_password=True)
    assert "AllowTcpForwarding" in no_way(usual, Place("j", "jump"), "open failed")
    assert "ssh-add" in unusable("key k", "it is locked")
    assert otherwise(usual, "it is late") == "a@b: it is late"
    assert "MaxSessions" in no_session(usual, "open failed")
    assert [said(one) for one in (b"a\xff", bytearray(b"a"), "a", None)] == [
        "a\ufffd",
        "a",
        "a",
        "",
    ]
