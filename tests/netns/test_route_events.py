"""The kernel says when its routes may have changed, and the provider hears it."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from podroute.providers.interface import RouteProvider
from podroute.providers.linux.provider import KIND
from podroute.testing.netns import Namespace

pytestmark = pytest.mark.netns


@pytest.fixture
async def listening(netns: Namespace) -> AsyncGenerator[RouteProvider]:
    """The provider in ``netns``, which has begun to listen and was read."""
    with netns.entered():
        async with KIND.connect({}) as provider:
            await provider.changed()
            assert await calms_down(provider)
            yield provider


async def hears(provider: RouteProvider) -> bool:
    try:
        await asyncio.wait_for(provider.changed(), 5)
    except TimeoutError:
        return False
    return True


async def calms_down(provider: RouteProvider) -> bool:
    """After reads nothing is heard; what a link does when it comes up or goes down takes time."""
    for _ in range(50):
        await provider.read()
        try:
            await asyncio.wait_for(provider.changed(), 0.1)
        except TimeoutError:
            return True
    return False


@pytest.mark.parametrize(
    "words",
    [
        "route add 10.200.0.0/24 via 10.240.0.30 proto 200",
        "-6 route add fd00:10:200::/64 via fd00:10:240::30",
        "route add blackhole 10.200.0.0/24 table 100",
        "address add 10.9.0.1/24 dev node0",
        "-6 address add fd00:9::1/64 dev node0 nodad",
        "link set node0 down",
        "link set node1 down",
    ],
)
async def test_each_change_is_heard_and_after_a_read_no_more(
    netns: Namespace, listening: RouteProvider, words: str
) -> None:
    netns.ip(*words.split())

    assert await hears(listening)
    assert await calms_down(listening)


async def test_the_first_word_is_that_it_may_have_changed_before(kernel: RouteProvider) -> None:
    assert await hears(kernel)


async def test_what_was_dropped_for_want_of_room_is_heard_as_one_change(
    netns: Namespace, listening: RouteProvider
) -> None:
    lines = [f"route add 10.{i // 256}.{i % 256}.0/24 via 10.240.0.30" for i in range(20_000)]
    netns.ip("-batch", "-", lines=lines)

    assert await hears(listening)
    assert await calms_down(listening)
    netns.ip("route", "del", "10.0.0.0/24")
    assert await hears(listening)


async def test_one_that_waits_may_be_cancelled_and_asked_again(
    netns: Namespace, listening: RouteProvider
) -> None:
    waiting = asyncio.create_task(listening.changed())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    netns.ip("route", "add", "10.200.0.0/24", "via", "10.240.0.30")

    assert await hears(listening)
