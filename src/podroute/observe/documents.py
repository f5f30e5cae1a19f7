"""What is on the board as the documents that programs read: one form for command line and page."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from podroute.model.route import Quota
from podroute.observe.board import Board, Delta, Happening, HeldBack, RouterStanding, Standing

API_VERSION: Final = "podroute/v1alpha1"


def versioned(kind: str, content: Mapping[str, object]) -> Mapping[str, object]:
    """A whole document."""
    return {"apiVersion": API_VERSION, "kind": kind, **content}


def about_nodes(
    unreadable: Iterable[tuple[str, str]], waiting: Iterable[str], deleting: Iterable[str]
) -> Mapping[str, object]:
    """Whoever cannot be read (with the reason), waits for a podCIDR, or is on the way out."""
    return {
        "unreadable": [{"name": name, "reason": reason} for name, reason in unreadable],
        "waiting": list(waiting),
        "deleting": list(deleting),
    }


def route_table(board: Board) -> Mapping[str, object]:
    """As ``podroute table -o json`` prints it."""
    rows, standing = board.rows(), board.standing
    waiting = [one.node for one in rows if one.pod_cidr is None and one.node]
    nodes = about_nodes(standing.unreadable, waiting, standing.deleting)
    return versioned("RouteTable", {"items": rows, **nodes})


def status(board: Board) -> Mapping[str, object]:
    """Who leads, how much is in which state, and what is held back."""
    facts = {"revision": board.revision, "states": board.counts(), **standing_facts(board.standing)}
    return versioned("RouteStatus", facts)


def timeline(board: Board) -> Mapping[str, object]:
    """The oldest first."""
    return versioned("RouteTimeline", {"items": entries(board.timeline())})


def address_space(board: Board) -> Mapping[str, object]:
    """The pools, and what in them is nobody's."""
    return versioned("AddressSpace", space_facts(board.standing))


def snapshot(board: Board) -> Mapping[str, object]:
    """All of it, with the lines by subject."""
    return {
        "revision": board.revision,
        "subjects": board.lines(),
        "timeline": entries(board.timeline()),
        **_about(board.standing),
    }


def changes(delta: Delta) -> Mapping[str, object]:
    """The same keys, with what is new in them; a subject without lines is gone."""
    return {
        "revision": delta.revision,
        "subjects": delta.subjects,
        "timeline": entries(delta.happenings),
        **(_about(delta.standing) if delta.standing else {}),
    }


def _about(standing: Standing) -> Mapping[str, object]:
    return {"status": standing_facts(standing), "addressSpace": space_facts(standing)}


def standing_facts(standing: Standing) -> Mapping[str, object]:
    """What is known beside the lines."""
    routers = [_router_facts(one) for one in standing.routers]
    return {
        "leader": standing.leader or None,
        "leads": standing.leads,
        "lease": standing.lease or None,
        "provider": standing.provider or None,
        "server": standing.server or None,
        "lastRead": None if standing.read is None else moment_text(standing.read),
        "unreached": standing.unreached or None,
        "quota": _quota_facts(standing.quota),
        "held": _held_facts(standing.held),
        "unreadable": [{"name": name, "reason": reason} for name, reason in standing.unreadable],
        "deleting": standing.deleting,
        **({"routers": routers} if routers else {}),
    }


def _router_facts(one: RouterStanding) -> Mapping[str, object]:
    return {
        "name": one.name,
        "provider": one.provider or None,
        "lastRead": None if one.read is None else moment_text(one.read),
        "unreached": one.unreached or None,
        "quota": _quota_facts(one.quota),
        "held": _held_facts(one.held),
    }


def _quota_facts(quota: Quota | None) -> Mapping[str, object] | None:
    return None if quota is None else {"used": quota.used, "limit": quota.limit}


def _held_facts(held: HeldBack | None) -> Mapping[str, object] | None:
    if held is None:
        return None
    return {
        "count": held.count,
        "reason": held.reason,
        "confirmation": held.confirmation,
        "next": held.next,
    }


def space_facts(standing: Standing) -> Mapping[str, object]:
    """Ranges in texts."""
    return {
        "pools": [
            {"cidr": str(one.cidr), "blockPrefix": one.block_prefix, "blocks": one.size()}
            for one in standing.pools
        ],
        "reserved": [str(one) for one in standing.reserved],
        "nodeCIDRs": [str(one) for one in standing.node_cidrs],
        "routerAddresses": [str(one) for one in standing.own_addresses],
    }


def entries(happenings: Sequence[Happening]) -> Sequence[Mapping[str, object]]:
    """Entries of the timeline; what is not known is null."""
    return [
        {
            "time": moment_text(one.moment),
            "kind": one.kind,
            "subject": one.subject or None,
            "node": one.node or None,
            "message": one.words,
            "seconds": one.seconds,
        }
        for one in happenings
    ]


def moment_text(moment: float) -> str:
    """Unix seconds as Kubernetes writes a MicroTime, with milliseconds."""
    text = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
