"""Files that have no end, pipes that have one, and names that lead nowhere."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import msgspec
import pytest

from tests.unit.command import Body, Ended, World, podroute, worker
from tests.unit.kube_callers import trusting
from tests.unit.kube_server import Answer, Server, serving

ENDLESS = "/dev/zero"
CONTROLLER = ("controller", "--allocate-node-cidrs", "--cluster-cidr", "10.200.0.0/16")
ROUTER = ("--provider", "memory", "--cluster-cidr", "10.200.0.0/16")
VERBS = pytest.mark.parametrize("verb", [("table",), CONTROLLER], ids=["table", "controller"])


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def server(tmp_path: Path) -> Generator[Server]:
    with serving(tmp_path) as one:
        empty: Body = {}
        page = {"kind": "NodeList", "items": [worker(0)], "metadata": empty}
        one.answer = lambda _: Answer(msgspec.json.encode(page))
        yield one


@contextmanager
def substituted(content: bytes) -> Generator[str]:
    """What a shell writes for ``<(...)``: the name of a pipe whose other end is written to."""
    read, write = os.pipe()

    def fill() -> None:
        with os.fdopen(write, "wb") as pipe:
            pipe.write(content)

    thread = Thread(target=fill)
    thread.start()
    try:
        yield f"/dev/fd/{read}"
    finally:
        os.close(read)
        thread.join()


def refused(ended: Ended) -> tuple[int, str]:
    assert ended.err.count("\n") == 1
    return ended.status, ended.err.removeprefix("podroute: ").rstrip()


@VERBS
def test_a_kubeconfig_without_end(verb: tuple[str, ...]) -> None:
    ended = podroute(*verb, "--kubeconfig", ENDLESS)

    words = "kubeconfig /dev/zero is larger than 16 MiB: that is no kubeconfig"
    assert refused(ended) == (2, words)


def test_a_certificate_without_end(server: Server) -> None:
    config = server.kubeconfig(trusting(server, certificate_authority=ENDLESS))

    status, words = refused(podroute("table", "--kubeconfig", config))

    assert status == 2
    assert words.endswith("/dev/zero is larger than 16 MiB: give a file in PEM")


def test_a_saved_plan_without_end() -> None:
    words = (
        "/dev/zero is larger than 256 MiB: that is no saved plan; "
        "make one by: podroute plan --out FILE"
    )
    assert refused(podroute("apply", ENDLESS)) == (1, words)


@pytest.mark.parametrize("verb", [("table",), ("plan", *ROUTER)], ids=["table", "plan"])
def test_a_kubeconfig_from_a_pipe(server: Server, verb: tuple[str, ...]) -> None:
    content = Path(server.kubeconfig(trusting(server))).read_bytes() + b"#" * (1 << 20)
    with substituted(content) as name:
        ended = podroute(*verb, "--kubeconfig", name)

    assert (ended.status, "10.200.0.0/24" in ended.out) == (0, True)


def test_a_saved_plan_from_a_pipe(world: World) -> None:
    world.nodes(worker(0))
    podroute("plan", *world.flags(), "--out", str(world.plan_file))
    with substituted(world.plan_file.read_bytes() + b" " * (1 << 20)) as name:
        ended = podroute("apply", name)

    assert (ended.status, world.installed()) == (0, ["10.200.0.0/24 10.240.0.30 ours"])


@VERBS
def test_a_home_folder_that_nobody_has(verb: tuple[str, ...]) -> None:
    ended = podroute(*verb, "--kubeconfig", "~nobody-of-that-name/config")

    words = (
        "kubeconfig ~nobody-of-that-name/config: the folder that ~ stands for is not known: "
        "write it out"
    )
    assert refused(ended) == (2, words)
