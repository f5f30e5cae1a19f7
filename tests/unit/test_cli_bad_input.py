"""Each bad input with its message and its exit status; nothing is half done."""

import json
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.http_service import answer, listening
from tests.unit.command import World, node, node_list, podroute, process, worker

POOL = "10.200.0.0/16"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def pod(name: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}}


@pytest.mark.parametrize("verb", ["table", "plan"])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("", "is empty: print them by: kubectl get nodes -o yaml", id="empty"),
        pytest.param(" \n\t\n", "is empty", id="blank"),
        pytest.param("a: [", "is neither YAML nor JSON: line ", id="not YAML"),
        pytest.param('{"a": [1}', "is neither YAML nor JSON", id="not JSON"),
        pytest.param("no resources found", "is no Kubernetes object", id="a sentence"),
        pytest.param("[1, 2]", "is no Kubernetes object", id="a list of numbers"),
        pytest.param(node_list(pod("web")), "is of kind 'Pod', not a Node", id="a Pod list"),
        pytest.param(json.dumps(pod("web")), "holds kind 'Pod', not Nodes", id="a Pod"),
        pytest.param("kind: List", "is a list without items", id="a List of nothing"),
        pytest.param(
            node_list(node("a", "10.240.0.30", "10.200.0.0")),
            "Node a cannot be read: spec.podCIDRs[0]: '10.200.0.0' has no mask",
            id="no mask",
        ),
        pytest.param(
            node_list(node("a", "10.240.0.30", "ten/24")),
            "Node a cannot be read: spec.podCIDRs[0]: 'ten/24' is not a CIDR",
            id="bad CIDR",
        ),
        pytest.param(
            node_list(node("a", "10.240.0.30", "10.200.1.1/24")),
            "'10.200.1.1/24' has host bits set: the network is 10.200.1.0/24",
            id="host bits set",
        ),
        pytest.param(
            node_list(node("a", "10.240.0.300", "10.200.1.0/24")),
            "Node a cannot be read: status.addresses[0]: '10.240.0.300' is not an IP address",
            id="bad InternalIP",
        ),
        pytest.param(
            node_list({"kind": "Node", "metadata": {"name": 5}}),
            "items[0] cannot be read: metadata.name: Expected `str`, got `int`",
            id="a Node of another shape",
        ),
    ],
)
def test_input_without_a_single_good_node(world: World, verb: str, text: str, words: str) -> None:
    world.nodes_file.write_text(text)

    ended = podroute(verb, *world.flags())

    assert ended.status == 1
    assert ended.out == ""
    assert words in ended.err
    assert all(line.startswith("podroute: ") for line in ended.err.splitlines())


def test_no_file(world: World) -> None:
    ended = podroute("table", "-f", str(world.nodes_file))
    folder = podroute("table", "-f", str(world.nodes_file.parent))
    loop = world.nodes_file.with_name("loop")
    loop.symlink_to(loop)
    turning = podroute("plan", *world.router(), "-f", str(loop))
    long = podroute("plan", *world.router(), "-f", "a" * 300)

    assert (ended.status, ended.err) == (
        1,
        f"podroute: {world.nodes_file}: No such file or directory\n",
    )
    assert (folder.status, "Is a directory" in folder.err) == (1, True)
    assert (turning.status, "Too many levels of symbolic links" in turning.err) == (1, True)
    assert (long.status, "File name too long" in long.err) == (1, True)


def test_the_bad_among_the_good_is_a_warning(world: World) -> None:
    world.nodes(worker(0), node("odd", "10.240.0.31", "10.200.1.1/24"), worker(2))

    ended = podroute("plan", *world.flags())

    assert ended.status == 0
    assert ended.err.startswith("podroute: Node odd cannot be read: ")
    assert "Plan: 2 to add" in ended.out


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ("10.200.0.0/24", "Blocked: 10.200.0.0/24 overlaps 10.200.0.0/24 of worker-0"),
        ("10.200.0.0/25", "10.200.0.0/25 is not one /24 block of 10.200.0.0/16"),
        ("10.0.0.0/8", "10.0.0.0/8 is outside the cluster CIDR 10.200.0.0/16"),
        ("0.0.0.0/0", "0.0.0.0/0 overlaps 0.0.0.0/8, a range for special purposes"),
    ],
)
def test_duplicate_and_overlapping_claims_are_shown_and_not_installed(
    world: World, claim: str, words: str
) -> None:
    world.nodes(worker(0), node("zwilling", "10.240.0.90", claim))

    planned = podroute("plan", *world.flags())
    applied = podroute("apply", *world.flags(), "--auto-approve")

    assert words in planned.out
    assert applied.status == 0
    assert world.installed() == ["10.200.0.0/24 10.240.0.30 ours"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("plan", "give --cluster-cidr, the Pods' range of the cluster, e.g. 10.200.0.0/16"),
        ("apply", "give --cluster-cidr"),
        (
            f"plan --cluster-cidr {POOL}",
            "which router? give --provider (installed: aws, bird, file,",
        ),
        (f"plan --cluster-cidr {POOL} --provider nope", "unknown provider 'nope' (installed: "),
        (f"plan --cluster-cidr {POOL} --provider spoilt", "installed, but cannot be loaded: "),
        (
            f"plan --cluster-cidr {POOL} --provider memory --provider-option a=1",
            "unknown provider option 'a' (known: none)",
        ),
        (
            f"plan --cluster-cidr {POOL} --provider linux --provider-option table=x",
            "provider options: ",
        ),
        (
            f"plan --cluster-cidr {POOL} --provider memory --provider-option a",
            "--provider-option 'a' is not KEY=VALUE",
        ),
        (
            (
                f"plan --cluster-cidr {POOL} --provider linux --provider-option table=1 "
                "--provider-option table=2"
            ),
            "--provider-option 'table' is given twice",
        ),
        ("plan --cluster-cidr 10.200.0.0", "--cluster-cidr: '10.200.0.0' has no mask"),
        ("plan --cluster-cidr 10.200.1.0/16", "the network is 10.200.0.0/16"),
        ("plan --cluster-cidr 10.200.0.0/16,10.201.0.0/16", "has two ranges of one family"),
        ("plan --cluster-cidr 10.200.0.0/28", "10.200.0.0/28 cannot be cut into blocks of /24"),
        (f"plan --cluster-cidr {POOL} --node-cidr-mask-size 0", "cannot be cut into blocks of /0"),
        (
            f"plan --cluster-cidr {POOL},fd00::/48 --node-cidr-mask-size 24",
            "--node-cidr-mask-size is for one family alone",
        ),
        (
            f"plan --cluster-cidr {POOL} --node-cidr-mask-size-ipv6 64",
            "--node-cidr-mask-size-ipv6: no --cluster-cidr is of IPv6",
        ),
        (f"plan --cluster-cidr {POOL} --reserved 10.96.0.1/12", "--reserved: '10.96.0.1/12'"),
        ("plan --selector a=b", "Unknown option: --selector; see: podroute plan --help"),
        ("apply -l a=b", "Unknown option: -l; see: podroute apply --help"),
        ("plan -o json --show-commands", "give it without -o json"),
        ("table --selector a=b -f nodes.yaml", "--selector goes with the API server"),
        ("table -f -x", "-f needs a file, or - for standard input"),
        ("table -o xml", 'Invalid value "xml" for -o. Choose from: "table", "wide"'),
        ("table nodes.yaml", "see: podroute table --help"),
        ("tabel", 'Unknown command "tabel". Did you mean "table"?'),
        ("plan --cluster-cird 10.200.0.0/16", "Did you mean --cluster-cidr?"),
        ("plan --config", "--config needs a file"),
        ("plan --config=", "--config needs a file"),
        ("lab up --workers 300", "--workers 300: from 1 to 20"),
        ("lab up --workers 0", "--workers 0: from 1 to 20"),
        ("lab demo --workers -1", "--workers -1: from 2 to 20"),
        ("plan --config /nonexistent", "--config /nonexistent: No such file or directory"),
        ("completion csh", 'Invalid value "csh"'),
    ],
)
def test_usage(arguments: str, words: str) -> None:
    ended = podroute(*arguments.split())

    assert ended.status == 2
    assert ended.out == ""
    assert ended.err.startswith("podroute: ")
    assert words in ended.err
    assert ended.err.count("\n") == 1


def test_an_empty_name_of_a_configuration_file() -> None:
    ended = podroute("plan", "--config", "")

    assert (ended.status, ended.err) == (2, "podroute: --config needs a file\n")


class Refusing(BaseHTTPRequestHandler):
    """An API server that no longer knows the token, and reads the selector before."""

    def do_GET(self) -> None:
        status, words = (400, "bad") if "labelSelector" in self.path else (401, "Unauthorized")
        content = {"kind": "Status", "message": words, "code": status}
        answer(self, status, json.dumps(content).encode())


@pytest.fixture
def refusing_server() -> Generator[str]:
    with listening(HTTPServer(("127.0.0.1", 0), Refusing)) as place:
        yield f"http://{place}"


@pytest.fixture
def nobody_there() -> str:
    """The address of a server that has just ended."""
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        return f"http://127.0.0.1:{server.server_port}"


def kubeconfig(folder: Path, server: str) -> str:
    path = folder / "config"
    content = {
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": "secret-token"}}],
        "contexts": [{"name": "ctx", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "ctx",
    }
    path.write_text(json.dumps(content))
    return str(path)


@pytest.mark.parametrize("verb", ["table", "plan", "apply"])
def test_an_expired_token(world: World, refusing_server: str, verb: str) -> None:
    config = kubeconfig(world.nodes_file.parent, refusing_server)

    ended = process(verb, *world.router(), "--kubeconfig", config)

    assert ended.status == 3
    assert "does not accept the credentials (401: Unauthorized): log in again" in ended.err
    assert "secret-token" not in ended.err


def test_a_selector_that_the_api_server_cannot_read(world: World, refusing_server: str) -> None:
    config = kubeconfig(world.nodes_file.parent, refusing_server)

    ended = process("table", "--kubeconfig", config, "--selector", "a in b")

    assert ended.status == 2
    assert "refused (HTTP 400): bad" in ended.err


@pytest.mark.parametrize("verb", ["table", "plan", "apply"])
def test_an_unreachable_api_server(world: World, nobody_there: str, verb: str) -> None:
    config = kubeconfig(world.nodes_file.parent, nobody_there)

    ended = process(verb, *world.router(), "--kubeconfig", config)

    assert ended.status == 3
    assert f"{nobody_there} is not reached" in ended.err
    assert ended.err.count("\n") == 1


def test_no_cluster_at_all(tmp_path: Path) -> None:
    ended = process("table", environment={"HOME": str(tmp_path), "KUBECONFIG": ""})

    assert ended.status == 2
    assert "give --kubeconfig, or -f with a file of Nodes" in ended.err


def test_no_such_context(world: World, nobody_there: str) -> None:
    config = kubeconfig(world.nodes_file.parent, nobody_there)

    ended = podroute("table", "--kubeconfig", config, "--context", "other")

    assert ended.status == 2
    assert "there is no context 'other' (known: ctx)" in ended.err
