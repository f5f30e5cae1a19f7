"""A router with BIRD that has routes, and does not use them all; and its BGP sessions."""

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from podroute.model.check import Check
from podroute.providers.gobgp.provider import KIND as GOBGP
from podroute.providers.interface import CheckedRouter, Question
from podroute.routing.outcome import Done
from podroute.routing.steps import Create
from podroute.testing.netns import Namespace
from tests.builders import route
from tests.onprem.bgp import daemon_file
from tests.onprem.bird_static import StaticBird, connected, static_bird
from tests.onprem.daemons_of_debian import end
from tests.onprem.gobgp import gobgp_daemon, looked
from tests.onprem.lan import Lan
from tests.onprem.test_bgp_routers import bird_file
from tests.unit.command import Ended, node_list, process, worker
from tests.waiting import until

pytestmark = pytest.mark.netns

WISHES = (
    route("10.200.0.0/24", "10.240.0.30", "worker-0"),
    route("10.200.1.0/24", "10.240.0.31", "worker-1"),
    route("10.200.2.0/24", "10.251.0.32", "worker-2"),
    route("fd00:10:200::/64", "fd00:10:240::30", "worker-0"),
)
USABLE = 3  # the other has a next hop on no network of the router
OURS = """\
protocol static podroute4 {
    ipv4 { table master4; preference 200; };
    route 10.200.0.0/24 via 10.240.0.30;
    route 10.200.1.0/24 via 10.240.0.31;
    route 10.200.2.0/24 via 10.251.0.32;
}
protocol static podroute6 {
    ipv6 { table master6; preference 200; };
    route fd00:10:200::/64 via fd00:10:240::30;
}
"""
RIVAL = """\
protocol static rival { ipv4 { preference 210; }; route 10.200.1.0/24 via 10.240.0.99; }
"""
PREFERRED = (
    "podroute4 route 10.200.1.0/24 via 10.240.0.31 (200) is there, but not used: "
    "rival route 10.200.1.0/24 via 10.240.0.99 (210) is preferred"
)
ALL = "ipv4 { export all; };"
FILTERED = "ipv4 { export where net != 10.200.0.0/24; };"
FLAGS = ("--provider", "bird", "-f", "-", "--cluster-cidr", "10.200.0.0/16")


@pytest.fixture
async def bird(netns: Namespace, tmp_path: Path) -> AsyncGenerator[StaticBird]:
    with netns.entered():
        async with static_bird(netns, tmp_path, OURS, RIVAL) as made:
            await until(lambda: made.routes() >= 4)
            yield made


async def checked(bird: StaticBird) -> Mapping[str, Check]:
    async with connected(bird) as provider:
        assert isinstance(provider, CheckedRouter)
        return {one.id: one for one in await provider.checks(Question(WISHES, ()))}


async def unused(bird: StaticBird) -> dict[str, str]:
    found = (await checked(bird))["router-route-installed"]
    return {one.subject: one.cause for one in found.problems}


async def edit(bird: StaticBird, old: str, new: str) -> None:
    """Of bird.conf, as a person does it, who waits until BIRD has done with it."""
    file = bird.place / "bird.conf"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    bird.router.birdc("configure")
    await until(lambda: "up and running" in bird.router.birdc("show", "status"))


def flags(bird: StaticBird) -> list[str]:
    return [word for key, text in bird.options().items() for word in option(key, text)]


def option(key: str, text: str) -> tuple[str, str]:
    return "--provider-option", f"{key}={text}"


def explained(bird: StaticBird) -> Ended:
    """What a person is told of worker-1."""
    return process("explain", "worker-1", *FLAGS, *flags(bird), stdin=node_list(worker(1)))


async def test_what_is_not_used_is_told_with_the_reason(bird: StaticBird) -> None:
    before = await checked(bird)
    shown = explained(bird)
    await edit(bird, ALL, FILTERED)
    bird.router.birdc("disable", "podroute6")
    await until(lambda: "podroute6" not in bird.router.birdc("show", "route", "table", "all"))
    after = await unused(bird)
    await edit(bird, RIVAL, "")
    await edit(bird, FILTERED, ALL)
    bird.router.birdc("enable", "podroute6")
    await until(lambda: "podroute6" in bird.router.birdc("show", "route", "table", "all"))
    mended = await unused(bird)

    assert {key: one.verdict for key, one in before.items()} == {
        "router-forwarding": "passed",
        "router-next-hop": "passed",
        "router-symmetric": "passed",
        "router-route-installed": "failed",
    }
    ending = {
        "10.200.0.0/24 worker-0": "is there, but not for the kernel: "
        "the export filter of kernel1 drops it",
        "10.200.1.0/24 worker-1": PREFERRED,
        "10.200.2.0/24 worker-2": "has it, but the router has no way to 10.251.0.32",
        "fd00:10:200::/64 worker-0": "has it, but protocol podroute6 is down: "
        "birdc enable podroute6",
    }
    assert list(after) == list(ending)
    assert [text for subject, text in ending.items() if not after[subject].endswith(text)] == []
    assert shown.status == 1, shown
    assert f"router-route-installed: 10.200.1.0/24 worker-1: {PREFERRED}" in shown.out
    assert list(mended) == ["10.200.2.0/24 worker-2"]


async def test_a_file_that_is_not_included_is_told(bird: StaticBird) -> None:
    await edit(bird, f'include "{bird.file}";', "")
    await until(lambda: "podroute4" not in bird.router.birdc("show", "protocols"))

    told = (await unused(bird))["10.200.0.0/24 worker-0"]
    assert told.endswith("BIRD has not read that: is it included in bird.conf? birdc configure")


async def test_a_router_whose_kernel_bird_leaves_alone_is_told(bird: StaticBird) -> None:
    bird.router.birdc("disable", "kernel1")

    told = (await unused(bird))["10.200.0.0/24 worker-0"]
    assert told.endswith("is there, but no protocol kernel for table master4 is up")


async def test_whether_its_kernel_forwards_is_asked(bird: StaticBird) -> None:
    question = Question((), tuple(one.destination for one in WISHES))
    node = bird.router.node
    async with connected(bird) as provider:
        assert isinstance(provider, CheckedRouter)
        node.run("sysctl", "-qw", "net.ipv4.ip_forward=0", "net.ipv6.conf.all.forwarding=1")
        before, *_ = await provider.checks(question)
        (problem,) = before.problems
        node.run("sh", "-c", problem.fix.partition(",")[0])
        after, *_ = await provider.checks(question)

    assert (before.id, problem.subject) == ("router-forwarding", "net.ipv4.ip_forward")
    assert problem.cause == "IPv4 packets are not forwarded"
    assert after.verdict == "passed"


async def test_a_bird_that_does_not_answer_is_not_reached(bird: StaticBird) -> None:
    end(bird.router.process)
    ended = process("check", *FLAGS, *flags(bird), stdin=node_list(worker(0)))

    assert ended.status == 3, ended
    assert "Unable to connect to server control socket" in ended.err


@asynccontextmanager
async def told_by_bgp(network: Lan, place: Path) -> AsyncGenerator[StaticBird]:
    """BIRD as both its pages say, told of all ``WISHES`` by GoBGP."""
    folder = place / "announcer"
    folder.mkdir()
    more = "filter PODS" + bird_file().partition("filter PODS")[2]
    more = more.replace("protocol bgp podroute", "protocol bgp tor")
    with network.router.entered():
        async with (
            static_bird(network.router, place, "", more) as bird,
            gobgp_daemon(network.announcer, folder, daemon_file()) as daemon,
            GOBGP.connect(daemon.options()) as announcer,
        ):
            await announcer.read()
            outcomes = await announcer.apply(list(map(Create, WISHES)))
            assert [one for one in outcomes if not isinstance(one, Done)] == []
            await looked(announcer)
            yield bird


def learned(bird: StaticBird) -> int:
    return bird.router.birdc("show", "route", "table", "all").count("unicast [tor ")


def session(bird: StaticBird) -> str:
    return bird.router.birdc("show", "protocols", "all", "tor")


async def test_what_is_received_and_the_prefix_limit(network: Lan, tmp_path: Path) -> None:
    async with told_by_bgp(network, tmp_path) as bird:
        await until(lambda: "Established" in session(bird) and learned(bird) == USABLE)
        before = await checked(bird)
        shown = process("bgp", "peers", "-o", "json", "--provider", "bird", *flags(bird))
        await edit(bird, *limit(500, 2))
        near = (await checked(bird))["bgp-prefix-limit"]
        shown_near = explained(bird)
        await edit(bird, *limit(2, 1))
        bird.router.birdc("restart", "tor")
        await until(lambda: "Route limit exceeded" in session(bird))
        over = await checked(bird)
        shown_over = explained(bird)

    verdicts = {key: one.verdict for key, one in before.items() if key.startswith("bgp-")}
    assert verdicts == {"bgp-session": "passed", "bgp-prefix-limit": "passed"}
    assert {one.subject: one.cause for one in before["router-route-installed"].problems} == {}
    (item,) = json.loads(shown.out)["items"]
    assert (item["neighbor"], item["asn"], item["state"]) == ("10.240.0.2", 64512, "Established")
    assert (item["accepted"], item["reason"], item["description"]) == (3, "", "tor")
    assert [one.cause for one in near.problems] == [
        "2 of 2 prefixes of ipv4: with more the session is closed"
    ]
    (down,) = over["bgp-session"].problems
    assert down.cause == "Idle: Automatic shutdown: Route limit exceeded"
    (closed,) = over["bgp-prefix-limit"].problems
    assert closed.cause == "it has told more prefixes than tor takes: the session was closed"
    for shown_then, check in (
        (shown_near, near),
        (shown_over, over["bgp-session"]),
        (shown_over, over["bgp-prefix-limit"]),
    ):
        assert shown_then.status == 1, shown_then
        assert f"{check.id}: 10.240.0.2: {check.problems[0].cause}" in shown_then.out


def limit(old: int, new: int) -> tuple[str, str]:
    line = "ipv4 {{ import filter PODS; import limit {}"
    return line.format(old), line.format(new)


@pytest.mark.parametrize(
    ("right", "wrong", "counter"),
    [
        ('password "CHANGE-ME"', 'password "WRONG"', "TCPMD5Failure"),
        ("ttl security on", "ttl security off", "TCPMinTTLDrop"),
    ],
)
async def test_who_is_not_heard_has_no_session(
    network: Lan, tmp_path: Path, right: str, wrong: str, counter: str
) -> None:
    async with told_by_bgp(network, tmp_path) as bird:
        await until(lambda: "Established" in session(bird))
        await edit(bird, right, wrong)
        await until(lambda: network.unheard(counter))
        (problem,) = (await checked(bird))["bgp-session"].problems

    assert problem.subject == "10.240.0.2"
    assert problem.cause.partition(": ")[2]
    assert not problem.cause.startswith("Established")
