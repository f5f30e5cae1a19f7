"""How soon has a router 5,000 podCIDRs, and one that changes, beside its own command line?"""

import asyncio
import os
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from subprocess import Popen
from time import perf_counter
from typing import Final

from podroute.model.route import Route
from podroute.providers.bird.include_file import entry_for, text_of
from podroute.providers.bird.provider import KIND as BIRD
from podroute.providers.bird.settings import BirdOptions
from podroute.providers.frr.provider import KIND as FRR
from podroute.providers.gobgp.client import GobgpClient
from podroute.providers.gobgp.paths import announcement
from podroute.providers.gobgp.provider import KIND as GOBGP
from podroute.providers.gobgp.settings import GobgpOptions
from podroute.providers.gobgp.translate import path_for
from podroute.providers.interface import RouteProvider, parse_options
from podroute.providers.linux.ssh_provider import KIND as LINUX_SSH
from podroute.routing.outcome import Done
from podroute.routing.steps import Change, Create, Delete, Replace
from podroute.testing.builders import route
from podroute.testing.netns import Namespace, node_network
from tests.onprem.bgp import BGP, Pair, daemon_file, routed
from tests.onprem.bird_static import static_bird
from tests.onprem.frr import FrrRouter, frr_router
from tests.onprem.gobgp import looked
from tests.onprem.lan import lan
from tests.onprem.sshd import ALLOWED, PORT, USER, on_router, ssh_router
from tests.onprem.test_frr_example import example
from tests.waiting import until

COUNT: Final = int(os.environ.get("COUNT", "5000"))
ROUNDS: Final = int(os.environ.get("ROUNDS", "5"))
ENGINES: Final = os.environ.get("ENGINES", "linux-ssh,ip,frr,frr-bgp,bird,gobgp").split(",")
PATIENCE: Final = 60.0  # seconds
WISHES: Final = [
    route(f"10.{64 + n // 256}.{n % 256}.0/24", f"10.240.0.{30 + n % 200}") for n in range(COUNT)
]
MOVED: Final = route(str(WISHES[0].destination), "10.240.0.29")


@dataclass(frozen=True)
class Router:
    """``raw`` is what a person does without podroute; the routes are counted in the kernel."""

    node: Namespace
    provider: RouteProvider
    daemon: Popen[bytes] | None
    peer: str
    raw: Callable[[Sequence[Route]], Awaitable[None]]

    def has(self, count: int) -> bool:
        return self.node.ip("route", "show").count(" via ") == count

    def shows(self, one: Route) -> bool:
        return f"via {one.next_hop}" in self.node.ip("route", "show", str(one.destination))


async def apply(provider: RouteProvider, changes: Sequence[Change]) -> None:
    outcomes = await provider.apply(changes)
    assert [one for one in outcomes if not isinstance(one, Done)] == []


async def until_there(router: Router, count: int) -> None:
    await until(lambda: router.has(count), PATIENCE)


async def ours(router: Router) -> list[Change]:
    table = await router.provider.read()
    return [Delete(one) for one in table.routes if one.ownership == "ours"]


async def one_round(router: Router) -> tuple[float, float, float, float]:
    """Seconds: answered, in the kernel, one change, and all by ``raw``."""
    await router.provider.read()
    begin = perf_counter()
    await apply(router.provider, [Create(one) for one in WISHES])
    answered = perf_counter() - begin
    await until_there(router, COUNT)
    there = perf_counter() - begin
    table = await router.provider.read()
    (first,) = [one for one in table.routes if one.destination == MOVED.destination]
    begin = perf_counter()
    await apply(router.provider, [Replace(first, MOVED)])
    await until(lambda: router.shows(MOVED), PATIENCE)
    moved = perf_counter() - begin
    await apply(router.provider, await ours(router))
    await until_there(router, 0)
    begin = perf_counter()
    await router.raw(WISHES)
    await until_there(router, COUNT)
    by_hand = perf_counter() - begin
    await apply(router.provider, await ours(router))
    await until_there(router, 0)
    return answered, there, moved, by_hand


def memory(process: int) -> float:
    """MB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@asynccontextmanager
async def linux_ssh(place: Path, *, through: str = "on-router") -> AsyncGenerator[Router]:
    with node_network() as node, node.entered():
        async with ssh_router(node, place) as sshd:
            allowed = place / "wide.yaml"
            allowed.write_text(ALLOWED.replace("10.200.0.0/16", "10.64.0.0/10"))

            async def raw(routes: Sequence[Route]) -> None:
                sshd.allow("")
                lines = [
                    f"route add {one.destination} via {one.next_hop} proto 200" for one in routes
                ]
                flags = ("-F", "none", "-o", f"UserKnownHostsFile={place / 'known_hosts'}")
                to = ("-i", str(place / "key"), "-p", str(PORT), f"{USER}@10.240.0.1")
                command = ("ssh", *flags, *to, "ip", "-batch", "-")
                await asyncio.to_thread(node.run, *command, text="\n".join(lines))
                sshd.allow(forced)

            forced = "" if through == "ip" else on_router(allowed)
            sshd.allow(forced)
            async with LINUX_SSH.connect(sshd.options(through=through)) as provider:
                yield Router(node, provider, None, "`ssh … ip -batch`", raw)


@asynccontextmanager
async def frr(place: Path) -> AsyncGenerator[Router]:
    with node_network() as node, node.entered():
        async with frr_router(node, place) as router, FRR.connect(router.options()) as provider:
            raw = by_vtysh(router)
            yield Router(node, provider, router.processes["zebra"], "`vtysh -f`", raw)


def by_vtysh(router: FrrRouter) -> Callable[[Sequence[Route]], Awaitable[None]]:
    """The same static routes, as lines of a file."""

    async def raw(routes: Sequence[Route]) -> None:
        file = router.place / "lines"
        lines = [f"ip route {one.destination} {one.next_hop} tag 200\n" for one in routes]
        file.write_text("".join(lines))
        await asyncio.to_thread(router.node.run, router.command, "-f", str(file))

    return raw


@asynccontextmanager
async def bird(place: Path) -> AsyncGenerator[Router]:
    with node_network() as node, node.entered():
        async with static_bird(node, place) as made, BIRD.connect(made.options()) as provider:
            options = parse_options(BirdOptions, made.options())

            async def raw(routes: Sequence[Route]) -> None:
                entries = {one.destination: entry_for(one, options) for one in routes}
                text = text_of(entries, options)
                made.file.write_text(text)
                await asyncio.to_thread(made.router.birdc, "configure", "soft")

            yield Router(node, provider, made.router.process, "`birdc configure soft`", raw)


@asynccontextmanager
async def frr_bgp(place: Path) -> AsyncGenerator[Router]:
    """A router with FRRouting learns what another one redistributes; the daemon is the latter's."""
    async with learning(place) as pair:
        folder, announcer = place / "announcer", pair.lan.announcer
        folder.mkdir()
        async with (
            frr_router(announcer, folder, daemons=BGP) as frr,
            FRR.connect(frr.options()) as provider,
        ):
            frr.configure(*(line for line in example().splitlines() if line.strip() != "!"))
            raw = by_vtysh(frr)
            yield Router(pair.lan.router, provider, frr.processes["bgpd"], "`vtysh -f`", raw)


@asynccontextmanager
async def learning(place: Path) -> AsyncGenerator[Pair]:
    """A router with FRRouting that takes so many routes of the announcer."""
    with lan() as network:
        async with routed(network, place) as pair:
            pair.router.configure(
                "ip prefix-list PODS seq 6 permit 10.64.0.0/10 ge 24 le 24",
                *("router bgp 64513", "address-family ipv4 unicast"),
                "neighbor 10.240.0.2 maximum-prefix 20000",
            )
            yield pair


@asynccontextmanager
async def gobgp(place: Path) -> AsyncGenerator[Router]:
    """A router with FRRouting learns from the daemon; the peer sends the same paths at once."""
    async with AsyncExitStack() as stack:
        pair = await stack.enter_async_context(learning(place))
        daemon = await stack.enter_async_context(pair.announcer(file=daemon_file()))
        provider = await stack.enter_async_context(GOBGP.connect(daemon.options()))
        options = parse_options(GobgpOptions, daemon.options())
        client = GobgpClient(options)
        stack.push_async_callback(client.close)

        async def raw(routes: Sequence[Route]) -> None:
            await client.send([announcement(path_for(one, options)) for one in routes])

        router = Router(pair.lan.router, provider, daemon.process, "one gRPC stream", raw)
        await router.provider.read()
        await apply(provider, [Create(WISHES[0])])
        await looked(provider)  # then the daemon's neighbours are enabled
        await until_there(router, 1)
        await apply(provider, await ours(router))
        await until_there(router, 0)
        yield router


BESIDE: Final[Mapping[str, Callable[[Path], AbstractAsyncContextManager[Router]]]] = {
    "linux-ssh": linux_ssh,
    "ip": partial(linux_ssh, through="ip"),
    "frr": frr,
    "frr-bgp": frr_bgp,
    "bird": bird,
    "gobgp": gobgp,
}


async def row(name: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        async with BESIDE[name](Path(folder)) as router:
            rounds = [await one_round(router) for _ in range(ROUNDS)]
            used = memory(router.daemon.pid) if router.daemon else None
            answered, there, moved, by_hand = (median(one) for one in zip(*rounds, strict=True))
    engine = f"{used:.0f} MB" if used else "none"
    return (
        f"| {name} | {answered:.2f} s | {there:.2f} s | {moved * 1000:.0f} ms "
        f"| {router.peer} | {by_hand:.2f} s | {memory(os.getpid()):.0f} MB | {engine} |"
    )


async def main() -> None:
    print(
        f"| router | {COUNT:,} podCIDRs, answered | in the router's kernel | one moves, there "
        "| beside it | in the router's kernel | podroute and this benchmark | daemon |"
        "\n|---|---|---|---|---|---|---|---|"
    )
    for name in ENGINES:
        print(await row(name), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
