"""podroute bgp: the sessions by which routers are told of the Pods' routes."""

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final, Literal, TypeAlias

from cyclopts import App, Parameter

from podroute.cli import event_loop
from podroute.cli.failure import Exit, Failure
from podroute.cli.options import ANY_ROUTER, Router
from podroute.cli.reading import open_router, the_only
from podroute.cli.show import print_document
from podroute.cli.text import NONE, columns, escape
from podroute.model.bgp_peer import BgpPeer
from podroute.providers.interface import BgpSpeaker

bgp_app: Final = App(name="bgp", help="The BGP sessions to routers.")

Output: TypeAlias = Annotated[
    Literal["table", "wide", "json", "yaml"], Parameter(name=("--output", "-o"))
]

HEADINGS: Final = ("NEIGHBOR", "AS", "STATE", "SINCE", "RECEIVED", "ACCEPTED", "ADVERTISED")
LAST: Final = "REASON"
MORE: Final = "DESCRIPTION"


@bgp_app.command
def peers(*, output: Output = "table", router: Router = ANY_ROUTER) -> None:
    """Show each neighbour's session, and why there is none; nothing is touched."""
    found = event_loop.run(_asked(router))
    if output in {"json", "yaml"}:
        print_document({"kind": "BgpPeerList", "items": [_item(one) for one in found]}, output)
        return
    wide = output == "wide"
    headings = [*HEADINGS, *([MORE] if wide else []), LAST]
    rows = [headings, *(list(_cells(one, wide=wide)) for one in found)]
    sys.stdout.writelines(f"{line}\n" for line in columns(rows))


async def _asked(router: Router) -> Sequence[BgpPeer]:
    async with open_router(router) as provider:
        if not isinstance(provider, BgpSpeaker):
            name = the_only(router).provider
            words = f"provider {name!r} tells of no BGP sessions, bird, frr and gobgp do"
            raise Failure(Exit.USAGE, words)
        return await provider.peers()


def _cells(peer: BgpPeer, *, wide: bool) -> Iterator[str]:
    yield from (escape(peer.address), str(peer.asn), peer.state, _time(peer.since) or NONE)
    yield from map(str, (peer.received, peer.accepted, peer.advertised))
    if wide:
        yield escape(peer.description) or NONE
    yield escape(peer.reason)


def _item(peer: BgpPeer) -> dict[str, object]:
    return {
        "neighbor": peer.address,
        "asn": peer.asn,
        "state": peer.state,
        "since": _time(peer.since),
        "received": peer.received,
        "accepted": peer.accepted,
        "advertised": peer.advertised,
        "description": peer.description,
        "reason": peer.reason,
    }


def _time(seconds: float | None) -> str | None:
    """As Kubernetes writes it."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
