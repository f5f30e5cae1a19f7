"""What the provider makes of a vtysh that lies, falters, or is not to be understood."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from podroute.providers.frr.provider import FrrRoutes
from podroute.providers.frr.settings import FrrOptions
from podroute.providers.interface import ProviderUnreachable
from podroute.providers.ssh.shell import Ran
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Create, Delete
from tests.builders import route

LINKS = '{"eth0":{"status":"up","addresses":["10.240.0.1/24"]}}'
WISHES = [Create(route(f"10.200.{number}.0/24", "10.250.0.30")) for number in range(8)]
BY_HAND = "vtysh -c 'write memory'"
BAD = "10.200.3.0/24"


@dataclass
class Played:
    """An FRRouting that is a list of lines; a transaction with ``refused`` in it is refused."""

    refused: str = "none"
    loses: int = 0  # of the next transaction, without a word
    dies: int = 1 << 30  # before the call of this number
    where: str = "FRRouting played"
    lines: list[str] = field(default_factory=list[str])
    files: dict[str, str] = field(default_factory=dict[str, str])
    answers: list[Ran] = field(default_factory=list[Ran])  # instead of what it would say
    calls: int = 0

    async def run(self, command: Sequence[str], text: str) -> Ran:
        self.calls += 1
        if self.calls >= self.dies:
            message = "it is dead"
            raise ProviderUnreachable(message)
        if self.answers:
            return self.answers.pop(0)
        match command:
            case ["vtysh", "-f", _]:
                return self._configured(text)
            case ["vtysh", "-c", "write memory"]:
                self.files["/frr.conf"] = "\n".join(self.lines)
                return Ran(0, "Integrated configuration saved to /frr.conf\n", "")
            case ["cat", "--", name]:
                return Ran(0, self.files[name], "")
            case _:
                shown = "\n".join(self.lines)
                return Ran(0, f"{{}}\n{{}}\n{LINKS}\n zebra staticd\n{shown}\nend\n", "")

    def _configured(self, text: str) -> Ran:
        if self.refused in text:
            return Ran(0, "% Configuration failed.", "")
        self.lines += text.splitlines()[self.loses :]
        self.loses = 0
        return Ran(0, "", "")


async def test_one_that_is_refused_is_found_in_few_calls() -> None:
    played = Played(refused=BAD)
    outcomes = await FrrRoutes(played, FrrOptions()).apply(WISHES)

    assert [one for one in outcomes if not isinstance(one, Done)] == [
        Failed(WISHES[3], "% Configuration failed.", "worth it")
    ]
    assert len(played.lines) == 7
    assert played.calls <= 15


async def test_what_is_lost_is_sent_again_in_one() -> None:
    """Somebody else's vtysh has ended, and mgmtd has thrown away what was not yet committed."""
    played = Played(loses=5)
    outcomes = await FrrRoutes(played, FrrOptions()).apply(WISHES)

    assert list(outcomes) == [Done(one) for one in WISHES]
    assert played.calls == 5


async def test_when_nobody_knows_nothing_is_sent_again() -> None:
    played = Played(dies=2)
    outcomes = await FrrRoutes(played, FrrOptions()).apply(WISHES)

    assert [type(one) for one in outcomes] == [Failed] * 8
    assert "it is dead; the next read shows what has become of it" in str(outcomes[0])
    assert played.calls == 3


async def test_what_is_to_go_is_not_gone_when_nobody_knows() -> None:
    played = Played(lines=["ip route 10.200.0.0/24 10.250.0.30 tag 200"])
    provider = FrrRoutes(played, FrrOptions())
    (mine,) = [one for one in (await provider.read()).routes if one.ownership == "ours"]
    played.dies = played.calls + 2
    (outcome,) = await provider.apply([Delete(mine)])

    assert isinstance(outcome, Failed)


async def test_where_the_first_look_fails_nothing_is_written() -> None:
    played = Played(dies=1)

    with pytest.raises(ProviderUnreachable, match="it is dead"):
        await FrrRoutes(played, FrrOptions()).apply(WISHES)
    assert played.lines == []


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([Ran(1, "", "no right")], "no right"),
        ([Ran(0, "[OK]", "")], "[OK]"),
        ([Ran(0, "", "")], "it ended with status 0 without a word"),
        (
            [Ran(0, "Configuration saved to /a\n", ""), Ran(1, "", "cat: /a: Permission denied")],
            "it cannot be read back: cat: /a: Permission denied",
        ),
        (
            [Ran(0, "Configuration saved to /a\nConfiguration saved to /b\n", ""), Ran(0, "", "")],
            "/a, /b does not have it: is the disk full? the former ends in .sav",
        ),
    ],
)
async def test_what_is_not_in_the_startup_configuration_is_not_done(
    answers: list[Ran], why: str
) -> None:
    played = Played()
    provider = FrrRoutes(played, FrrOptions(write=True))
    played.answers = [
        Ran(0, f"{{}}\n{{}}\n{LINKS}\n zebra staticd\n", ""),
        Ran(0, "", ""),
        Ran(
            0,
            f"{{}}\n{{}}\n{LINKS}\n zebra staticd\nip route 10.200.0.0/24 10.250.0.30 tag 200\n",
            "",
        ),
        *answers,
    ]

    (outcome,) = await provider.apply(WISHES[:1])

    reason = f"running, but not in the startup configuration: {why}; by hand: {BY_HAND}"
    assert outcome == Failed(WISHES[0], reason, "worth it")


async def test_what_is_written_is_done() -> None:
    played = Played()
    outcomes = await FrrRoutes(played, FrrOptions(write=True)).apply(WISHES)

    assert [type(one) for one in outcomes] == [Done] * 8
    assert len(played.files["/frr.conf"].splitlines()) == 8


async def test_the_last_word_may_be_a_failure_of_the_save() -> None:
    played = Played(dies=4)
    (outcome,) = await FrrRoutes(played, FrrOptions(write=True)).apply(WISHES[:1])

    assert isinstance(outcome, Failed)
    words = "running, but not in the startup configuration: it is dead"
    assert outcome.reason == f"{words}; by hand: {BY_HAND}"


async def test_what_could_not_be_written_is_written_by_who_finishes() -> None:
    """The route is as wished: no change would ever come. A read writes nothing."""
    played = Played(dies=4)
    provider = FrrRoutes(played, FrrOptions(write=True))
    await provider.apply(WISHES[:1])
    with pytest.raises(ProviderUnreachable, match="not in the startup configuration: it is dead"):
        await provider.finish()
    played.dies = 1 << 30

    await provider.read()
    assert played.files == {}
    await provider.finish()
    assert played.files["/frr.conf"].splitlines() == played.lines

    calls = played.calls
    await provider.finish()
    assert played.calls == calls


@pytest.mark.parametrize("write", [True, False])
async def test_what_nobody_saw_come_about_is_written_all_the_same(*, write: bool) -> None:
    """The look after the change fails."""
    played = Played(dies=3)
    provider = FrrRoutes(played, FrrOptions(write=write))
    (outcome,) = await provider.apply(WISHES[:1])
    played.dies = 1 << 30
    await provider.read()
    await provider.finish()

    assert isinstance(outcome, Failed)
    assert ("/frr.conf" in played.files) is write


async def test_a_route_that_leads_nowhere_delays_no_other() -> None:
    """Only what was just written is waited for."""
    played = Played(lines=["ip route 10.200.99.0/24 10.240.0.30 tag 200"])
    provider = FrrRoutes(played, FrrOptions())

    (table, _) = await provider.read(), await provider.apply(WISHES[:1])

    assert [one.deviation for one in table.routes] == ["configured, but not in the routing table"]
    assert played.calls == 4


async def test_nothing_done_is_nothing_to_save() -> None:
    played = Played(refused="10.200")
    outcomes = await FrrRoutes(played, FrrOptions(write=True)).apply(WISHES[:1])

    assert [type(one) for one in outcomes] == [Failed]
    assert played.files == {}
    assert list(await FrrRoutes(played, FrrOptions(write=True)).apply([])) == []


@pytest.mark.parametrize(
    "answer",
    [
        Ran(0, "", "vtysh_pam: no\x1b[2J"),
        Ran(1, "", "vtysh_pam: no\x1b[2J"),
        Ran(0, '{"a":[{"prefix":"x","protocol":"ospf"}]}{}{} staticd\n', "vtysh_pam: no"),
    ],
)
async def test_what_is_no_answer_is_told_with_its_words(answer: Ran) -> None:
    played = Played(answers=[answer])

    with pytest.raises(ProviderUnreachable) as error:
        await FrrRoutes(played, FrrOptions()).read()

    assert str(error.value).isprintable()
    assert "FRRouting played: " in str(error.value) or "cannot be read" in str(error.value)
