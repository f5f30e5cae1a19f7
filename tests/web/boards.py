"""Boards as a route controller would fill them."""

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network
from random import Random

from podroute.model.cidr import parse_address, parse_cidr
from podroute.model.pool import CidrPool
from podroute.model.route import Ownership, Quota
from podroute.observe.board import Board, Happening, HeldBack, Kind, RouteRecord, Standing
from podroute.routing.states import State

NOON = 1_800_000_000.0  # Unix seconds
POOL = "10.0.0.0/8"


def record(
    number: int, state: State = "InSync", reason: str = "", *, first: str = "10.200.0.0"
) -> RouteRecord:
    """The line of worker ``number``, whose block is the one of that number from ``first`` on."""
    block = IPv4Network((int(IPv4Address(first)) + (number << 8), 24))
    address = str(IPv4Address(int(IPv4Address("172.16.0.10")) + number))
    owner: Ownership | None = None if state in {"Missing", "Blocked", "Unknown"} else "ours"
    return RouteRecord(f"worker-{number}", (address,), str(block), address, state, owner, reason)


def put(board: Board, *records: RouteRecord) -> None:
    """Each under its own subject."""
    for one in records:
        board.put(one.pod_cidr or f"node/{one.node}", [one])


def standing(pools: Sequence[CidrPool] = (), held: HeldBack | None = None) -> Standing:
    """A leader that has read a router."""
    return Standing(
        leader="podroute-7c9d5b-x2x8k",
        leads=True,
        provider="linux",
        server="https://10.240.0.5:6443",
        read=NOON,
        quota=Quota(212, 250),
        held=held,
        pools=tuple(pools) or (CidrPool(parse_cidr("10.200.0.0/16"), 24),),
        reserved=(parse_cidr("10.200.240.0/20"),),
        node_cidrs=(parse_cidr("172.16.0.0/16"),),
        own_addresses=(parse_address("172.16.0.1"),),
    )


def small() -> Board:
    """Three workers in sync, as the lab has them."""
    board = Board()
    put(board, *map(record, range(3)))
    board.stand(replace(standing(), quota=None))
    return board


def many(nodes: int) -> Board:
    """That many Nodes with a block each."""
    board = Board()
    put(board, *(record(number, first="10.0.0.0") for number in range(nodes)))
    pools = (CidrPool(parse_cidr(POOL), 24),)
    board.stand(replace(standing(pools), quota=None))
    return board


def mixed(nodes: int, moment: float = NOON) -> Board:
    """A cluster in which something of each kind is wrong, with a timeline."""
    board, dice = Board(), Random(7)
    for number in range(nodes):
        put(board, record(number))
    for number, (state, reason) in _TROUBLE.items():
        put(board, record(number, state, reason))
    foreign = RouteRecord(
        None, (), "10.200.99.128/25", "172.16.9.9", "Foreign", "foreign",
        "10.200.99.128/25 via 172.16.9.9 dev eth1 proto bird",
    )  # fmt: skip
    waiting = RouteRecord(
        "worker-new", ("172.16.0.250",), None, None, "Pending", None, "no podCIDR yet"
    )
    put(board, foreign, waiting)
    held = HeldBack(
        12,
        "12 of 212 owned routes would go in one pass: more than 10 %",
        "k7f2",
        "podroute apply --confirm k7f2",
    )
    board.stand(replace(standing(held=held), read=moment))
    for step in range(160):
        board.happened(_happening(dice, moment - 3600 + step * 22, step, nodes))
    return board


_TROUBLE: dict[int, tuple[State, str]] = {
    3: ("WrongNextHop", "10.200.3.0/24 via 172.16.0.99 dev eth0 proto 112"),
    17: ("Missing", "no such route is installed"),
    18: ("Missing", "no such route is installed"),
    41: ("Blocked", "10.200.41.0/24 via 172.16.7.1 dev eth0 proto static is not ours"),
    77: ("Stale", "no Node needs it"),
    78: ("Stale", "no Node needs it"),
    120: ("Blackhole", "blackhole 10.200.120.0/24 proto 112"),
}


def _happening(dice: Random, moment: float, step: int, nodes: int) -> Happening:
    number = dice.randrange(nodes)
    kinds: tuple[Kind, ...] = ("created", "created", "replaced", "deleted", "drift", "node")
    kind = "failed" if step % 53 == 52 else dice.choice(kinds)
    one = record(number)
    via = f"{one.pod_cidr} via {one.next_hop}"
    words = {
        "created": via,
        "replaced": f"{via}, was via 172.16.0.99",
        "deleted": f"{via}: no Node needs it",
        "drift": f"{via} was removed by somebody else",
        "node": "InternalIP 172.16.0.99 is now " + (one.next_hop or ""),
        "failed": f"{via}: the router is busy; again in 2 s",
    }[kind]
    took = dice.lognormvariate(-4.2, 0.7) if kind in {"created", "replaced", "deleted"} else None
    return Happening(moment, kind, one.pod_cidr or "", one.node or "", words, took)
