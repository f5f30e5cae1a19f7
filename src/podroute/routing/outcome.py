"""What became of a change. Pure."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, assert_never

from podroute.model.cidr import Address, Cidr
from podroute.model.route import InstalledRoute, RouteTable
from podroute.routing.steps import Adopt, Change, Create, Delete, Replace


@dataclass(frozen=True, slots=True)
class Done:
    """The provider has confirmed the change."""

    step: Change


@dataclass(frozen=True, slots=True)
class Failed:
    """The provider has refused the change, or could not be asked.

    ``retry``: ``slower`` asks for fewer requests, and for none before ``after`` seconds;
    ``pointless`` holds until something else has changed.
    """

    step: Change
    reason: str
    retry: Literal["worth it", "slower", "pointless"]
    after: float = 0.0


_UNREAD: Final = "the router took it, but it is not so when read back"

Outcome: TypeAlias = Done | Failed


def undone(outcomes: Iterable[Outcome], reason: str) -> list[Outcome]:
    """The same outcomes, but none is over as long as ``reason`` lasts."""
    return [
        Failed(one.step, reason, "worth it") if isinstance(one, Done) else one for one in outcomes
    ]


def confirm(outcomes: Iterable[Outcome], table: RouteTable) -> Iterator[Outcome]:
    """The same outcomes, but what ``table``, read after the changes, does not show has failed."""
    ours = {
        (route.destination, route.next_hop)
        for route in table.routes
        if route.ownership == "ours" and not route.deviation
    }
    deviations = {
        (route.destination, route.next_hop): route.deviation
        for route in table.routes
        if route.ownership == "ours" and route.deviation
    }
    present = set(table.routes)
    reached = {route.destination for route in table.routes if route.next_hop}
    for outcome in outcomes:
        if isinstance(outcome, Failed) or _shows(outcome.step, ours, present, reached):
            yield outcome
        else:
            reason = ": ".join(filter(None, (_UNREAD, _deviation(outcome.step, deviations))))
            yield Failed(outcome.step, reason, retry="worth it")


def _deviation(step: Change, deviations: Mapping[tuple[Cidr, Address | None], str]) -> str:
    """What is not as it should be of the route that is there."""
    if isinstance(step, Delete):
        return ""
    return deviations.get((step.route.destination, step.route.next_hop), "")


def _shows(
    step: Change,
    ours: Container[tuple[Cidr, Address | None]],
    present: Container[InstalledRoute],
    reached: Container[Cidr],
) -> bool:
    match step:
        case Create(route=route):
            return (route.destination, route.next_hop) in ours
        case Replace(installed=installed, route=route) | Adopt(installed=installed, route=route):
            return (route.destination, route.next_hop) in ours and installed not in present
        case Delete(installed=installed, node=node):
            return installed not in present and (node is None or installed.destination in reached)
        case _:
            assert_never(step)
