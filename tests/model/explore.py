"""Breadth first through all states, so that what is found is a shortest way to it."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.model.protocol import steps
from tests.model.world import START, Rules, Size, World, is_broken


@dataclass(frozen=True, slots=True)
class Explored:
    """How much was looked at, and the shortest way to a broken state, if there is one."""

    states: int
    transitions: int
    counterexample: Sequence[str] = ()


def explore(
    rules: Rules,
    size: Size,
    broken: Callable[[World], bool] = is_broken,
    start: World = START,
) -> Explored:
    """To the first broken state, else to the last state."""
    ways: dict[World, tuple[World, str] | None] = {start: None}
    waiting = deque([start])
    transitions = 0
    while waiting:
        world = waiting.popleft()
        for what, following in steps(world, rules, size):
            transitions += 1
            if following in ways:
                continue
            ways[following] = (world, what)
            if broken(following):
                return Explored(len(ways), transitions, _way_to(following, ways))
            waiting.append(following)
    return Explored(len(ways), transitions)


def _way_to(world: World, ways: dict[World, tuple[World, str] | None]) -> Sequence[str]:
    taken: list[str] = []
    while (step := ways[world]) is not None:
        world, what = step
        taken.append(what)
    return taken[::-1]
