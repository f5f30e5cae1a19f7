"""The page's documents, and who may ask for them."""

import socket
from collections.abc import AsyncIterator, Sequence

import httpx2
import msgspec
import pytest
from prometheus_client import CollectorRegistry, Counter

from podroute.observe.board import Board, HeldBack, Subject
from podroute.web.guard import HEADERS, is_here
from podroute.web.health import Checks, serving
from podroute.web.page import ASSETS, web_app
from tests.web.boards import mixed, put, record, standing

LOOPBACK = "127.0.0.1"
API = "/api/v1alpha1"


def commands(subject: Subject) -> Sequence[str]:
    return [f"ip route replace {subject} via 172.16.0.10"]


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """Of a page with 30 Nodes, by the address that it is served at."""
    registry = CollectorRegistry()
    Counter("turns", "Turns.", registry=registry)
    board = mixed(30)
    app = web_app(Checks({}, {}), registry, board, commands, ["podroute.test"])
    async with (
        serving(app, LOOPBACK, 0) as port,
        httpx2.AsyncClient(base_url=f"http://{LOOPBACK}:{port}") as asking,
    ):
        yield asking


async def test_routes_are_the_document_of_the_command_line(client: httpx2.AsyncClient) -> None:
    document = (await client.get(f"{API}/routes")).json()

    assert list(document) == ["apiVersion", "kind", "items", "unreadable", "waiting", "deleting"]
    assert (document["apiVersion"], document["kind"]) == ("podroute/v1alpha1", "RouteTable")
    assert document["items"][0] == {
        "node": "worker-0",
        "internalIPs": ["172.16.0.10"],
        "podCIDR": "10.200.0.0/24",
        "nextHop": "172.16.0.10",
        "state": "InSync",
        "owner": "ours",
        "reason": "",
    }
    assert document["waiting"] == ["worker-new"]


async def test_status_says_who_leads_and_what_is_held_back(client: httpx2.AsyncClient) -> None:
    document = (await client.get(f"{API}/status")).json()

    assert document["kind"] == "RouteStatus"
    assert document["leader"] == "podroute-7c9d5b-x2x8k"
    assert document["lastRead"] == "2027-01-15T08:00:00.000Z"
    assert document["quota"] == {"used": 212, "limit": 250}
    assert document["held"]["confirmation"] == "k7f2"
    assert document["states"]["WrongNextHop"] == 1


async def test_what_is_not_known_is_null() -> None:
    registry = CollectorRegistry()
    app = web_app(Checks({}, {}), registry, Board(), commands)
    async with (
        serving(app, LOOPBACK, 0) as port,
        httpx2.AsyncClient(base_url=f"http://{LOOPBACK}:{port}") as client,
    ):
        status = (await client.get(f"{API}/status")).json()
        space = (await client.get(f"{API}/address-space")).json()

    assert [status[key] for key in ("leader", "provider", "lastRead", "quota", "held")] == [
        None
    ] * 5
    assert space["pools"] == []


async def test_timeline_and_address_space(client: httpx2.AsyncClient) -> None:
    timeline = (await client.get(f"{API}/timeline")).json()
    space = (await client.get(f"{API}/address-space")).json()

    assert (timeline["kind"], len(timeline["items"])) == ("RouteTimeline", 160)
    assert list(timeline["items"][0]) == ["time", "kind", "subject", "node", "message", "seconds"]
    assert space["pools"] == [{"cidr": "10.200.0.0/16", "blockPrefix": 24, "blocks": 256}]
    assert space["reserved"] == ["10.200.240.0/20"]


async def test_commands_of_a_route(client: httpx2.AsyncClient) -> None:
    answer = await client.get(f"{API}/commands", params={"podCIDR": "10.200.3.0/24"})

    assert answer.json()["commands"] == ["ip route replace 10.200.3.0/24 via 172.16.0.10"]


@pytest.mark.parametrize(
    ("cidr", "code", "words"),
    [
        ("", 400, "has no mask"),
        ("10.200.3.1/24", 400, "host bits set: the network is 10.200.3.0/24"),
        ("; reboot #/8", 400, "is not a CIDR"),
        ("1" * 10_000, 400, "has no mask"),
        ("10.201.0.0/24", 404, "no Node has it"),
    ],
)
async def test_a_bad_question_is_told_what_is_wrong(
    client: httpx2.AsyncClient, cidr: str, code: int, words: str
) -> None:
    answer = await client.get(f"{API}/commands", params={"podCIDR": cidr})

    assert answer.status_code == code
    assert words in answer.json()["message"]
    assert len(answer.content) < 400


@pytest.mark.parametrize("path", ["/", "/assets/main.js", f"{API}/routes", "/nothing"])
async def test_every_answer_says_what_a_browser_must_not_do(
    client: httpx2.AsyncClient, path: str
) -> None:
    answer = await client.get(path)

    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "10.0.0.1", "a b", ""],
)
async def test_a_name_of_another_site_is_refused(client: httpx2.AsyncClient, host: str) -> None:
    for path in ("/", f"{API}/routes", f"{API}/events"):
        answer = await client.get(path, headers={"Host": host})

        assert answer.status_code == 400
        assert "worker" not in answer.text


@pytest.mark.parametrize("host", ["localhost:10257", "127.0.0.1", "[::1]:8080", "podroute.test"])
async def test_names_of_this_machine_are_served(client: httpx2.AsyncClient, host: str) -> None:
    assert (await client.get(f"{API}/status", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz", "/metrics"])
async def test_health_and_metrics_are_for_everybody(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path, headers={"Host": "10.244.0.7:10257"})

    assert answer.status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/assets/main.js", f"{API}/routes", f"{API}/events"])
async def test_nothing_can_be_changed(client: httpx2.AsyncClient, method: str, path: str) -> None:
    assert (await client.request(method, path)).status_code == 405


@pytest.mark.parametrize("path", ["/assets/../page.py", "/assets/%2e%2e/page.py", "/assets//etc"])
async def test_no_file_beside_the_assets_is_served(client: httpx2.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("client_address", "server_address", "here"),
    [
        ("127.0.0.1", "127.0.0.1", True),
        ("127.8.8.8", "127.0.0.1", True),
        ("::1", "::1", True),
        ("10.240.0.5", "10.240.0.5", True),
        ("10.240.0.6", "10.240.0.5", False),
        ("testclient", "testserver", False),
    ],
)
def test_the_page_is_for_this_machine(
    client_address: str, server_address: str, *, here: bool
) -> None:
    scope = {"client": (client_address, 1), "server": (server_address, 2)}

    assert is_here(scope) == here


def test_who_cannot_be_told_is_not_here() -> None:
    assert not is_here({"client": None, "server": ("127.0.0.1", 1)})


async def test_others_on_the_network_are_sent_away() -> None:
    board = mixed(3)
    app = web_app(Checks({}, {}), CollectorRegistry(), board, commands)
    transport = httpx2.ASGITransport(app, client=("192.0.2.7", 4711))
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
        page, health = await client.get("/"), await client.get("/livez")

    assert (page.status_code, health.status_code) == (403, 200)
    assert "kubectl port-forward" in page.text


async def test_a_pattern_does_not_open_the_page_to_all_names() -> None:
    app = web_app(Checks({}, {}), CollectorRegistry(), Board(), commands, ["*"])
    async with (
        serving(app, LOOPBACK, 0) as port,
        httpx2.AsyncClient(base_url=f"http://{LOOPBACK}:{port}") as client,
    ):
        assert (await client.get("/", headers={"Host": "evil.example"})).status_code == 400


async def test_on_ipv6_too() -> None:
    app = web_app(Checks({}, {}), CollectorRegistry(), Board(), commands)
    if not socket.has_ipv6:
        pytest.fail("this machine has no IPv6")
    async with (
        serving(app, "::1", 0) as port,
        httpx2.AsyncClient(base_url=f"http://[::1]:{port}") as client,
    ):
        assert (await client.get("/")).status_code == 200


async def test_text_of_nodes_goes_through_as_text() -> None:
    board = Board()
    put(board, record(0, "Blocked", '<script>alert("\u202e\x1b[31m\x00")</script>'))
    board.stand(standing(held=HeldBack(1, "</script>\r\n\r\ndata: x", "w")))
    app = web_app(Checks({}, {}), CollectorRegistry(), board, commands)
    async with (
        serving(app, LOOPBACK, 0) as port,
        httpx2.AsyncClient(base_url=f"http://{LOOPBACK}:{port}") as client,
    ):
        answer = await client.get(f"{API}/routes")

    assert answer.headers["content-type"] == "application/json"
    assert msgspec.json.decode(answer.content)["items"][0]["reason"].startswith("<script>")


async def test_the_page_is_html_and_names_its_assets_only(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/")

    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.content == (ASSETS / "index.html").read_bytes()
    assert answer.headers["cache-control"] == "no-cache"
