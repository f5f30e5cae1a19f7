"""Whatever is wrong on the way to a router is one message, and passes when it is put right."""

import asyncio
import os
import re
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from podroute.providers.interface import ProviderUnreachable, RouteProvider
from podroute.providers.linux.ssh_provider import KIND
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Create
from podroute.testing.netns import Namespace
from tests.builders import route
from tests.machine_root import needs_machine_root
from tests.onprem.daemons_of_debian import end
from tests.onprem.sshd import ADDRESS, PASSWORD, PORT, SshRouter, on_router, sessions, ssh_router

pytestmark = [pytest.mark.netns, needs_machine_root]

WISH = Create(route("10.200.0.0/24", "10.240.0.30"))
WHERE = f"router@{ADDRESS}:{PORT}: "


@asynccontextmanager
async def connected(router: SshRouter, **options: str) -> AsyncGenerator[RouteProvider]:
    with router.node.entered():
        async with KIND.connect(router.options(**options)) as provider:
            yield provider


async def refusal(provider: RouteProvider) -> str:
    """Of a read and of an apply: the same words."""
    with pytest.raises(ProviderUnreachable) as read:
        await provider.read()
    with pytest.raises(ProviderUnreachable) as applied:
        await provider.apply([WISH])
    assert str(read.value) == str(applied.value)
    return str(read.value)


async def works(provider: RouteProvider) -> bool:
    """A change is made and read back."""
    table = await provider.read()
    wish = Create(route(f"10.200.{len(table.routes)}.0/24", "10.240.0.30"))
    outcomes = await provider.apply([wish])
    return list(outcomes) == [Done(wish)] and len((await provider.read()).routes) > len(
        table.routes
    )


async def test_a_wrong_host_key_is_shown_and_nothing_is_sent(router: SshRouter) -> None:
    known_hosts = router.place / "known_hosts"
    right = known_hosts.read_text()
    known_hosts.write_text(f"[{ADDRESS}]:{PORT} {(router.place / 'key.pub').read_text()}")
    async with connected(router) as provider:
        words = await refusal(provider)

        assert words.startswith(
            f"{WHERE}its host key is not that of {known_hosts} (it shows SHA256:"
        )
        assert f"ssh-keygen -f {known_hosts} -R [{ADDRESS}]:{PORT}" in words
        assert "Accepted" not in router.said()
        known_hosts.write_text(right)
        assert await works(provider)


async def test_a_host_that_nobody_knows_is_not_believed(router: SshRouter) -> None:
    (router.place / "known_hosts").write_text("")
    async with connected(router) as provider:
        assert "its host key is not that of" in await refusal(provider)


async def test_a_key_that_is_not_allowed(router: SshRouter) -> None:
    keys = router.place / "authorized_keys"
    right = keys.read_text()
    keys.write_text("")
    async with connected(router) as provider:
        words = await refusal(provider)

        assert words.startswith(f"{WHERE}login refused with key {router.place / 'key'}")
        assert "authorized_keys of router there" in words
        keys.write_text(right)
        assert await works(provider)


@pytest.mark.parametrize("jump", ["", f"router@{ADDRESS}:{PORT}"])
async def test_a_wrong_password(netns: Namespace, tmp_path: Path, jump: str) -> None:
    """With and without a host to go through; the right one works."""
    password = tmp_path / "password"
    password.write_text("another password\n")
    password.chmod(0o600)
    forced = on_router(tmp_path / "on-router.yaml")
    async with ssh_router(netns, tmp_path, ForceCommand=forced) as router:
        options = {"key": "", "password-file": str(password), "jump": jump}
        async with connected(router, **options) as provider:
            words = await refusal(provider)
            assert words.startswith(f"{WHERE}login refused with the password of {password}")
            assert "does its sshd take passwords" in words
            assert "public key" not in words
            assert "another password" not in words
        password.write_text(f"{PASSWORD}\n")
        async with connected(router, **options) as provider:
            assert await works(provider)


async def test_nobody_listens(router: SshRouter) -> None:
    end(router.process)
    async with connected(router) as provider:
        assert await refusal(provider) == f"{WHERE}Connection refused; is sshd running there?"


async def test_no_session_is_given(netns: Namespace, tmp_path: Path) -> None:
    async with (
        ssh_router(netns, tmp_path, MaxSessions="0") as router,
        connected(router) as provider,
    ):
        words = await refusal(provider)
        assert words.startswith(f"{WHERE}no session there: ")
        assert words.endswith("see MaxSessions and ForceCommand in sshd_config")


async def test_a_connection_that_is_cut_without_a_word(router: SshRouter) -> None:
    """It is noticed while nothing is asked, and by whoever asks; afterwards all is as before."""
    async with connected(router, timeout="10") as provider:
        assert await works(provider)
        await settled(provider)
        cut(router.node)
        async with asyncio.timeout(60):
            with pytest.raises(ProviderUnreachable, match="the connection was lost"):
                await heard(provider)
            with pytest.raises(ProviderUnreachable, match="no answer within 10 s"):
                await provider.read()
        mend(router.node)
        assert await works(provider)


async def test_a_cut_while_an_answer_is_awaited(router: SshRouter) -> None:
    async with connected(router, timeout="10") as provider:
        assert await works(provider)
        cut(router.node)
        async with asyncio.timeout(60):
            (outcome,) = await provider.apply([WISH])
        assert isinstance(outcome, Failed)
        assert outcome.retry == "worth it"
        assert outcome.reason.endswith("; the next read shows what has become of it")
        mend(router.node)
        assert await works(provider)


async def test_a_slow_router_is_waited_for(router: SshRouter) -> None:
    """A second for each line."""
    slowly = 'while IFS= read -r line; do sleep 1; printf "%s\\n" "$line"; done'
    router.allow(f"{on_router(router.place / 'on-router.yaml')} | {slowly}")
    async with connected(router, timeout="30") as provider:
        assert await works(provider)
    async with connected(router, timeout="0.5") as provider:
        assert await refusal(provider) == f"{WHERE}no answer within 0.5 s"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("podroute-is-not-there", "ended with status 127: .*podroute-is-not-there: not found"),
        ("exit 3", "ended with status 3: without a word"),
        ("echo Welcome; cat", "'Welcome' is not how podroute on-router begins: see command="),
        (
            'echo \'{"kind":"Hello","speech":9,"podroute":"9.9"}\'; cat',
            "podroute 9.9 there speaks version 9, podroute [0-9.]+ here 1: install the same",
        ),
        (on_router(Path("/none.yaml")), "status 2: podroute: --config /none.yaml: No such file"),
    ],
)
async def test_it_is_not_podroute_that_answers(router: SshRouter, command: str, words: str) -> None:
    router.allow(command)
    async with connected(router) as provider:
        found = await refusal(provider)
        assert re.search(words, found), found
        router.allow(on_router(router.place / "on-router.yaml"))
        assert await works(provider)


async def test_without_the_right_nothing_is_changed(router: SshRouter) -> None:
    within = ("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin")
    router.allow(on_router(router.place / "on-router.yaml", within))
    async with connected(router) as provider:
        assert (await provider.read()).routes
        with pytest.raises(ProviderUnreachable, match="needs CAP_NET_ADMIN"):
            await provider.apply([WISH])


async def test_an_answer_that_is_lost_is_not_a_failure_for_good(router: SshRouter) -> None:
    right = on_router(router.place / "on-router.yaml")
    router.allow(f"{right} | head -n 1")
    async with connected(router) as provider:
        (outcome,) = await provider.apply([WISH])

        assert isinstance(outcome, Failed)
        assert outcome.retry == "worth it"
        router.allow(right)
        wished = [one for one in (await provider.read()).routes if one.ownership == "ours"]
        assert [one.destination for one in wished] == [WISH.route.destination]
        assert list(await provider.apply([WISH])) == [Done(WISH)]


async def test_a_router_that_boots_is_heard_and_written_anew(
    netns: Namespace, tmp_path: Path
) -> None:
    """Its sshd ends, its table is empty, and it is back."""
    async with ssh_router(netns, tmp_path) as before, connected(before) as provider:
        assert await works(provider)
        await settled(provider)
        waiting = asyncio.ensure_future(provider.changed())
        for session in sessions(before):
            os.kill(session, signal.SIGKILL)
        end(before.process)
        netns.ip("route", "flush", "proto", "200")
        with pytest.raises(ProviderUnreachable, match="the connection was lost"):
            await waiting
        assert "Connection refused" in await refusal(provider)
        async with ssh_router(netns, tmp_path):
            assert not [one for one in (await provider.read()).routes if one.ownership == "ours"]
            assert await works(provider)


async def test_a_flush_is_heard(router: SshRouter) -> None:
    async with connected(router) as provider:
        assert await works(provider)
        await settled(provider)
        waiting = asyncio.ensure_future(provider.changed())
        router.node.ip("route", "flush", "proto", "200")
        async with asyncio.timeout(30):
            await waiting


async def test_who_stops_waiting_gets_no_answer_of_another(router: SshRouter) -> None:
    async with connected(router) as provider:
        for _ in range(5):
            reading = asyncio.ensure_future(provider.read())
            await asyncio.sleep(0)
            reading.cancel()
            await asyncio.wait([reading])
        assert await works(provider)


def cut(node: Namespace) -> None:
    """Nothing arrives at the router's sshd any more, and nobody says so."""
    rule = f"add rule inet cut input tcp dport {PORT} drop"
    chain = "add chain inet cut input { type filter hook input priority 0; }"
    node.run("nft", "-f", "-", text=f"add table inet cut\n{chain}\n{rule}\n")


def mend(node: Namespace) -> None:
    """The other way round."""
    node.run("nft", "delete", "table", "inet", "cut")


async def heard(provider: RouteProvider) -> None:
    """Waits until the provider says that nothing is heard; words about changes are read away."""
    while True:
        await provider.changed()
        await provider.read()


async def settled(provider: RouteProvider) -> None:
    """Nothing is left to be heard."""
    while True:
        await provider.read()
        waiting = asyncio.ensure_future(provider.changed())
        done, _ = await asyncio.wait([waiting], timeout=0.5)
        if not done:
            waiting.cancel()
            return
