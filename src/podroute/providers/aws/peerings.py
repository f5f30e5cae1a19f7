"""What do VPCs that are peered with ours see of the Pods? Pure.

A peering carries packets between the own addresses of the two VPCs, and no others: not those of
Pods, whatever is in the route tables of either.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Final

import msgspec

from podroute.model.check import Check, Problem
from podroute.model.cidr import Cidr, parse_meant_cidr
from podroute.providers.interface import Question

_ADVICE: Final = (
    "a peering carries the VPCs' own addresses only: masquerade what Pods send there, as "
    "`podroute agent` does outside of --non-masquerade-cidr, or use a transit gateway"
)


class _Block(msgspec.Struct, frozen=True, rename="pascal"):
    cidr_block: str = ""


class _Block6(msgspec.Struct, frozen=True, rename="pascal"):
    ipv6_cidr_block: str = ""


class PeeredVpc(msgspec.Struct, frozen=True, rename="pascal"):
    """One side of a peering; another account may keep its ranges to itself."""

    vpc_id: str = ""
    cidr_block: str = ""
    cidr_block_set: tuple[_Block, ...] = ()
    ipv6_cidr_block_set: tuple[_Block6, ...] = ()

    def ranges(self) -> Iterator[Cidr]:
        """Its addresses, each range once."""
        texts = [self.cidr_block, *(one.cidr_block for one in self.cidr_block_set)]
        texts += [one.ipv6_cidr_block for one in self.ipv6_cidr_block_set]
        yield from map(parse_meant_cidr, dict.fromkeys(filter(None, texts)))


class _Status(msgspec.Struct, frozen=True, rename="pascal"):
    code: str = ""


class PeeringRecord(msgspec.Struct, frozen=True, rename="pascal"):
    """A VPC peering connection."""

    id: str = msgspec.field(name="VpcPeeringConnectionId")
    status: _Status = _Status()
    requester_vpc_info: PeeredVpc = PeeredVpc()
    accepter_vpc_info: PeeredVpc = PeeredVpc()

    def peers_of(self, vpcs: Collection[str]) -> Iterator[PeeredVpc]:
        """Whom it connects with one of these VPCs; nobody where it is not active."""
        sides = self.requester_vpc_info, self.accepter_vpc_info
        if self.status.code == "active":
            for ours, other in (sides, sides[::-1]):
                if ours.vpc_id in vpcs:
                    yield other


class PeeringsAnswer(msgspec.Struct, frozen=True, rename="pascal"):
    """A page of DescribeVpcPeeringConnections."""

    vpc_peering_connections: tuple[PeeringRecord, ...] = ()


def peering_check(
    question: Question, vpcs: Collection[str], peerings: Sequence[PeeringRecord] | str
) -> Check:
    """``peerings`` may be why they are not known."""
    kind = "aws-peering", "peered VPCs and Pods reach each other"
    if isinstance(peerings, str):
        return Check(*kind, skipped=peerings)
    peers = {
        f"{other.vpc_id} by {one.id}": other for one in peerings for other in one.peers_of(vpcs)
    }
    problems = tuple(
        Problem(name, f"its {theirs} overlaps with the Pods' {pool}", _apart(theirs))
        for name, other in peers.items()
        for theirs in other.ranges()
        for pool in question.pools
        if theirs.overlaps(pool)
    )
    if problems or not peers:
        return Check(*kind, problems)
    return Check(*kind, skipped=f"{', '.join(peers)}: {_ADVICE}")


def _apart(theirs: Cidr) -> str:
    return f"give Pods a --cluster-cidr apart from {theirs}"
