"""What the agent's command refuses, what it knows of its Node, and how fast it goes."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from math import inf
from pathlib import Path

import pytest

from podroute.agent.following import Followed
from podroute.agent.loop import AT_ONCE, FIGHT, LAST_PAUSE, SLOWLY, Pace, breath, rest
from podroute.agent.nodes import Known, known_of
from podroute.host.service_manager import ServiceManager
from podroute.kube.connection import connect
from podroute.kube.kubeconfig import find_login
from podroute.kube.login import ClusterAccess
from podroute.model.cidr import parse_cidr
from podroute.model.node import Roster
from tests.builders import node, roster, unreadable
from tests.unit.command import podroute, process
from tests.unit.kube_server import Server, serving
from tests.unit.watch_texts import added, bookmark, initial, item, line, status
from tests.unit.watchers import in_turn, query
from tests.waiting import until

ANNOUNCED = ("--announce=gobgp", "--cluster-cidr=10.200.0.0/16")
CIDRS = (parse_cidr("10.200.0.0/24"),)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--network-plugin-mtu=500"], "--network-plugin-mtu 500: give 576 to 65535, or 0"),
        (["--network-plugin-mtu=70000"], "--network-plugin-mtu 70000: give 576 to 65535, or 0"),
        (["--network-plugin-mtu=1279", "--pod-cidr=fd00::/64"], "1279: give 1280 to 65535, or 0"),
        (["--state-dir=run"], "--state-dir run is relative"),
        (["--bridge="], "--bridge '' is no name of a link"),
        (["--bridge=a/b"], "--bridge 'a/b' is no name of a link"),
        (["--bridge=" + "a" * 16], "is no name of a link: up to 15 characters"),
        (["--bridge=br%d"], "--bridge 'br%d' is no name of a link"),
        (["--bridge=c*"], "--bridge 'c*' is no name of a link"),
        (["--bridge=all"], "--bridge 'all' is no name of a link"),
        (["--confirm=x", "--dry-run"], "--confirm lets removals pass, --dry-run changes none"),
        (["--confirm=x", "--cleanup"], "--confirm lets removals pass, --cleanup changes none"),
        (["--pod-cidr=10.200.0.7/24"], "--pod-cidr: '10.200.0.7/24' has host bits set"),
        (["--pod-cidr=10.200.0.0/24,10.201.0.0/24"], "--pod-cidr has two of one family"),
        (["--non-masquerade-cidr=x"], "--non-masquerade-cidr: 'x' has no mask"),
        (["--pod-cidr=10.200.0.0/24", "-f", "x"], "--pod-cidr is for a worker without an API"),
        (["--pod-cidr=10.200.0.0/24", "--peer-routes"], "--peer-routes needs Nodes"),
        (["--peer-routes"], "--peer-routes: give --cluster-cidr"),
        (["--pod-cidr=10.200.0.0/24", "--announce=gobgp"], "--announce needs Nodes"),
        (["--announce=gobgp"], "--announce: give --cluster-cidr"),
        (["--announce=frr"], "gobgp"),
        ([*ANNOUNCED, "--no-configure-cbr0"], "--announce needs --configure-cbr0"),
        ([*ANNOUNCED, "--announce-option=med"], "--announce-option 'med' is not KEY=VALUE"),
        (["--no-configure-cbr0"], "nothing to do: give --configure-cbr0 or --peer-routes"),
        (["-f", "-"], "-f -: standard input can be read once"),
        (["-f", "/dev/null"], "-f /dev/null: a pipe or a device can be read once"),
        (["--sync-period=0"], "--sync-period must be greater than 0"),
        (["--hairpin-mode=maybe"], "promiscuous-bridge"),
    ],
)
def test_bad_settings_are_refused_at_start(flags: list[str], words: str) -> None:
    ended = podroute("agent", *flags)

    assert ended.status == 2
    assert words in ended.err


def test_who_may_not_read_its_node_is_told_what_gives_the_right(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        in_turn(server, status(403, 'User "system:node:w0" cannot list nodes'))
        flags = ("--kubeconfig", server.kubeconfig(), "--node-name", "w0")
        ended = podroute("agent", "--dry-run", *flags)

    assert ended.status == 3
    assert ended.err.endswith("by: kubectl apply -f deploy/agent-rbac.yaml\n")


def test_nothing_is_imported_from_where_it_is_started(tmp_path: Path) -> None:
    """It runs as root, and a folder may be anybody's."""
    (tmp_path / "cyclopts.py").write_text("raise SystemExit('foreign code')\n")

    ended = process("agent", "--bridge=a/b", directory=tmp_path)

    assert ended.status == 2
    assert "is no name of a link" in ended.err


def test_the_file_has_the_names_of_the_flags(tmp_path: Path) -> None:
    config = tmp_path / "podroute.yaml"
    config.write_text(
        "apiVersion: podroute/v1alpha1\n"
        "configure-cbr0: true\nreconcile-cidr: true\nnon-masquerade-cidr: [10.0.0.0/8]\n"
        "hairpin-mode: hairpin-veth\nnetwork-plugin-mtu: 100\nbridge: cbr0\nnode-name: w\n"
        "cni-conf-dir: net.d\ncni-bin-dir: bin\nsync-period: 10s\nstate-dir: run\n"
    )

    ended = podroute("agent", "--config", str(config))

    assert "--network-plugin-mtu 100" in ended.err


def test_a_node_is_known_by_its_name_and_is_no_peer_of_its_own() -> None:
    one = node("w0", "10.240.0.30", "10.200.0.0/24")
    two = node("w1", "10.240.0.31", "10.200.1.0/24")

    known = known_of("w0", roster(one, two))

    assert (known.pod_cidrs, known.internal_ips) == (one.pod_cidrs, one.internal_ips)
    assert [(other.name, other.pod_cidrs) for other in known.others.nodes] == [
        ("w0", ()),
        ("w1", two.pod_cidrs),
    ]


@pytest.mark.parametrize(
    ("everybody", "missing"),
    [
        (roster(), "there is no Node w0"),
        (roster(node("w1", "10.240.0.31", "10.200.1.0/24")), "there is no Node w0"),
        (roster(node("w0", "10.240.0.30")), "Node w0 has no podCIDR yet"),
        (roster(unreadable("w0")), "Node w0 cannot be read: spoilt"),
    ],
)
def test_a_node_that_cannot_be_worked_with_is_told(everybody: Roster, missing: str) -> None:
    assert known_of("w0", everybody).missing == missing


def test_repairs_are_made_at_once_until_somebody_fights() -> None:
    pace = Pace()

    quick = [pace.pause("repaired", 10) for _ in range(FIGHT)]
    slow = pace.pause("repaired", 10)

    assert set(quick) == {AT_ONCE}
    assert slow == SLOWLY
    assert pace.pause("quiet", 10) == 10
    assert pace.pause("repaired", 10) == AT_ONCE


def test_failures_are_tried_again_ever_more_slowly() -> None:
    pace = Pace()

    pauses = [pace.pause("failed", 10) for _ in range(12)]

    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (2 * AT_ONCE, LAST_PAUSE)
    assert pace.pause("failed", 1) == 1


@pytest.mark.parametrize(
    ("peace", "seconds", "least"),
    [(0, 60, 0), (SLOWLY, AT_ONCE, AT_ONCE), (SLOWLY, 60, SLOWLY)],
)
async def test_what_is_heard_ends_a_long_rest(peace: float, seconds: float, least: float) -> None:
    """Also while something fails for good, though not at once: that may be what is heard."""
    stopping, changed = asyncio.Event(), asyncio.Event()
    changed.set()
    clock = asyncio.get_running_loop().time
    began = clock()

    async with asyncio.timeout(30):
        await rest(peace, seconds, stopping, changed)

    assert clock() - began >= least


async def test_a_stop_ends_every_rest() -> None:
    stopping = asyncio.Event()
    stopping.set()

    async with asyncio.timeout(30):
        await rest(SLOWLY, 60, stopping, asyncio.Event())


@pytest.mark.parametrize(
    ("took", "rested", "peace"),
    [
        (0.005, inf, 0),
        (0.005, 0, AT_ONCE),
        (0.005, AT_ONCE, AT_ONCE),
        (0.005, 2 * AT_ONCE, 0),
        (0.5, 0.6, 0.5),
        (0.5, 1, 0),
        (60, 1, SLOWLY),  # nft hangs: what is heard then waits no longer than ever
    ],
)
def test_looks_in_a_row_leave_the_machine_to_others_for_as_long(
    took: float, rested: float, peace: float
) -> None:
    assert breath(took, rested) == peace


@asynccontextmanager
async def told_by(
    server: Server, news: list[Known | None], *, everybody: bool
) -> AsyncGenerator[Followed]:
    """Each time that there is news, what is known then is noted."""
    login = find_login(ClusterAccess(server.kubeconfig()))
    async with connect(login) as connection:
        followed = Followed(connection, "w0", everybody=everybody)
        assert followed.known() is None
        running = asyncio.create_task(
            followed.run(lambda: news.append(followed.known()), lambda _: None)
        )
        yield followed
        running.cancel()


def names(known: Known | None) -> set[str]:
    """Who is there."""
    assert known is not None
    return {node.name for node in known.others.nodes}


async def test_one_node_alone_is_asked_for(tmp_path: Path) -> None:
    news: list[Known | None] = []
    with serving(tmp_path) as server:
        in_turn(server, server.feed(initial(7, "w0")))
        async with told_by(server, news, everybody=False):
            await until(lambda: news)
        (asked,) = map(query, server.seen)

    assert asked["fieldSelector"] == "metadata.name=w0"


async def test_only_what_is_another_is_news(tmp_path: Path) -> None:
    news: list[Known | None] = []
    with serving(tmp_path) as server:
        in_turn(server, server.feed(initial(7, "w0", "w1")))
        async with told_by(server, news, everybody=True):
            await until(lambda: news)
            for heartbeat in (added("w0", 8), added("w1", 9), bookmark(10)):
                server.feeds[0].put(heartbeat)
            changed = item("w0", 11, podCIDR="10.200.0.0/24")
            server.feeds[0].put(line("MODIFIED", changed))
            await until(lambda: len(news) > 1)
            server.feeds[0].put(line("DELETED", item("w1", 12)) + line("DELETED", item("w2", 13)))
            await until(lambda: len(news) > 2)

    assert list(map(names, news)) == [{"w0", "w1"}, {"w0", "w1"}, {"w0"}]
    assert [one.pod_cidrs for one in news if one] == [(), CIDRS, CIDRS]


async def test_a_lost_api_server_takes_nothing_away(tmp_path: Path) -> None:
    news: list[Known | None] = []
    with serving(tmp_path) as server:
        in_turn(server, server.feed(initial(7, "w0")), status(403))
        async with told_by(server, news, everybody=False) as followed:
            await until(lambda: news)
            server.feeds[0].end()
            await until(lambda: len(server.seen) > 2)
            assert names(followed.known()) == {"w0"}


def test_a_service_manager_that_is_not_there_or_busy_is_no_matter(tmp_path: Path) -> None:
    silent = ServiceManager({})
    silent.tell(READY="1")
    gone = ServiceManager({"NOTIFY_SOCKET": "/nowhere/notify", "WATCHDOG_USEC": "4000000"})
    gone.tell(READY="1")

    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as busy:
        busy.bind(str(tmp_path / "notify"))
        manager = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        for _ in range(2000):  # more than the kernel keeps for it
            manager.tell(STATUS="a Node's\nword")
        assert busy.recv(100) == b"STATUS=a Node's\\nword"

    assert (silent.pulse, gone.pulse) == (None, 2.0)
    assert ServiceManager({"WATCHDOG_USEC": "4000000", "WATCHDOG_PID": "1"}).pulse is None
