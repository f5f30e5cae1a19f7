"""list_nodes: pages, refusals and outages, from a server that answers as it is told."""

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from podroute.kube.client import ApiUnreachable, KubeconfigError, Patience
from podroute.kube.login import ClusterAccess
from podroute.kube.nodes import NodeList
from tests.listing import list_nodes
from tests.unit.kube_server import NAME, Answer, Request, Server, serving

SHORT = Patience(timedelta(seconds=5), timedelta(seconds=0.3))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as one:
        one.answer = lambda _: page("a")
        yield one


def page(*names: str, then: str = "") -> Answer:
    """``then`` is the token of the next page."""
    items = [{"metadata": {"name": name}} for name in names]
    return Answer(node_list(items, then))


def node_list(items: object, then: str = "") -> bytes:
    return msgspec.json.encode(
        {"kind": "NodeList", "items": items, "metadata": {"resourceVersion": "7", "continue": then}}
    )


def status(code: int, message: str) -> Answer:
    return Answer(msgspec.json.encode({"kind": "Status", "message": message}), code)


def query(request: Request) -> dict[str, list[str]]:
    return parse_qs(urlsplit(request.path).query)


def token(request: Request) -> str:
    return query(request).get("continue", [""])[0]


def names(listed: NodeList) -> list[str]:
    return [item.metadata.name for item in listed.objects]


async def test_every_page_of_one_consistent_list_is_read(server: Server) -> None:
    pages = {"": page("a", "b", then="2"), "2": page("c", then="3/&="), "3/&=": page("d")}
    server.answer = lambda request: pages[token(request)]

    listed = await list_nodes(ClusterAccess(server.kubeconfig()), selector="zone in (a,b)")

    assert names(listed) == ["a", "b", "c", "d"]
    assert listed.origin == "context 'test'"
    assert [query(request) | {"continue": []} for request in server.seen] == [
        {"limit": ["500"], "labelSelector": ["zone in (a,b)"], "continue": []}
    ] * 3


async def test_a_list_that_expires_half_way_is_read_anew(server: Server) -> None:
    answers = iter([page("old", then="2"), status(410, "expired"), page("a", then="3"), page("b")])
    server.answer = lambda _: next(answers)

    assert names(await list_nodes(ClusterAccess(server.kubeconfig()))) == ["a", "b"]
    assert [token(request) for request in server.seen] == ["", "2", "", "3"]


async def test_a_list_that_always_expires_is_given_up(server: Server) -> None:
    server.answer = lambda one: status(410, "expired") if token(one) else page("a", then="2")

    with pytest.raises(ApiUnreachable, match="changed faster than it could be read: try again"):
        await list_nodes(ClusterAccess(server.kubeconfig()))
    assert len(server.seen) == 6


async def test_a_list_that_repeats_its_pages_is_given_up(server: Server) -> None:
    following = {"": "2", "2": "3", "3": "2"}
    server.answer = lambda one: page("a", then=following[token(one)])

    with pytest.raises(ApiUnreachable, match="gave the same continue token twice"):
        await list_nodes(ClusterAccess(server.kubeconfig()))
    assert [token(request) for request in server.seen] == ["", "2", "3"]


async def test_a_page_that_fails_leaves_no_half_list(server: Server) -> None:
    server.answer = lambda one: status(503, "busy") if token(one) else page("a", then="2")

    with pytest.raises(ApiUnreachable, match=r"refused \(HTTP 503\): busy"):
        await list_nodes(ClusterAccess(server.kubeconfig()))


async def test_one_bad_item_does_not_stop_the_others(server: Server) -> None:
    bad = {"metadata": {"name": "bad"}, "spec": {"podCIDRs": "10.200.0.0/24"}}
    second = Answer(node_list([bad, 7, {"metadata": {"name": "b"}}]))
    server.answer = lambda one: second if token(one) else page("a", then="2")

    listed = await list_nodes(ClusterAccess(server.kubeconfig()))

    assert names(listed) == ["a", "b"]
    assert [(one.name, one.reason) for one in listed.misshapen] == [
        ("bad", "spec.podCIDRs: Expected `array | null`, got `str`"),
        ("items[2]", "Expected `object`, got `int`"),
    ]


@pytest.mark.parametrize("body", [node_list([]), node_list(None)])
async def test_a_cluster_without_nodes_is_an_empty_list(server: Server, body: bytes) -> None:
    server.answer = lambda _: Answer(body)

    listed = await list_nodes(ClusterAccess(server.kubeconfig()))

    assert (listed.objects, listed.misshapen) == ((), ())


FORBIDDEN = 'nodes is forbidden: User "{}" cannot list resource "nodes" in API group ""'
NO_SERVER = "answers, but is no Kubernetes API server: check the address"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (status(401, "Unauthorized"), "does not accept the credentials (401: Unauthorized): log"),
        (Answer(b"", 401), "does not accept the credentials (401): log in again"),
        (
            status(403, FORBIDDEN.format("jane o'neill")),
            "--clusterrole=podroute-reader '--user=jane o'\"'\"'neill'",
        ),
        (
            status(403, FORBIDDEN.format("system:serviceaccount:net:podroute")),
            "--clusterrole=podroute-reader --serviceaccount=net:podroute",
        ),
        (status(429, "slow\x1b[31m down"), "refused (HTTP 429): slow [31m down"),
        (Answer(b"<html>blocked</html>", 403), NO_SERVER),
        (Answer(b"nothing here", 404), NO_SERVER),
        (Answer(b"<html>login</html>"), NO_SERVER),
        (Answer(b"{}"), NO_SERVER),
        (Answer(b'{"kind":"PodList","items":[],"metadata":{}}'), NO_SERVER),
        (Answer(b'{"kind":"NodeList","metadata":{}}'), NO_SERVER),
        (Answer(node_list([]).replace(b"[]", b"[" * 100_000)), NO_SERVER),
        (Answer(b"", 302), NO_SERVER),
        (Answer(b"no gzip", encoding="gzip"), "is not reached: "),
    ],
)
async def test_an_answer_that_is_no_list_says_what_to_do(
    server: Server, answer: Answer, words: str
) -> None:
    server.answer = lambda _: answer

    with pytest.raises(ApiUnreachable) as caught:
        await list_nodes(ClusterAccess(server.kubeconfig()))

    assert words in str(caught.value)
    assert str(caught.value).startswith(f"context 'test': {server.url} ")


async def test_a_server_that_stops_in_the_middle_is_not_waited_for(server: Server) -> None:
    server.answer = lambda _: Answer(node_list([]), stalls=True)

    with pytest.raises(ApiUnreachable, match="did not answer in time"):
        await list_nodes(ClusterAccess(server.kubeconfig()), patience=SHORT)


async def test_a_host_that_is_not_reached_is_named_with_the_cause(server: Server) -> None:
    authority = str(server.authority.certificate)
    rows: list[tuple[dict[str, object], str]] = [
        ({"server": f"https://{NAME}.invalid"}, "its name is not known"),
        ({"server": "https://127.0.0.1:1"}, "connection refused: is the API server running?"),
        ({"server": server.url}, "its certificate is not trusted (self-signed certificate in"),
        (
            {"server": server.url, "certificate-authority": authority, "tls-server-name": "other"},
            "its certificate is not trusted (Hostname mismatch",
        ),
        ({"server": server.url.replace("https", "http")}, "is not reached: "),
        ({"server": server.url, "proxy-url": "http://127.0.0.1:1"}, "connection refused"),
    ]
    for cluster, words in rows:
        with pytest.raises(ApiUnreachable) as caught:
            await list_nodes(ClusterAccess(server.kubeconfig(cluster)))
        assert words in str(caught.value)
        assert "secret" not in str(caught.value)


async def test_what_cannot_work_is_a_fault_of_the_kubeconfig(server: Server) -> None:
    authority = str(server.authority.certificate)
    trusting: dict[str, object] = {"server": server.url, "certificate-authority": authority}
    rows: list[tuple[dict[str, object], dict[str, object], str]] = [
        ({**trusting, "certificate-authority": "/none"}, {}, "/none: No such file or directory"),
        ({**trusting, "certificate-authority": __file__}, {}, "holds no certificate in PEM"),
        ({**trusting, "insecure-skip-tls-verify": True}, {}, "take out one of them"),
        ({**trusting, "proxy-url": "socks5://127.0.0.1:1"}, {}, "not SOCKS"),
        (trusting, {"client_certificate_data": "eA=="}, "client-key: one of them is missing"),
        (trusting, {"client_certificate_data": "x", "client_key_data": "secret"}, "is not base64"),
        (trusting, {"auth_provider": {"name": "gcp"}}, "use an exec plugin"),
        (trusting, {"tokenFile": "/none"}, "tokenFile /none: No such file or directory"),
    ]
    for cluster, user, words in rows:
        with pytest.raises(KubeconfigError) as caught:
            await list_nodes(ClusterAccess(server.kubeconfig(cluster, **user)))
        assert words in str(caught.value)
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "cluster",
    [
        {"insecure-skip-tls-verify": True},
        {"tls-server-name": NAME, "certificate-authority": "pki/ca.crt"},
    ],
)
async def test_trust_is_as_the_kubeconfig_says(server: Server, cluster: dict[str, object]) -> None:
    config = server.kubeconfig({"server": server.url, **cluster})

    assert names(await list_nodes(ClusterAccess(config))) == ["a"]


async def test_an_api_server_may_live_below_a_path(server: Server) -> None:
    authority = str(server.authority.certificate)
    config = server.kubeconfig(
        {"server": f"{server.url}/k8s/c", "certificate-authority": authority}
    )

    await list_nodes(ClusterAccess(config))

    assert server.seen[0].path == "/k8s/c/api/v1/nodes?limit=500"


async def test_who_we_are_reaches_the_server(server: Server) -> None:
    file = server.directory / "token"
    file.write_text("from-file\n")
    pair = server.authority.client("jane", ())
    certificate = {"client_certificate": str(pair.certificate), "client_key": str(pair.key)}
    rows: list[tuple[dict[str, object], tuple[str, str]]] = [
        ({}, ("", "")),
        ({"token": "plain"}, ("Bearer plain", "")),
        ({"tokenFile": "token"}, ("Bearer from-file", "")),
        ({"username": "u", "password": "p"}, ("Basic dTpw", "")),
        (dict(certificate), ("", "jane")),
        ({**certificate, "token": "plain"}, ("Bearer plain", "jane")),
    ]
    for user, expected in rows:
        await list_nodes(ClusterAccess(server.kubeconfig(None, **user)))
        assert (server.seen[-1].authorization, server.seen[-1].user) == expected


async def test_a_token_file_is_read_again_when_its_token_has_expired(server: Server) -> None:
    file = server.directory / "token"
    file.write_text("old")

    def answer(request: Request) -> Answer:
        if request.authorization == "Bearer new":
            return page("a")
        file.write_text("new")
        return status(401, "Unauthorized")

    server.answer = answer

    assert names(await list_nodes(ClusterAccess(server.kubeconfig(tokenFile="token")))) == ["a"]


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
async def test_a_plugin_gives_a_token_and_a_certificate(server: Server, version: str) -> None:
    pair = server.authority.client("jane", ())
    credential = {
        "apiVersion": f"client.authentication.k8s.io/{version}",
        "kind": "ExecCredential",
        "status": {
            "token": "from-plugin",
            "clientCertificateData": pair.certificate.read_text(),
            "clientKeyData": pair.key.read_text(),
        },
    }
    answer = server.directory / "answer"
    answer.write_bytes(msgspec.json.encode(credential))
    code = "import sys, pathlib; print(pathlib.Path(sys.argv[1]).read_text())"
    plugin = {
        "apiVersion": credential["apiVersion"],
        "command": sys.executable,
        "args": ["-c", code, str(answer)],
        "interactiveMode": "Never",
    }

    await list_nodes(ClusterAccess(server.kubeconfig(None, exec=plugin)))

    assert (server.seen[0].authorization, server.seen[0].user) == ("Bearer from-plugin", "jane")
