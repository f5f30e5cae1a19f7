"""podroute status: what cannot be asked is told at once, in the words of its cause."""

from pathlib import Path

import pytest

from podroute.cli.following import controller_url
from podroute.cli.next_command import Given
from podroute.cli.options import AddressPlan, NodeSource, Router
from podroute.observe.board import HeldBack, RouteRecord
from podroute.routing.states import State
from podroute.web.remote import NOBODY
from tests.unit.command import podroute

KUBECONFIG = """apiVersion: v1
kind: Config
current-context: here
contexts: [{name: here, context: {cluster: here, user: here}}]
clusters: [{name: here, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: here, user: {}}]
"""


@pytest.mark.parametrize("verb", [("status",), ("table", "-w"), ("web",)])
def test_an_api_server_that_is_down_is_said_once_and_at_once(
    tmp_path: Path, verb: tuple[str, ...]
) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(KUBECONFIG)

    ended = podroute(*verb, "--kubeconfig", str(kubeconfig), "--cluster-cidr", "10.200.0.0/16")

    assert (ended.status, ended.out) == (3, "")
    assert "is not reached: connection refused" in ended.err
    assert ended.err.count("podroute:") == 1


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1:99999",
        "127.0.0.1:-1",
        "[::1",
        "host:http",
        "foo bar",
        "http://:10357",
        "ftp://host",
        ":10357",
        "http://",
    ],
)
def test_what_is_no_address_of_a_controller_is_refused(address: str) -> None:
    ended = podroute("status", "--controller", address)

    assert (ended.status, ended.out) == (2, "")
    assert f"--controller {address!r} is not ADDRESS:PORT" in ended.err


@pytest.mark.parametrize("address", ["127.0.0.1:1", "..:1"])
def test_where_no_controller_is_that_is_said(address: str) -> None:
    ended = podroute("status", "--controller", address)

    assert (ended.status, ended.out) == (3, "")
    assert "does not show routes: " in ended.err


def test_where_nobody_listens_it_is_said_what_to_look_at() -> None:
    ended = podroute("table", "-w", "--controller", "127.0.0.1:1")

    assert ended.status == 3
    assert ended.err.endswith(f": {NOBODY}\n")


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("10.240.0.5", "http://10.240.0.5:10357"),
        ("[::1]", "http://[::1]:10357"),
        ("router.example:", "http://router.example:10357"),
        ("router.example/routes", "http://router.example:10357/routes"),
        ("10.240.0.5:8080", "http://10.240.0.5:8080"),
        ("https://routes.example", "https://routes.example"),
        ("http://routes.example:81", "http://routes.example:81"),
        ("http://127.0.0.1:10357/", "http://127.0.0.1:10357"),
        ("https://routes.example/lab/?a=b#table", "https://routes.example/lab"),
    ],
)
def test_a_controller_without_a_port_has_that_of_controllers(address: str, url: str) -> None:
    """Of a URL the port is the scheme's, as everywhere."""
    assert controller_url(address) == url


CONFIG = "/etc/kubernetes/admin.conf"
PLAN = AddressPlan(cluster_cidr=("10.200.0.0/16",), node_cidr_mask_size=24)
LINUX = Router("linux", ("table=100",))
HERE = f"--kubeconfig {CONFIG} --context prod"
FLAGS = f"{HERE} --cluster-cidr 10.200.0.0/16 --node-cidr-mask-size 24"


def given(
    controller: str = "",
    source: NodeSource | None = None,
    addresses: AddressPlan = PLAN,
    router: Router = LINUX,
) -> Given:
    source = source or NodeSource(kubeconfig=CONFIG, context="prod")
    return Given(source, addresses, router, controller)


def line(state: State, node: str | None = "worker-1") -> RouteRecord:
    return RouteRecord(node, (), "10.200.1.0/24", "10.240.0.31", state, None, "")


@pytest.mark.parametrize(
    ("said", "one", "command"),
    [
        (
            given(),
            line("Blackhole"),
            f"podroute check {FLAGS} --provider linux --provider-option table=100",
        ),
        (
            given(),
            line("Missing"),
            f"podroute plan {FLAGS} --provider linux --provider-option table=100",
        ),
        (given(), line("Pending"), f"podroute ipam show {FLAGS}"),
        (
            given(),
            line("Blocked"),
            f"kubectl --kubeconfig {CONFIG} --context prod describe node worker-1",
        ),
        (
            given(addresses=AddressPlan()),
            line("Stale"),
            f"podroute table -o wide {HERE} --provider linux --provider-option table=100",
        ),
        (
            given("10.240.0.5:10357", NodeSource(), AddressPlan(), Router()),
            line("WrongNextHop"),
            "podroute table -o wide --controller 10.240.0.5:10357",
        ),
        (
            given("10.240.0.5:10357", NodeSource()),
            line("Pending"),
            "kubectl describe node worker-1",
        ),
        (given(source=NodeSource()), line("Blocked", "a;b"), "kubectl describe node 'a;b'"),
        (
            given(source=NodeSource(kubeconfig="/a:/b c")),
            line("Blocked"),
            "KUBECONFIG='/a:/b c' kubectl describe node worker-1",
        ),
    ],
)
def test_the_next_command_works_as_it_stands(said: Given, one: RouteRecord, command: str) -> None:
    assert said.next_for(one) == command


def test_a_word_reaches_the_leader_of_the_lease_that_was_named() -> None:
    """By the controller that holds it back, whatever Lease the person has in mind."""
    said = Given(NodeSource(context="prod"), PLAN, LINUX, "10.240.0.5:10357")
    held = HeldBack(4, "4 of 9", "1a2b3c4d-t0", "podroute apply by hand")

    assert said.confirming(held, "net/routes") == (
        "podroute apply --context prod --leader-elect-resource-name routes "
        "--leader-elect-resource-namespace net --confirm 1a2b3c4d-t0"
    )
    assert said.confirming(held, "kube-system/podroute-controller") == (
        "podroute apply --context prod --confirm 1a2b3c4d-t0"
    )
    assert said.confirming(held, "") == "podroute apply by hand"
