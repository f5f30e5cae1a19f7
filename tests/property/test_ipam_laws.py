"""Laws of the podCIDR assignment, and a machine that lets Nodes come and go."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from podroute.ipam.assign import assign_pod_cidrs
from podroute.ipam.audit import pool_usage
from podroute.model.cidr import Cidr, parse_cidr
from podroute.model.node import Node, NodeName, NodeUid
from podroute.model.pool import CidrPool
from tests.builders import pool
from tests.property.strategies import NODES

POOLS = st.sampled_from(
    [
        (pool("10.200.0.0/21", 24),),
        (pool("10.200.0.0/21", 24), pool("fd00:10:200::/61", 64)),
        (pool("fd00:10:200::/62", 64), pool("10.200.0.0/20", 24)),
    ]
)
WITHHELD = st.lists(
    st.sampled_from(["10.200.1.0/24", "10.200.0.0/22", "10.200.3.128/25", "fd00:10:200::/63"]).map(
        parse_cidr
    ),
    max_size=2,
)


@given(NODES, POOLS, WITHHELD, st.integers(0, 7))
def test_what_is_given_is_new_whole_inside_and_not_withheld(
    nodes: list[Node], pools: tuple[CidrPool, ...], withheld: list[Cidr], cursor: int
) -> None:
    """L1 and L3, and nobody waits while every pool has a free block."""
    cursors = tuple(cursor % one.size() for one in pools)
    result = assign_pod_cidrs(nodes, pools, withheld=withheld, cursors=cursors)
    taken = {cidr for node in nodes for cidr in node.pod_cidrs}
    given_out = [cidr for grant in result.granted for cidr in grant.pod_cidrs]

    assert len(given_out) == len(set(given_out))
    assert not taken & set(given_out)
    assert not any(cidr.overlaps(one) for cidr in given_out for one in withheld)
    for grant in result.granted:
        assert [one.is_block(cidr) for one, cidr in zip(pools, grant.pod_cidrs, strict=True)] == [
            True
        ] * len(pools)
    served = [
        Node(node.name, (), grants[0].pod_cidrs)
        if (grants := [one for one in result.granted if one.uid == node.uid])
        else node
        for node in nodes
    ]
    if result.waiting:
        assert min(usage.free for usage in pool_usage(served, pools, withheld)) == 0


class Cluster(RuleBasedStateMachine):
    """Nodes register, get their blocks late or never, leave, and come back under their name."""

    living = Bundle("living")

    def __init__(self) -> None:
        super().__init__()
        self.pools = (pool("10.200.0.0/21", 24), pool("fd00:10:200::/61", 64))
        self.nodes: dict[NodeUid, Node] = {}
        self.in_flight: dict[NodeUid, tuple[Cidr, ...]] = {}
        self.cursors: tuple[int, ...] = ()
        self.born = 0

    @rule(target=living, name=st.sampled_from(["a", "b", "c", "d", "e", "f"]))
    def register(self, name: str) -> NodeUid:
        """A Node appears; the name may have been another machine's."""
        uid = NodeUid(f"{name}-{self.born}")
        self.born += 1
        self.nodes[uid] = Node(NodeName(name), (), (), uid, f"2026-01-01T00:00:{self.born:09}Z")
        return uid

    @rule()
    def assign(self) -> None:
        """Patches are sent; none has been seen to arrive."""
        result = assign_pod_cidrs(
            self.nodes.values(), self.pools, in_flight=self.in_flight, cursors=self.cursors
        )
        self.cursors = result.cursors
        self.in_flight |= {grant.uid: grant.pod_cidrs for grant in result.granted}

    @rule(uid=living)
    def arrive(self, uid: NodeUid) -> None:
        """A patch lands, unless its Node is gone: the UID in it sees to that."""
        cidrs = self.in_flight.pop(uid, None)
        if cidrs is not None and uid in self.nodes:
            node = self.nodes[uid]
            self.nodes[uid] = Node(node.name, (), cidrs, uid, node.created)

    @rule(uid=consumes(living))
    def leave(self, uid: NodeUid) -> None:
        """A Node is gone; what was in flight to it stays taken."""
        self.nodes.pop(uid, None)

    @invariant()
    def no_block_has_two_owners(self) -> None:
        """L1 and L2 over Nodes and patches in flight."""
        held = [cidr for node in self.nodes.values() for cidr in node.pod_cidrs]
        held += [cidr for cidrs in self.in_flight.values() for cidr in cidrs]
        assert len(held) == len(set(held))


TestCluster = Cluster.TestCase
