"""What a person sees of a kubeconfig that cannot work, by the verbs that list and that watch."""

import base64
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import msgspec
import pytest

from tests.http_service import answer, listening
from tests.unit.command import CLEAN, Ended, podroute, process
from tests.unit.kube_callers import trusting
from tests.unit.kube_server import Answer, Server, serving

CONTROLLER = ("controller", "--allocate-node-cidrs", "--cluster-cidr", "10.200.0.0/16")
VERBS = [("table",), CONTROLLER]
BOTH = pytest.mark.parametrize("verb", VERBS, ids=["table", "controller"])
NOBODY = "127.0.0.1:1"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as one:
        yield one


def run(verb: tuple[str, ...], config: str) -> Ended:
    return podroute(*verb, "--kubeconfig", config)


PORT = "its port is not a number from 1 to 65535"
UNSEEN = "it holds white space or a control character"
ADDRESSES = [
    ("https://127.0.0.1:99999", PORT),
    ("https://127.0.0.1:0", PORT),
    ("https://127.0.0.1:-1", PORT),
    ("https://127.0.0.1:1:2", PORT),
    ("https://127.0.0.1:", "there is a colon but no port"),
    ("https://", "it has no host"),
    ("https://:6443", "it has no host"),
    ("https://a b", "its host is no name and no IP address"),
    ("https://a..b", "its host is no name and no IP address"),
    (f"https://{'a' * 64}", "its host is no name and no IP address"),
    ("https://[::1", "brackets belong around an IPv6 address"),
    ("kubernetes", "it must begin with https:// or http://"),
    ("127.0.0.1:6443", "it must begin with https:// or http://"),
    ("ftp://127.0.0.1", "it must begin with https:// or http://"),
    ("https://127.0.0.1:6443\n", UNSEEN),
    (" https://127.0.0.1:6443", UNSEEN),
    ("https://127.0.0.1:64\t43", UNSEEN),
    ("https://127.0.0.1:6443/a b", UNSEEN),
    ("https://127.0.0.1:6443/\x7f", UNSEEN),
    ("https://127.0.0.1:6443/\u2028", UNSEEN),
]


@pytest.mark.parametrize(("address", "words"), ADDRESSES)
@BOTH
def test_a_bad_address(server: Server, verb: tuple[str, ...], address: str, words: str) -> None:
    config = server.kubeconfig({"server": address})

    ended = run(verb, config)

    assert (ended.status, ended.err.count("\n")) == (2, 1)
    assert f"{config}, context 'test': cluster 'c', server {address!r}: {words}" in ended.err


@pytest.mark.parametrize(("address", "words"), [*ADDRESSES, ("socks5://127.0.0.1:1", "not SOCKS")])
def test_a_bad_address_of_the_proxy(server: Server, address: str, words: str) -> None:
    config = server.kubeconfig(trusting(server, proxy_url=address))

    ended = run(("table",), config)

    assert (ended.status, ended.err.count("\n")) == (2, 1)
    assert f"{config}, context 'test': cluster 'c', proxy-url {address!r}: " in ended.err
    assert words in ended.err


@pytest.mark.parametrize("address", ["https://\u2764.example", f"https://a/{'b' * 70_000}"])
def test_an_address_that_cannot_be_sent(server: Server, address: str) -> None:
    ended = run(("table",), server.kubeconfig({"server": address}))

    assert (ended.status, ended.err.count("\n")) == (2, 1)
    assert f"podroute: context 'test': server '{address[:20]}" in ended.err


@pytest.mark.parametrize("scheme", ["https://", "HTTPS://"])
def test_a_password_in_the_address_is_refused_and_not_shown(server: Server, scheme: str) -> None:
    ended = run(("table",), server.kubeconfig({"server": f"{scheme}jane:secret@127.0.0.1:1"}))

    assert ended.status == 2
    assert "put them into the user's entry" in ended.err
    assert "secret" not in ended.err


@pytest.mark.parametrize("token", ["", "old"])
def test_who_is_not_authenticated_is_not_to_be_given_rights(server: Server, token: str) -> None:
    message = 'forbidden: User "system:anonymous" cannot do that'
    server.answer = lambda _: Answer(
        msgspec.json.encode({"kind": "Status", "message": message, "code": 403}), 403
    )

    ended = run(("table",), server.kubeconfig(token=token))

    assert ended.status == 3
    assert "kubectl" not in ended.err
    if token:
        assert "not authenticated: the credentials of user 'u' did not count" in ended.err
    else:
        assert "not authenticated: user 'u' has no credentials" in ended.err


@pytest.fixture(params=[407, 502])
def unwilling_proxy(request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    status = int(request.param)

    class Proxy(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            answer(self, status)

    with listening(HTTPServer(("127.0.0.1", 0), Proxy)) as address:
        yield address, status


def test_a_proxy_that_does_not_connect(server: Server, unwilling_proxy: tuple[str, int]) -> None:
    address, status = unwilling_proxy
    proxy = f"http://jane:secret@{address}"

    ended = run(("table",), server.kubeconfig(trusting(server, proxy_url=proxy)))

    assert ended.status == 3
    assert f"the proxy http://{address} does not connect to it ({status} " in ended.err
    assert "secret" not in ended.err


def test_a_proxy_that_is_not_there(server: Server) -> None:
    config = server.kubeconfig(trusting(server, proxy_url=f"http://{NOBODY}"))

    ended = run(("table",), config)

    assert ended.status == 3
    assert f"the proxy http://{NOBODY}: connection refused" in ended.err
    assert "is the API server running" not in ended.err


@pytest.mark.parametrize("named", [NOBODY, f"http://{NOBODY}"])
def test_a_proxy_of_the_environment_needs_no_scheme(server: Server, named: str) -> None:
    config = server.kubeconfig(trusting(server))

    ended = process("table", "--kubeconfig", config, environment={**CLEAN, "HTTPS_PROXY": named})

    assert ended.status == 3
    assert f"the proxy http://{NOBODY}: connection refused" in ended.err


@BOTH
def test_certificates_and_keys_are_named(server: Server, verb: tuple[str, ...]) -> None:
    jane, john = server.authority.client("jane", ()), server.authority.client("john", ())
    good = {"client_certificate": str(jane.certificate), "client_key": str(jane.key)}
    text = server.directory / "text"
    text.write_text("-----BEGIN CERTIFICATE-----\nno\n")
    locked = server.directory / "locked"
    locked.write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    data = base64.b64encode(b"nothing").decode()
    rows: list[tuple[dict[str, object], dict[str, object], str]] = [
        ({"certificate_authority": "/none"}, {}, "certificate-authority /none: No such file"),
        ({"certificate_authority": "/"}, {}, "certificate-authority /: Is a directory"),
        (
            {"certificate_authority": str(text)},
            {},
            f"certificate-authority {text} holds no certificate in PEM",
        ),
        (
            {"certificate_authority_data": data},
            {},
            "certificate-authority-data holds no certificate in PEM",
        ),
        ({"certificate_authority_data": "%"}, {}, "certificate-authority-data "),
        ({}, {**good, "client_certificate": "/none"}, "client-certificate /none: No such file"),
        ({}, {**good, "client_key": "/none"}, "client-key /none: No such file"),
        ({}, {**good, "client_key": str(text)}, f"client-key {text} holds no private key in PEM"),
        ({}, {**good, "client_key": str(locked)}, f"client-key {locked} is encrypted"),
        (
            {},
            {**good, "client_key": str(john.key)},
            f"client-certificate {jane.certificate} with client-key {john.key} cannot be used",
        ),
    ]
    for cluster, user, words in rows:
        ended = run(verb, server.kubeconfig(trusting(server, **cluster), **user))
        assert (ended.status, ended.err.count("\n")) == (2, 1)
        assert words in ended.err


def test_a_comment_in_a_certificate_may_be_in_any_language(server: Server) -> None:
    authority = server.directory / "authority"
    authority.write_text(f"# Zürich\n{server.authority.certificate.read_text()}")
    server.answer = lambda _: Answer(b'{"kind":"NodeList","items":[],"metadata":{}}')

    ended = run(
        ("table",), server.kubeconfig(trusting(server, certificate_authority=str(authority)))
    )

    assert ended.status == 0
