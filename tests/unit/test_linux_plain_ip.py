"""A router's kernel by ``ip``: what breaks off there is told, or judged by what is there then."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from struct import pack

import pytest

from podroute.host.rtnetlink import KernelRoute, new_route
from podroute.providers.interface import ProviderUnreachable
from podroute.providers.linux.ssh_provider import KIND
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Create
from tests.builders import route
from tests.unit.linux_entries import HOP, V4
from tests.unit.ssh_player import Process, ssh_player
from tests.waiting import until

WISH = Create(route(str(V4), str(HOP)))
LINKS = b'[{"ifindex":2,"ifname":"eth0","flags":["UP"]}]\n'
BODY = new_route(KernelRoute(V4, HOP, 200, 0, device=2)).body
ADDRESSES, ROUTES = (pack("=I", magic) for magic in (0x47361222, 0x45311224))
EMPTY = LINKS + ADDRESSES + ROUTES + ROUTES
THERE = LINKS + ADDRESSES + ROUTES + pack("=IHHII", 16 + len(BODY), 24, 2, 7, 8) + BODY + ROUTES
INTERRUPTED = b"Dump was interrupted and may be inconsistent.\n"
ALL_DONE = b'Object "end" is unknown, try "ip help".\nCommand failed -:2\n'


@dataclass
class Router:
    """What its ``ip`` does, by its first word that tells."""

    listing: Callable[[Process], Awaitable[None]]
    batch: Callable[[Process], Awaitable[None]] | None = None
    monitored: list[Process] = field(default_factory=list["Process"])

    async def __call__(self, process: Process) -> None:
        command = process.command or ""
        if "monitor" in command:
            self.monitored.append(process)
            await process.stdin.read()
        elif "-batch" in command:
            assert self.batch is not None
            await process.stdin.read()
            await self.batch(process)
        else:
            await self.listing(process)


def prints(out: bytes, err: bytes = b"", status: int = 0) -> Callable[[Process], Awaitable[None]]:
    async def program(process: Process) -> None:
        process.stdout.write(out)
        process.stderr.write(err)
        process.exit(status)

    return program


async def loses_its_connection(process: Process) -> None:
    process.channel.get_connection().abort()


@pytest.mark.parametrize(
    ("listing", "words"),
    [
        (
            prints(b"", b"ip: unrecognized option: j\nBusyBox", 1),
            r"ip ended with status 1: ip: unrecognized option: j BusyBox; is iproute2 installed",
        ),
        (prints(b"", b"sh: ip: not found\n", 127), "ended with status 127: sh: ip: not found; is"),
        (prints(b"no account\n", status=1), "status 1: no account; is iproute2 installed"),
        (prints(b"", status=1), "ended with status 1: without a word; is iproute2 installed"),
        (prints(b"hello\n"), r"`ip -json link show` has printed something else: .* at a login"),
        (prints(THERE[:-4]), "`ip route save` has not printed all"),
        (prints(THERE, INTERRUPTED), "its routes changed during each of 10 attempts to read"),
        (prints(THERE, b"!" * 1000 + b"\n" + INTERRUPTED), "its routes changed during each"),
        (prints(THERE[:-4], INTERRUPTED, 2), "its routes changed during each"),
        (loses_its_connection, "connection"),
    ],
)
async def test_a_list_that_is_not_whole_is_none(
    tmp_path: Path, listing: Callable[[Process], Awaitable[None]], words: str
) -> None:
    async with (
        ssh_player(tmp_path, Router(listing)) as options,
        KIND.connect({**options, "through": "ip"}) as provider,
    ):
        with pytest.raises(ProviderUnreachable, match=words) as caught:
            await provider.read()

    assert str(caught.value).startswith(options["router"])


async def test_a_list_that_was_interrupted_is_asked_for_again(tmp_path: Path) -> None:
    answers = [prints(EMPTY, INTERRUPTED), prints(THERE)]

    async def listing(process: Process) -> None:
        await answers.pop(0)(process)

    async with (
        ssh_player(tmp_path, Router(listing)) as options,
        KIND.connect({**options, "through": "ip"}) as provider,
    ):
        (one,) = (await provider.read()).routes

    assert one.handle == "10.200.0.0/24 via 10.240.0.30 dev eth0 proto 200 metric 0"


@pytest.mark.parametrize("batch", [prints(b"", b"Killed\n", 137), loses_its_connection])
async def test_a_batch_that_breaks_off_is_judged_by_what_is_there(
    tmp_path: Path, batch: Callable[[Process], Awaitable[None]]
) -> None:
    """It may have been carried out or not: both are seen."""
    router = Router(prints(THERE), batch)
    async with (
        ssh_player(tmp_path, router) as options,
        KIND.connect({**options, "through": "ip"}) as provider,
    ):
        done = await provider.apply([WISH])
        router.listing = prints(EMPTY)
        (failed,) = await provider.apply([WISH])
        router.listing = prints(b"", b"no", 1)
        (unknown,) = await provider.apply([WISH])

    assert done == [Done(WISH)]
    assert isinstance(failed, Failed)
    assert failed.retry == "worth it"
    assert "broke off: Killed" in failed.reason or "connection" in failed.reason
    assert isinstance(unknown, Failed)
    assert f"; {options['router']}: ip ended with status 1: no; " in unknown.reason


async def test_who_is_not_root_is_told_so(tmp_path: Path) -> None:
    refused = b"RTNETLINK answers: Operation not permitted\nCommand failed -:1\n"
    router = Router(prints(EMPTY), prints(b"", refused + ALL_DONE, 1))
    async with (
        ssh_player(tmp_path, router) as options,
        KIND.connect({**options, "through": "ip"}) as provider,
    ):
        with pytest.raises(ProviderUnreachable, match="needs root, and router is not: log in as"):
            await provider.apply([WISH])


async def test_what_is_heard_ends_a_wait_and_a_lost_ear_is_told(tmp_path: Path) -> None:
    router = Router(prints(THERE))
    async with (
        ssh_player(tmp_path, router) as options,
        KIND.connect({**options, "through": "ip"}) as provider,
    ):
        await provider.changed()  # whatever was before it began to listen
        await provider.read()
        hearing = asyncio.ensure_future(provider.changed())
        await until(lambda: router.monitored)
        assert not hearing.done()
        router.monitored[0].stdout.write(b"Deleted 10.200.0.0/24 via 10.240.0.30 dev eth0\n")
        await hearing
        await provider.read()
        router.monitored[0].exit(1)
        with pytest.raises(ProviderUnreachable, match="the program there ended with status 1"):
            await provider.changed()
        await provider.changed()
        await until(lambda: len(router.monitored) == 2)


async def test_a_read_that_is_given_up_leaves_no_answer_to_the_next(tmp_path: Path) -> None:
    go = asyncio.Event()
    asked = list[Process]()

    async def listing(process: Process) -> None:
        asked.append(process)
        if len(asked) == 1:
            await go.wait()
        await prints(EMPTY if len(asked) == 1 else THERE)(process)

    async with (
        ssh_player(tmp_path, Router(listing)) as options,
        KIND.connect({**options, "through": "ip"}) as provider,
    ):
        reading = asyncio.create_task(provider.read())
        await until(lambda: asked)
        reading.cancel()
        await asyncio.wait([reading])
        assert reading.cancelled()
        table = await provider.read()
        go.set()

    assert len(table.routes) == 1


async def test_changes_that_are_given_up_are_not_gone_on_with(tmp_path: Path) -> None:
    """Neither at the login, nor by another one after it is cut off among them."""
    begun = asyncio.Event()
    asked = list[str]()

    async def listing(process: Process) -> None:
        asked.append("list")
        await prints(EMPTY)(process)

    async def batch(process: Process) -> None:
        asked.append("batch")
        begun.set()
        await process.stdin.channel.wait_closed()

    async with (
        ssh_player(tmp_path, Router(listing, batch)) as options,
        KIND.connect({**options, "through": "ip"}) as provider,
    ):
        applying = asyncio.create_task(provider.apply([WISH]))
        await asyncio.sleep(0)
        applying.cancel()
        await asyncio.wait([applying])
        await provider.read()
        assert asked == ["list"]
        applying = asyncio.create_task(provider.apply([WISH]))
        await begun.wait()
        applying.cancel()
        await asyncio.wait([applying])
        await provider.read()

    assert applying.cancelled()
    assert asked == ["list", "batch", "list"]


async def test_a_router_that_does_not_answer_takes_no_other_routers_thread(tmp_path: Path) -> None:
    asked = list[Process]()

    async def silent(process: Process) -> None:
        asked.append(process)
        await process.stdin.channel.wait_closed()

    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    for name in ("left", "right"):
        (tmp_path / name).mkdir()
    async with (
        ssh_player(tmp_path / "left", Router(silent)) as left,
        ssh_player(tmp_path / "right", Router(prints(THERE))) as right,
        KIND.connect({**left, "through": "ip"}) as hanging,
        KIND.connect({**right, "through": "ip"}) as provider,
    ):
        reading = asyncio.create_task(hanging.read())
        await until(lambda: asked)
        table = await provider.read()
        assert not reading.done()
        reading.cancel()
        await asyncio.wait([reading])

    assert len(table.routes) == 1
