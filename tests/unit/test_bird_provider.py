"""What the provider makes of a BIRD that refuses, falters, or is not to be understood."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from podroute.providers.bird.provider import BirdRoutes
from podroute.providers.bird.settings import BirdOptions
from podroute.providers.interface import ProviderUnreachable
from podroute.providers.ssh.shell import Ran
from podroute.routing.outcome import Done, Failed
from podroute.routing.steps import Create, Delete
from tests.builders import route

READY = "0001 BIRD 2.0.12 ready.\n"
LINKS = f"{READY}1001-eth0 up (index=1)\n1003-\t10.240.0.1/24 (Preferred, scope site)\n"
WISHES = [Create(route(f"10.200.{number}.0/24", "10.240.0.30")) for number in range(8)]
BAD = "10.200.3.0/24"
OURS = re.compile(r"route (\S+) via (\S+);")


@dataclass
class Played:
    """A BIRD that takes a file without ``refused`` in it."""

    refused: str = "none"
    blames: str = "podroute.conf:7:1 syntax error"
    dies: int = 1 << 30  # before the call of this number
    full: int = 1 << 30  # the disk, from this write on
    ends: bool = False  # after the first route of an answer
    where: str = "BIRD played"
    file: str = ""
    running: str = ""
    calls: list[Sequence[str]] = field(default_factory=list[Sequence[str]])
    writes: int = 0

    async def run(self, command: Sequence[str], text: str) -> Ran:
        self.calls.append(command)
        if len(self.calls) >= self.dies:
            message = "it is dead"
            raise ProviderUnreachable(message)
        match command:
            case ["sh", *_]:
                return self._written(text)
            case ["birdc", "-v", "configure", "soft"]:
                return self._configured()
            case [*_, "master4"] if self.ends:
                return Ran(1, READY + self._lines()[0], "Connection closed by server\n")
            case _:
                return Ran(0, self._shown(command[-1]), "")

    def _shown(self, about: str) -> str:
        texts = {"interfaces": LINKS, "master6": READY, "/etc/bird/podroute.conf": self.file}
        return texts[about] if about in texts else READY + "".join(self._lines())

    def _written(self, text: str) -> Ran:
        self.writes += 1
        if self.writes >= self.full:
            return Ran(1, "", "cat: write error: No space left on device")
        self.file = text
        return Ran(0, "", "")

    def _configured(self) -> Ran:
        if self.refused in self.file:
            return Ran(1, f"{READY}0002-Reading\n8002 {self.blames}\n", "")
        self.running = self.file
        return Ran(0, f"{READY}0002-Reading\n0003 Reconfigured\n", "")

    def _lines(self) -> list[str]:
        return [
            f"1007-{net}  unicast [podroute4 now] * (200)\n     \tvia {hop} on eth0\n"
            for net, hop in OURS.findall(self.running)
        ]


def provider(played: Played) -> BirdRoutes:
    return BirdRoutes(played, BirdOptions())


async def test_all_go_in_one() -> None:
    played = Played()
    outcomes = await provider(played).apply(WISHES)

    assert list(outcomes) == [Done(one) for one in WISHES]
    assert played.writes == 1


async def test_one_that_is_refused_is_found_and_the_others_are_there() -> None:
    played = Played(refused=BAD)
    outcomes = await provider(played).apply(WISHES)

    (failed,) = [one for one in outcomes if isinstance(one, Failed)]
    assert (failed.step, failed.retry) == (WISHES[3], "worth it")
    assert failed.reason == f"BIRD has refused its configuration: {played.blames}"
    assert played.file == played.running
    assert len(OURS.findall(played.running)) == 7


async def test_where_others_are_to_blame_it_is_tried_once() -> None:
    """And the file is as it was."""
    played = Played(refused="route", blames="bird.conf:1:1 syntax error")
    outcomes = await provider(played).apply(WISHES)

    assert [type(one) for one in outcomes] == [Failed] * 8
    assert (played.writes, played.running) == (2, "")
    assert OURS.findall(played.file) == []


async def test_an_answer_that_breaks_off_is_none() -> None:
    """What is missing there may be there all the same."""
    played = Played()
    routes = provider(played)
    await routes.apply(WISHES)
    played.ends = True

    with pytest.raises(ProviderUnreachable) as raised:
        await routes.read()

    words = "BIRD played: the answer of birdc breaks off: Connection closed by server"
    assert str(raised.value) == words


async def test_a_disk_that_is_full_only_when_the_former_file_comes_back() -> None:
    played = Played(refused="route", blames="bird.conf:1:1 syntax error", full=2)
    (outcome,) = await provider(played).apply(WISHES[:1])

    assert isinstance(outcome, Failed)
    assert "syntax error" in outcome.reason
    assert "/etc/bird/podroute.conf is not written: cat: write error: No space" in outcome.reason


@pytest.mark.parametrize("call", range(5, 9))
async def test_what_is_to_go_is_not_gone_when_nobody_knows(call: int) -> None:
    """Whichever call is lost, from the one that writes on."""
    played = Played()
    routes = provider(played)
    await routes.apply(WISHES[:2])
    (mine, _) = (await routes.read()).routes
    played.dies = len(played.calls) + call
    outcomes = await routes.apply([Delete(mine), WISHES[5]])

    assert [type(one) for one in outcomes] == [Failed, Failed]
    assert "it is dead; the next read shows what has become of it" in str(outcomes[0])


async def test_where_the_first_look_fails_nothing_is_written() -> None:
    played = Played(dies=3)
    with pytest.raises(ProviderUnreachable, match="it is dead"):
        await provider(played).apply(WISHES)

    assert played.writes == 0


async def test_an_answer_that_is_none_is_told() -> None:
    played = Played()
    routes = provider(played)
    played.running = "route 10.200.0.0/24 via nowhere;"
    with pytest.raises(ProviderUnreachable, match=r"^BIRD played: .*nowhere"):
        await routes.read()
