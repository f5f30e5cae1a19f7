"""Tokens that can be sent, and those that are refused before anything is."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from podroute.kube.api_errors import ApiUnreachable, explained
from podroute.kube.kubeconfig import KubeconfigError, find_login
from podroute.kube.login import ClusterAccess
from podroute.kube.tokens import read_token
from tests.unit.command import podroute
from tests.unit.kube_callers import login
from tests.unit.kube_server import Server, serving

UNFIT = "has characters that no HTTP header can carry"
ALONE = "it must hold the token alone"
CONTROLLER = ("controller", "--allocate-node-cidrs", "--cluster-cidr", "10.200.0.0/16")
VERBS = pytest.mark.parametrize("verb", [("table",), CONTROLLER], ids=["table", "controller"])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as one:
        yield one


@pytest.mark.parametrize(
    "content", [b"t.o-k_e~n+/==", b"t.o-k_e~n+/==\n", b" \tt.o-k_e~n+/==\r\n\r\n"]
)
def test_white_space_around_a_token_is_none_of_it(server: Server, content: bytes) -> None:
    (server.directory / "token").write_bytes(content)

    assert read_token(login(server, tokenFile="token")) == "t.o-k_e~n+/=="
    assert read_token(login(server, token=content.decode())) == "t.o-k_e~n+/=="
    assert read_token(login(server)) == ""


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"", f"is empty: {ALONE}", id="empty"),
        pytest.param(b" \r\n\t\n", f"is empty: {ALONE}", id="blank"),
        pytest.param(b"sec\nret", f"{UNFIT}: {ALONE}", id="two lines"),
        pytest.param(b"sec\rret", f"{UNFIT}: {ALONE}", id="a carriage return"),
        pytest.param(b"sec\0ret", f"{UNFIT}: {ALONE}", id="a zero byte"),
        pytest.param(b"sec\x7fret", f"{UNFIT}: {ALONE}", id="a control character"),
        pytest.param(b"secr\xc3\xa9t", f"{UNFIT}: {ALONE}", id="not ASCII"),
        pytest.param(b"sec\xffret", f"{UNFIT}: {ALONE}", id="not UTF-8"),
        pytest.param(b"x" * ((1 << 20) + 1), "is larger than 1 MiB", id="large"),
    ],
)
@VERBS
def test_a_token_file_that_holds_none(
    server: Server, verb: tuple[str, ...], content: bytes, words: str
) -> None:
    file = server.directory / "token"
    file.write_bytes(content)

    ended = podroute(*verb, "--kubeconfig", server.kubeconfig(tokenFile="token"))

    assert (ended.status, ended.err.count("\n"), server.seen) == (2, 1, [])
    assert f"context 'test': tokenFile {file} {words}" in ended.err
    assert "ret" not in ended.err


@VERBS
def test_a_token_file_that_cannot_be_read(server: Server, verb: tuple[str, ...]) -> None:
    for name, words in (
        ("/none", "/none: No such file or directory"),
        ("/", "/: Is a directory"),
        ("/dev/zero", "/dev/zero is larger than 1 MiB: that is no token"),
    ):
        ended = podroute(*verb, "--kubeconfig", server.kubeconfig(tokenFile=name))

        assert (ended.status, ended.err.count("\n")) == (2, 1)
        assert f"context 'test': tokenFile {words}" in ended.err


@VERBS
@pytest.mark.parametrize("token", ["sec\nret", "sec\0ret", "secr\u00e9t", "sec\u2028ret"])
def test_a_token_of_the_kubeconfig(server: Server, verb: tuple[str, ...], token: str) -> None:
    ended = podroute(*verb, "--kubeconfig", server.kubeconfig(token=token))

    assert (ended.status, server.seen) == (2, [])
    assert ended.err == (
        f"podroute: context 'test': the token of user 'u' {UNFIT}: "
        "write it on one line, as it was given\n"
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\n", f"is empty: {ALONE}"), (b"sec\nret", f"{UNFIT}: {ALONE}")],
)
def test_the_token_of_a_pod(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "token"
    file.write_bytes(content)
    pod = {"HOME": "/nowhere", "KUBERNETES_SERVICE_HOST": "10.0.0.1"}

    with pytest.raises(KubeconfigError) as caught:
        read_token(find_login(ClusterAccess(), pod, tmp_path))

    assert str(caught.value) == f"the Pod's own account: tokenFile {file} {words}"


def test_what_cannot_be_sent_after_all_is_not_shown(server: Server) -> None:
    refusal = httpx2.LocalProtocolError("Illegal header value b'Bearer secret'")

    with (
        pytest.raises(ApiUnreachable, match="characters that cannot be sent") as caught,
        explained(login(server)),
    ):
        raise refusal
    assert "secret" not in str(caught.value)
