"""What goes wrong on the way to a VyOS, which is simulated: each is told with the way out."""

from pathlib import Path

import pytest

from podroute.providers.interface import ProviderUnreachable, RouteProvider
from podroute.routing.outcome import Done
from podroute.routing.steps import Create
from podroute.testing.https.faults import Trouble
from podroute.testing.vyos.router import Router
from tests.appliances.outcomes import done, reasons
from tests.appliances.silent import silent_port
from tests.appliances.trusted import secret_file
from tests.appliances.vyos import before, opened, served
from tests.builders import route

WISHES = [Create(route(f"10.200.{number}.0/24", "10.240.0.30")) for number in range(12)]


@pytest.mark.parametrize("trouble", ["cut before", "cut after", "silent before", "silent after"])
async def test_an_answer_that_does_not_come_is_made_up_for_by_a_look(trouble: Trouble) -> None:
    router = Router()
    router.faults.at_call = lambda _, path: trouble if path == "/configure" else None
    async with before(router, timeout="6") as (provider, where):
        outcomes = await provider.apply(WISHES)

    carried_out = trouble.endswith("after")
    assert [isinstance(one, Done) for one in outcomes] == [carried_out] * len(WISHES)
    assert len(where.commits()) == int(carried_out)
    expected = "without an answer" if trouble.startswith("cut") else "not answered within 6 s"
    assert all(expected in one for one in reasons(outcomes))


async def test_where_the_look_afterwards_fails_nobody_knows() -> None:
    router = Router()
    router.faults.at_call = lambda number, _: "cut before" if number > 3 else None
    async with before(router) as (provider, _):
        outcomes = await provider.apply(WISHES)

    assert router.commits == 1
    assert len(reasons(outcomes)) == len(WISHES)
    assert reasons(outcomes)[0].endswith("; the next read shows what has become of it")


async def test_a_router_that_takes_a_second_for_each_answer_is_only_slow() -> None:
    router = Router()
    router.faults.latency = 1.0
    async with before(router) as (provider, _):
        assert done(await provider.apply(WISHES))


async def unreachable(provider: RouteProvider) -> str:
    with pytest.raises(ProviderUnreachable) as told:
        await provider.read()
    return str(told.value)


async def test_a_wrong_key_is_told_with_the_way_out(tmp_path: Path) -> None:
    wrong = secret_file(tmp_path, "wrong")
    async with before(Router(), **{"key-file": wrong}) as (provider, _):
        told = await unreachable(provider)

    assert told.endswith(
        f"Valid API key is required (HTTP 401); is the key in {wrong} one of service https api "
        "keys?"
    )


async def test_a_router_that_is_gone_or_whose_api_is_off_is_told() -> None:
    with served(Router()) as where:
        url = where.url
        where.api.on = False
        async with opened(url) as provider:
            off = await unreachable(provider)
    async with opened(url) as provider:
        gone = await unreachable(provider)

    assert "502 Bad Gateway" in off
    assert off.endswith("is its API on? set service https api, and in 1.5 api rest")
    assert f"{url} is not reached: " in gone


async def test_a_half_open_connection_is_given_up() -> None:
    """It is accepted, and nothing is ever said."""
    with silent_port() as port:
        async with opened(f"https://127.0.0.1:{port}", timeout="1") as provider:
            assert "no connection within 0.5 s" in await unreachable(provider)


async def test_a_router_that_nobody_vouches_for_gets_no_key() -> None:
    with served(Router()) as where:
        async with opened(where.url, ca="") as provider:
            told = await unreachable(provider)

    assert "is not trusted: " in told
    assert where.api.seen == []


@pytest.mark.parametrize(
    "page",
    ["<html>welcome</html>", pytest.param(f'{{"success":true,"data":{"[" * 100_000}', id="nested")],
)
async def test_what_answers_there_may_be_something_else(page: str) -> None:
    router = Router()
    async with before(router) as (provider, where):
        where.api.page = page
        assert "/retrieve: the answer is none of VyOS's API" in await unreachable(provider)


async def test_a_configuration_that_cannot_be_read_is_no_empty_table() -> None:
    router = Router()
    router.running["protocols"] = {"static": {"route": ["10.200.0.0/24"]}}
    async with before(router) as (provider, _):
        assert "/retrieve: the configuration cannot be read" in await unreachable(provider)
