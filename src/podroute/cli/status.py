"""podroute status: is everything as it should be, and what is to be done about the worst?"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import time
from typing import Annotated, Final, Literal

from cyclopts import Parameter

from podroute.cli import event_loop
from podroute.cli.failure import Exit
from podroute.cli.following import followed
from podroute.cli.leader import Leader, read_leader
from podroute.cli.next_command import Given
from podroute.cli.options import (
    ANY_ADDRESSES,
    ANY_LEASE,
    ANY_ROUTER,
    ANY_SOURCE,
    AddressPlan,
    LeaseName,
    NodeSource,
    Router,
)
from podroute.cli.show import print_document
from podroute.cli.text import LONGEST_NAME, columns, count, escape, unreadable_words
from podroute.model.cidr import Cidr, bounds, contains, parse_cidr
from podroute.model.pool import CidrPool
from podroute.observe import documents
from podroute.observe.board import STATES, Board, HeldBack, RouteRecord, RouterStanding, Standing
from podroute.routing.lines import HELD
from podroute.routing.quota import is_near
from podroute.routing.states import State

WORST: Final[tuple[State, ...]] = (
    "Blackhole",
    "WrongNextHop",
    "Missing",
    "Blocked",
    "Stale",
    "Pending",
)
TROUBLE: Final = frozenset(WORST)
SHOWN: Final = 5


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class StatusView:
    """What is shown, and where it comes from."""

    output: Annotated[Literal["text", "json", "yaml"], Parameter(name=("--output", "-o"))] = "text"
    "text, json or yaml."
    controller: str = ""
    "ADDRESS:PORT of a running controller; without it the cluster and the router are asked."


ANY_VIEW: Final = StatusView()


def status(
    *,
    view: StatusView = ANY_VIEW,
    source: NodeSource = ANY_SOURCE,
    addresses: AddressPlan = ANY_ADDRESSES,
    router: Router = ANY_ROUTER,
    lease: LeaseName = ANY_LEASE,
) -> int:
    """Show who leads, the routes by state, room and quota, and the worst problems."""
    return event_loop.run(_status(view, source, addresses, router, lease))


async def _status(
    view: StatusView,
    source: NodeSource,
    addresses: AddressPlan,
    router: Router,
    lease: LeaseName,
) -> int:
    given = Given(source, addresses, router, view.controller)
    async with followed(source, addresses, router, view.controller) as seen:
        board = seen.board
        leader = await _leader(view, source, lease, board.standing)
        if view.output == "text":
            sys.stdout.writelines(f"{line}\n" for line in _lines(board, leader, given))
        else:
            print_document({**documents.status(board), **_facts(leader)}, view.output)
        knows = not _waits_for_its_turn(board.standing, view.controller)
        return Exit.OK if knows and _is_healthy(board, leader) else Exit.DIFFERENT


def _facts(leader: Leader) -> Mapping[str, object]:
    return {
        "leader": leader.holder or None,
        "leaderFault": leader.fault or None,
        "halted": leader.halted or None,
        "confirmation": leader.held or None,
    }


def _is_healthy(board: Board, leader: Leader) -> bool:
    standing = board.standing
    waiting = standing.held or leader.held or standing.unreadable
    return not (_problems(board) or waiting or standing.unreached or leader.fault)


async def _leader(
    view: StatusView, source: NodeSource, lease: LeaseName, standing: Standing
) -> Leader:
    if view.controller:
        here = standing.leader or (view.controller if standing.leads else "")
        return Leader(here, vacant="" if here else f"{view.controller} does not lead")
    return await read_leader(source, lease)


def _lines(board: Board, leader: Leader, given: Given) -> Iterator[str]:
    standing, counts = board.standing, board.counts()
    shown = [f"{counts[state]:,} {state}" for state in STATES if counts[state]]
    waits = _waits_for_its_turn(standing, given.controller)
    without = "known to the controller that leads, not to this one" if waits else "none"
    rows = [
        ["Controller:", escape(leader.words())],
        ["Cluster:", escape(standing.server)],
        *(["Router:", one] for one in _routers(standing)),
        ["Routes:", ", ".join(shown) or without],
        *(["Addresses:", one] for one in _addresses(board)),
    ]
    if standing.quota:
        near = "; nearly full" if is_near(standing.quota) else ""
        rows.append(["Quota:", f"{standing.quota.used} of {standing.quota.limit} routes{near}"])
    if standing.unreadable:
        rows.append(["Nodes:", unreadable_words(standing.unreadable)])
        rows.append(["", escape(given.about(standing.unreadable[0][0]))])
    for held in _held(standing):
        rows.append(["Held back:", f"{held.count}: {escape(held.reason)}"])
        rows.append(["", f"if that is right: {escape(given.confirming(held, standing.lease))}"])
    if not standing.held and leader.held:
        for word in leader.held.split():
            what = f"what has the name {escape(word)}: --controller, or its Event, shows it"
            rows.append(["Held back:", what])
            confirm = given.giving(word, leader.lease)
            rows.append(["", f"if that is right: {escape(confirm)}"])
    yield from columns(rows)
    yield from _problem_lines(_problems(board), given)


def _waits_for_its_turn(standing: Standing, controller: str) -> bool:
    """It knows of no routes, which does not mean that there are none."""
    return bool(controller) and not standing.leads and standing.read is None


def _routers(standing: Standing) -> Iterator[str]:
    """One, or each of several with its name."""
    if not standing.provider:
        yield "not asked: give --provider, or --controller"
    elif not standing.routers:
        yield _router(standing)
    for one in standing.routers:
        yield f"{escape(one.name)}: {_router(one)}"


def _router(one: Standing | RouterStanding) -> str:
    read = "not read yet"
    if one.read is not None:
        read = f"read {max(0.0, time() - one.read):.0f} s ago"
    unreached = f"not reached: {escape(one.unreached)}; " if one.unreached else ""
    return f"{escape(one.provider)}, {unreached}{read}"


def _held(standing: Standing) -> Iterator[HeldBack]:
    """Each router holds back by itself."""
    if standing.held and not standing.routers:
        yield standing.held
    for one in standing.routers:
        if one.held:
            yield replace(one.held, reason=f"{one.name}: {one.held.reason}")


def _addresses(board: Board) -> Iterator[str]:
    """How full each pool is, by the podCIDRs that Nodes have, and the routes that are kept."""
    rows = [
        (parse_cidr(one.pod_cidr), one) for one in board.rows() if one.pod_cidr and _is_used(one)
    ]
    for pool in board.standing.pools:
        cidrs = {cidr for cidr, one in rows if not _is_too_wide(cidr, one, pool)}
        used, size = _blocks_in(pool, cidrs), pool.size()
        yield f"{pool.cidr}: {used:,} of {size:,} blocks of /{pool.block_prefix} in use"


def _is_used(one: RouteRecord) -> bool:
    """Of a Node that cannot be read the route has no Node."""
    return bool(one.node) or (one.owner == "ours" and one.state != "Stale")


def _is_too_wide(cidr: Cidr, one: RouteRecord, pool: CidrPool) -> bool:
    """Whoever claims everything, in vain, uses nothing up."""
    return one.state == "Blocked" and not one.owner and cidr.prefixlen < pool.block_prefix


def _blocks_in(pool: CidrPool, cidrs: Iterable[Cidr]) -> int:
    """The blocks that they touch, each once."""
    used, beyond = 0, 0
    width = pool.cidr.max_prefixlen - pool.block_prefix
    for _, first, last in sorted(bounds(one) for one in cidrs if contains(pool.cidr, one)):
        begin, end = max(first >> width, beyond), (last >> width) + 1
        used += max(0, end - begin)
        beyond = max(beyond, end)
    return used


def _problems(board: Board) -> Sequence[RouteRecord]:
    """But for those that are held back, which are told together."""
    rows = [one for one in board.rows() if one.state in TROUBLE and one.reason != HELD]
    return sorted(rows, key=lambda one: WORST.index(one.state))


def _problem_lines(problems: Sequence[RouteRecord], given: Given) -> Iterator[str]:
    if not problems:
        return
    yield ""
    yield f"{count(len(problems), 'problem')}, the worst first:"
    rows = [
        [
            f"  {one.state}",
            " ".join(
                filter(None, (one.pod_cidr, f"at {escape(one.router)}" if one.router else ""))
            ),
            escape(one.node or "", LONGEST_NAME),
            f"{escape(one.reason)} -> {escape(given.next_for(one))}",
        ]
        for one in problems[:SHOWN]
    ]
    yield from columns(rows)
    kinds = Counter(one.state for one in problems[SHOWN:])
    if kinds:
        yield f"  and {', '.join(f'{number} {state}' for state, number in kinds.items())} more"
