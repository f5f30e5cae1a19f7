"""What a GoBGP daemon does to us, and we to it, where others use it too."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from podroute.providers.gobgp.provider import KIND
from podroute.providers.interface import BgpSpeaker, ProviderUnreachable, RouteProvider
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Adopt, Create, Delete, Replace
from podroute.testing.netns import Namespace
from tests.builders import route
from tests.onprem.daemons_of_debian import end, unpacked
from tests.onprem.gobgp import Gobgp, api_in, environment, gobgp_daemon
from tests.waiting import until

pytestmark = pytest.mark.netns

A = route("10.200.0.0/24", "10.240.0.30", "worker-0\n$(reboot)")
A_6 = route("fd00:10:200::/64", "fd00:10:240::30")
B = route("10.200.1.0/24", "10.240.0.31")
OTHERS = (
    "10.200.50.0/24 origin egp nexthop 10.240.0.99",
    "10.200.51.0/24 identifier 7 nexthop 10.240.0.99 community 64512:201 local-pref 300",
    "10.200.52.0/24 nexthop 0.0.0.0 aspath 64600,64601",
    "0.0.0.0/0 nexthop 10.240.0.98 large-community 64512:200:1",
)


@pytest.fixture
async def daemon(netns: Namespace, tmp_path: Path) -> AsyncGenerator[Gobgp]:
    async with gobgp_daemon(netns, tmp_path) as made:
        yield made


@asynccontextmanager
async def connected(daemon: Gobgp, **options: str) -> AsyncGenerator[RouteProvider]:
    async with KIND.connect(daemon.options(**options)) as provider:
        yield provider


def done(outcomes: Sequence[Outcome]) -> bool:
    return all(isinstance(one, Done) for one in outcomes)


def table(daemon: Gobgp) -> list[str]:
    """Every path but its age."""
    both = daemon.gobgp("global", "rib") + daemon.gobgp("global", "rib", "-a", "ipv6")
    return sorted(
        " ".join(word for word in line.split() if word.count(":") != 2)
        for line in both.splitlines()
    )


async def test_paths_of_others_are_as_before(daemon: Gobgp) -> None:
    """While ours come, move and go; whatever we are asked to do to them."""
    for one in OTHERS:
        daemon.gobgp("global", "rib", "add", *one.split())
    before = table(daemon)
    async with connected(daemon, med="5") as provider:
        assert done(await provider.apply([Create(A), Create(A_6), Create(B)]))
        ours = [one for one in (await provider.read()).routes if one.ownership == "ours"]
        assert [one.handle for one in ours] == [
            "10.200.0.0/24 nexthop 10.240.0.30 community 64512:200,no-export med 5",
            "10.200.1.0/24 nexthop 10.240.0.31 community 64512:200,no-export med 5",
            "fd00:10:200::/64 nexthop fd00:10:240::30 community 64512:200,no-export med 5",
        ]
        assert done(await provider.apply([Replace(ours[0], route("10.200.0.0/24", "10.240.0.31"))]))
        blocked = await provider.apply([Create(route("10.200.50.0/24", "10.240.0.30"))])
        outcomes = await provider.apply([Delete(one) for one in (await provider.read()).routes])

    assert table(daemon) == before
    assert sum(isinstance(one, Done) for one in outcomes) == 3
    (failed,) = blocked
    assert isinstance(failed, Failed)
    assert failed.reason == "10.200.50.0/24 nexthop 10.240.0.99 is in the way"


async def test_what_a_person_types_does_the_same(daemon: Gobgp) -> None:
    """Also for what another has to be taken away with."""
    daemon.gobgp("global", "rib", "add", "10.200.1.0/24", "nexthop", "10.240.0.31")
    daemon.gobgp(
        *("global", "rib", "add", "10.200.2.0/24", "identifier", "9", "nexthop", "10.240.0.32"),
        *("community", "64512:200"),
    )

    def type_in(lines: Sequence[str]) -> None:
        for line in lines:
            daemon.node.run("env", f"PATH={environment()['PATH']}", "sh", "-c", line)

    moved = route("10.200.2.0/24", "10.240.0.30")
    async with connected(daemon, med="7") as provider:
        theirs, with_identifier = (await provider.read()).routes
        wishes: list[Create | Adopt | Replace] = [
            Create(A),
            Create(A_6),
            Adopt(theirs, B),
            Replace(with_identifier, moved),
        ]
        type_in(provider.commands(wishes))
        routes = (await provider.read()).routes
        found = {(one.destination, one.next_hop, one.deviation) for one in routes}
        assert found == {(one.route.destination, one.route.next_hop, "") for one in wishes}
        type_in(provider.commands([Delete(one) for one in routes]))
        assert (await provider.read()).routes == ()


async def test_what_another_changes_is_heard(daemon: Gobgp) -> None:
    async with connected(daemon) as provider:
        assert done(await provider.apply([Create(A)]))
        await provider.read()
        waiting = asyncio.ensure_future(provider.changed())
        daemon.gobgp("global", "rib", "del", "10.200.0.0/24")
        await asyncio.wait_for(waiting, 10)
        assert (await provider.read()).routes == ()


async def test_a_daemon_that_ends_is_heard_and_is_no_empty_table(
    netns: Namespace, tmp_path: Path
) -> None:
    async with gobgp_daemon(netns, tmp_path) as daemon, connected(daemon) as provider:
        assert done(await provider.apply([Create(A)]))
        await provider.read()
        waiting = asyncio.ensure_future(provider.changed())
        end(daemon.process)
        await asyncio.wait_for(waiting, 10)
        for attempt in (provider.read(), provider.apply([Create(B)])):
            with pytest.raises(ProviderUnreachable, match=r"not reached: .*is gobgpd running"):
                await attempt
        async with gobgp_daemon(netns, tmp_path):
            assert (await provider.read()).routes == ()
            assert done(await provider.apply([Create(A)]))


async def goes_on(provider: RouteProvider) -> None:
    """As soon as the machine is quick enough for half a second."""
    async with asyncio.timeout(60):
        while True:
            with suppress(ProviderUnreachable):
                await provider.read()
                if done(await provider.apply([Create(A)])):
                    return


async def test_one_that_says_nothing_is_not_waited_for(daemon: Gobgp) -> None:
    """It is stopped, as if it were behind a cut cable; afterwards all goes on."""
    stat = Path(f"/proc/{daemon.process.pid}/stat")
    async with connected(daemon, timeout="0.5") as provider:
        await goes_on(provider)
        os.kill(daemon.process.pid, signal.SIGSTOP)
        await until(lambda: stat.read_text().rpartition(") ")[2].startswith("T"))
        try:
            for attempt in (provider.read(), provider.apply([Create(A)])):
                with pytest.raises(ProviderUnreachable, match=r"no answer within 0\.5 s$"):
                    await attempt
        finally:
            os.kill(daemon.process.pid, signal.SIGCONT)
        await goes_on(provider)


@asynccontextmanager
async def delayed(daemon: Gobgp, seconds: float) -> AsyncGenerator[str]:
    """The address of its API where each answer takes so much longer."""
    path, later = f"{daemon.place}/delayed.sock", asyncio.get_running_loop().call_later
    served: list[bool] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(False)
        there, to_there = await asyncio.open_unix_connection(daemon.address.removeprefix("unix:"))
        answers = asyncio.ensure_future(
            pass_on(there, lambda answer: later(seconds, writer.write, answer))
        )
        await pass_on(reader, to_there.write)
        to_there.close()
        await answers
        writer.close()
        served[served.index(False)] = True

    async with await asyncio.start_unix_server(serve, path):
        yield f"unix:{path}"
        await until(lambda: all(served))


async def pass_on(reader: asyncio.StreamReader, to: Callable[[bytes], object]) -> None:
    """Until there is no more; who closes with an answer unread, or to come, breaks it off."""
    with suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            to(data)


async def test_a_slow_daemon_is_waited_for(daemon: Gobgp) -> None:
    """A second for each answer."""
    async with delayed(daemon, 1.0) as address:
        async with KIND.connect({"address": address}) as provider:
            assert done(await provider.apply([Create(A), Create(A_6)]))
            assert len((await provider.read()).routes) == 2
        async with KIND.connect({"address": address, "timeout": "0.5"}) as provider:
            with pytest.raises(ProviderUnreachable, match=r"no answer within 0\.5 s$"):
                await provider.read()


async def test_debians_daemon_is_refused(netns: Namespace, tmp_path: Path) -> None:
    old = unpacked() / "usr/bin/gobgpd"
    async with gobgp_daemon(netns, tmp_path, program=old) as daemon, connected(daemon) as provider:
        for attempt in (provider.read(), provider.apply([Create(A)])):
            with pytest.raises(ProviderUnreachable) as raised:
                await attempt
            assert str(raised.value) == (
                f"GoBGP at {daemon.address}: GoBGP there is older than 4 and speaks another API "
                "(Debian 12 has 3.10): install 4.5 or later"
            )


async def test_a_daemon_without_a_configuration_is_told(netns: Namespace, tmp_path: Path) -> None:
    async with gobgp_daemon(netns, tmp_path, "") as daemon, connected(daemon) as provider:
        for attempt in (provider.read(), provider.apply([Create(A)])):
            with pytest.raises(ProviderUnreachable, match="has no configuration: start it with -f"):
                await attempt


async def test_its_own_policy_may_refuse_ours(netns: Namespace, tmp_path: Path) -> None:
    """Then it says that all is well, and has nothing."""
    policy = '[global.apply-policy.config]\ndefault-import-policy = "reject-route"\n'
    file = f'[global.config]\nas = 64512\nrouter-id = "10.240.0.1"\nport = -1\n{policy}'
    async with gobgp_daemon(netns, tmp_path, file) as daemon, connected(daemon) as provider:
        await until(lambda: "REJECT" in daemon.gobgp("global", "policy", "import"))
        (outcome,) = await provider.apply([Create(A)])
        assert isinstance(outcome, Failed)
        assert outcome.reason == (
            "GoBGP took it, but does not have it: see its import policy, which is for our paths too"
        )


async def test_where_nobody_is(tmp_path: Path) -> None:
    async with KIND.connect({"address": api_in(tmp_path)}) as provider:
        assert isinstance(provider, BgpSpeaker)
        with pytest.raises(ProviderUnreachable, match="not reached"):
            await provider.peers()
