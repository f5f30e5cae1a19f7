"""What goes wrong on the way to a RouterOS, which is simulated: each is told with the way out."""

from pathlib import Path

import pytest

from podroute.providers.interface import InvalidOption, ProviderUnreachable, RouteProvider
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Create
from podroute.testing.https.faults import Trouble
from podroute.testing.routeros.router import Router
from tests.appliances.outcomes import done, reasons
from tests.appliances.routeros import before, opened, served
from tests.appliances.silent import silent_port
from tests.appliances.trusted import secret_file
from tests.builders import route

A = route("10.200.0.0/24", "10.240.0.30")
WISHES = [Create(route(f"10.200.{number}.0/24", "10.240.0.30")) for number in range(12)]


@pytest.mark.parametrize("trouble", ["cut before", "cut after", "silent before", "silent after"])
async def test_an_answer_that_does_not_come_is_made_up_for_by_a_look(trouble: Trouble) -> None:
    router = Router()
    router.faults.at_call = lambda _, what: trouble if what.startswith("PUT") else None
    async with before(router, timeout="6") as (provider, where):
        outcomes = await provider.apply(WISHES)

    carried_out = len(router.items["ip"]) - 1
    assert sum(isinstance(one, Done) for one in outcomes) == carried_out
    assert carried_out == (0 if trouble.endswith("before") else len(where.changes()))
    told = reasons(outcomes)
    assert sum("not tried: " in one for one in told) == len(WISHES) - 4
    expected = "without an answer" if trouble.startswith("cut") else "not answered within 6 s"
    assert all(expected in one for one in told)


async def test_where_the_look_afterwards_fails_nobody_knows() -> None:
    router = Router()
    router.faults.at_call = lambda number, _: "cut before" if number > 5 else None
    async with before(router) as (provider, _):
        outcomes = await provider.apply(WISHES[:1])
        lines = provider.commands([Create(A)])

    assert reasons(outcomes)[0].endswith("; the next read shows what has become of it")
    assert [line.partition(" ")[0] for line in lines] == ["printf"]


async def test_a_router_that_takes_a_second_for_each_answer_is_only_slow() -> None:
    """Four requests are under way at a time, so that 12 changes take 5 answers' time, not 20."""
    router = Router()
    router.faults.latency = 1.0
    async with before(router) as (provider, _):
        outcomes = await provider.apply(WISHES)

    assert done(outcomes)


async def unreachable(provider: RouteProvider) -> str:
    with pytest.raises(ProviderUnreachable) as told:
        await provider.read()
    return str(told.value)


async def test_a_wrong_password_is_told_with_the_way_out(tmp_path: Path) -> None:
    wrong = secret_file(tmp_path, "wrong")
    async with before(Router(), **{"password-file": wrong}) as (provider, _):
        told = await unreachable(provider)

    assert told.endswith(
        f"Unauthorized (HTTP 401); are user podroute and the password in {wrong} right?"
    )


async def test_who_may_only_read_is_told_which_policies_are_missing() -> None:
    async with before(Router(may_write=False)) as (provider, _):
        assert (await provider.read()).routes
        outcomes = await provider.apply([Create(A)])

    (outcome,) = outcomes
    assert isinstance(outcome, Failed)
    assert outcome.retry == "pointless"
    assert "the group of user podroute needs the policies read, write and rest" in outcome.reason


async def test_a_router_that_is_gone_is_told() -> None:
    with served(Router()) as where:
        url = where.url
    async with opened(url) as provider:
        assert f"{url} is not reached: " in await unreachable(provider)


async def test_a_half_open_connection_is_given_up() -> None:
    """It is accepted, and nothing is ever said."""
    with silent_port() as port:
        async with opened(f"https://127.0.0.1:{port}", timeout="1") as provider:
            assert "no connection within 0.5 s" in await unreachable(provider)


async def test_a_router_that_nobody_vouches_for_is_not_talked_to() -> None:
    with served(Router()) as where:
        async with opened(where.url, ca="") as provider:
            told = await unreachable(provider)
        async with opened(where.url.replace("127.0.0.1", "localhost")) as provider:
            other = await unreachable(provider)

    assert "is not trusted: " in told
    assert "give ca=FILE" in told
    assert "is not trusted: " in other
    assert where.api.seen == []


async def test_what_answers_there_may_be_something_else() -> None:
    router = Router()
    async with before(router) as (provider, where):
        router.items["ip"][0]["dst-address"] = "nowhere/1"
        spoilt = await unreachable(provider)
        async with opened(f"{where.url}/shop") as elsewhere:
            told = await unreachable(elsewhere)

    assert "GET /rest/ip/route: 'nowhere/1' is not a CIDR" in spoilt
    assert told.endswith(
        "(HTTP 404); is it RouterOS 7.1 or later, and is that its service www-ssl?"
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ca": "/nowhere"}, "ca /nowhere: No such file or directory"),
        ({"password-file": "/nowhere"}, "password-file /nowhere: No such file or directory"),
        ({"password-file": "", "password-env": "PODROUTE_NO_SUCH"}, "the variable PODROUTE_NO_SUC"),
    ],
)
async def test_what_is_needed_must_be_there(options: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidOption, match=words):
        async with opened("https://127.0.0.1:1", **options):
            pass


async def test_a_secret_that_others_may_read_is_none(tmp_path: Path) -> None:
    loose, empty, two = (Path(secret_file(tmp_path)).with_name(name) for name in "abc")
    loose.write_text("secret\n")
    for file, text in ((empty, ""), (two, "a\nb\n")):
        file.touch(0o600)
        file.write_text(text)

    with pytest.raises(InvalidOption, match="others than its owner may use it"):
        async with opened("https://127.0.0.1:1", **{"password-file": str(loose)}):
            pass
    for file in (empty, two):
        with pytest.raises(InvalidOption, match="must hold one line, the password, and nothing"):
            async with opened("https://127.0.0.1:1", **{"password-file": str(file)}):
                pass
    with pytest.raises(InvalidOption, match="no certificate is in it"):
        async with opened("https://127.0.0.1:1", ca=str(two)):
            pass
