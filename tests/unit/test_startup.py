"""What is running is in the startup configuration, or it is not done."""

from dataclasses import dataclass, field

import pytest

from podroute.providers.interface import ProviderUnreachable
from podroute.providers.startup import Startup
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Create
from tests.builders import route

A, B = (Create(route(f"10.200.{number}.0/24", "10.240.0.30")) for number in (0, 1))
REFUSED = Failed(B, "no", "pointless")
TOLD = "running, but not in the startup configuration: it is full; by hand: save"


@dataclass
class Disk:
    """It is ``full`` for as long as that says why."""

    full: str = ""
    gone: bool = False
    saves: list[str] = field(default_factory=list[str])

    async def save(self) -> str:
        self.saves.append(self.full)
        if self.gone:
            raise ProviderUnreachable(self.full)
        return self.full


def startup(disk: Disk, *, kept: bool = True) -> Startup:
    return Startup(disk.save, "save", kept=kept)


@pytest.mark.parametrize("gone", [False, True])
async def test_what_is_not_saved_is_not_done(*, gone: bool) -> None:
    """And what was not done keeps its reason."""
    disk = Disk("it is full", gone)

    outcomes = await startup(disk).after([Done(A), REFUSED])

    assert outcomes == [Failed(A, TOLD, "worth it"), REFUSED]


@pytest.mark.parametrize(
    ("outcomes", "kept", "saves"),
    [([Done(A), REFUSED], True, 1), ([REFUSED], True, 0), ([], True, 0), ([Done(A)], False, 0)],
)
async def test_what_is_saved_is_done(outcomes: list[Outcome], saves: int, *, kept: bool) -> None:
    disk = Disk()

    assert await startup(disk, kept=kept).after(outcomes) == outcomes
    assert len(disk.saves) == saves


async def test_what_could_not_be_saved_is_caught_up_with_once() -> None:
    disk = Disk("it is full")
    keeping = startup(disk)
    await keeping.catch_up()
    assert disk.saves == []
    await keeping.after([Done(A)])

    with pytest.raises(ProviderUnreachable) as error:
        await keeping.catch_up()
    disk.full = ""
    await keeping.catch_up()
    await keeping.catch_up()

    assert str(error.value) == TOLD
    assert disk.saves == ["it is full", "it is full", ""]


@pytest.mark.parametrize("kept", [True, False])
async def test_what_nobody_knows_is_saved_where_it_is_kept(*, kept: bool) -> None:
    disk = Disk()
    keeping = startup(disk, kept=kept)
    keeping.unsure()
    await keeping.catch_up()

    assert len(disk.saves) == kept
