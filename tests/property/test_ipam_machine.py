"""A ledger against an API server whose answers are late, lost or doubled, over any history."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from typing_extensions import override

from podroute.ipam.audit import Finding
from podroute.ipam.facts import Fact, Foreign, Grant
from podroute.ipam.ledger import Ledger
from podroute.ipam.pools import AddressPlan, Pool
from podroute.model.cidr import Cidr, parse_cidr
from podroute.model.node import Node, NodeUid
from tests.builders import pool
from tests.property.api_server import Flight, Server

V4, V6 = pool("10.200.0.0/22", 24), pool("fd00:10:200::/62", 64)
DUAL = Pool("p", (V4, V6))
WIDE = Pool("wide", (pool("10.200.0.0/22", 23),))
POOLS = [
    (DUAL,),
    (replace(DUAL, align_by="zone", align_blocks=2),),
    (replace(DUAL, draining=True), Pool("more", (pool("10.201.0.0/23", 24),))),
    (DUAL, replace(WIDE, draining=True)),
    (replace(DUAL, draining=True), WIDE),
]
BLOCKS = (24, 25, 64)  # the lengths of a block and of a part of one, in every plan
CLAIMS = st.sampled_from(
    [
        "0.0.0.0/0",
        "::/0",
        "10.200.0.0/22",
        "10.200.1.0/24",
        "10.200.1.128/25",
        "10.200.2.0/23",
        "10.201.0.0/24",
        "192.168.0.0/24",
        "fd00:10:200:1::/64",
        "fd00:10:200::/63",
    ]
).map(parse_cidr)
NAMES = st.sampled_from("abcdefg")
ANY = st.integers(0, 1000)


class Cluster(RuleBasedStateMachine):
    """Nodes come, go and return under their name while the ledger's patches are under way."""

    def __init__(self) -> None:
        super().__init__()
        self.server = Server()
        self.flights: list[Flight] = []
        self.now = 0.0
        self.had: dict[NodeUid, tuple[Cidr, ...]] = {}
        self.hostile: set[NodeUid] = set()

    @initialize(quarantine=st.sampled_from([0.0, 60.0]))
    def start(self, quarantine: float) -> None:
        self.ledger = Ledger(AddressPlan((DUAL,), (), quarantine))
        self.relist()

    @rule(name=NAMES, zone=st.sampled_from("xy"))
    def register(self, name: str, zone: str) -> None:
        if self.server.named(name) is None:
            self.server.register(name, zone)

    @rule(name=NAMES)
    def heartbeat(self, name: str) -> None:
        node = self.server.named(name)
        if node is not None:
            self.server.put(node)

    @rule(name=NAMES)
    def begin_deletion(self, name: str) -> None:
        node = self.server.named(name)
        if node is not None:
            self.server.put(replace(node, deleting=True))

    @rule(name=NAMES, returns=st.booleans())
    def delete(self, name: str, *, returns: bool) -> None:
        node = self.server.named(name)
        if node is not None:
            self.server.delete(node.uid)
            if returns:
                self.server.register(name, "x")

    @rule(count=st.integers(1, 5))
    def watch(self, count: int) -> None:
        for _ in range(min(count, len(self.server.news))):
            self._tell(self.server.news.popleft())

    @rule()
    def relist(self) -> None:
        """The watch breaks; what it had not told is lost."""
        self.server.news.clear()
        self.told = dict(self.server.nodes)
        self._nothing_foreign(self.ledger.relist(self.server.nodes.values(), self.now))

    @rule(limit=st.none() | st.integers(0, 3))
    def grant(self, limit: int | None) -> None:
        granted = self.ledger.grant(self.now, limit).granted
        self._nothing_given_twice(granted)
        self.flights.extend(map(Flight, granted))

    @precondition(lambda self: self.flights)
    @rule(which=ANY)
    def arrive(self, which: int) -> None:
        """A patch is carried out, or refused for good, and answered."""
        self._arrive(self.flights.pop(which % len(self.flights)))

    @precondition(lambda self: self.flights)
    @rule(which=ANY)
    def refuse(self, which: int) -> None:
        """A patch is refused for a reason that the next one need not meet, as by a webhook.

        That is told only of one that is the first to arrive: a proxy's copy is refused with it.
        """
        flight = self.flights.pop(which % len(self.flights))
        uid = flight.grant.uid
        node = self.server.nodes.get(uid)
        if node is not None and node.pod_cidrs:
            self._arrive(flight)
            return
        self.flights = [one for one in self.flights if one.grant.uid != uid or not one.doubled]
        if flight.heard:
            self.ledger.answered(flight.grant, "refused", self.now)

    @precondition(lambda self: self.flights)
    @rule(which=ANY)
    def arrive_unheard(self, which: int) -> None:
        """A patch is carried out, and the answer is lost."""
        flight = self.flights.pop(which % len(self.flights))
        self._give_up(flight)
        self._arrive(flight)

    @precondition(lambda self: self.flights)
    @rule(which=ANY)
    def arrive_and_be_lost(self, which: int) -> None:
        """A patch is carried out, a backup from before is restored, and then comes the answer."""
        flight = self.flights.pop(which % len(self.flights))
        done = self.server.patch_and_forget(flight.grant)
        self.relist()
        self._answer(flight, done=done)

    @precondition(lambda self: self.flights)
    @rule(which=ANY)
    def time_out(self, which: int) -> None:
        """A patch is given up, and is under way all the same."""
        self._give_up(self.flights[which % len(self.flights)])

    @precondition(lambda self: self.flights)
    @rule(which=ANY)
    def vanish(self, which: int) -> None:
        """A patch never arrives."""
        self._give_up(self.flights.pop(which % len(self.flights)))

    @precondition(lambda self: self.flights)
    @rule(which=ANY)
    def double(self, which: int) -> None:
        """The network carries a patch twice."""
        grant = self.flights[which % len(self.flights)].grant
        self.flights.append(Flight(grant, heard=False, doubled=True))

    @rule()
    def send_again(self) -> None:
        for grant in self.ledger.in_doubt():
            assert self.ledger.again(grant)
            self.flights.append(Flight(grant))

    @rule(seconds=st.sampled_from([1.0, 30.0, 60.0, 700.0]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    @rule(which=st.sampled_from(POOLS))
    def change_the_plan(self, which: tuple[Pool, ...]) -> None:
        """Refused where a Node would lose its block."""
        try:
            self.ledger.update(replace(self.ledger.plan, pools=which), self.now)
        except ValueError:
            return

    @rule(carried_out=st.booleans())
    def restart(self, *, carried_out: bool) -> None:
        """A successor waits until no patch of the former can land, then lists."""
        for flight in self.flights:
            if carried_out:
                self.server.patch(flight.grant)
        self.flights.clear()
        self.ledger = Ledger(self.ledger.plan)
        self.relist()

    @invariant()
    def no_two_nodes_share_an_address(self) -> None:
        """L1, for what we gave."""
        nodes = [one for one in self.server.nodes.values() if one.uid not in self.hostile]
        blocks = [cidr for node in nodes for cidr in node.pod_cidrs]
        assert not any(one.overlaps(other) for one, other in combinations(blocks, 2))

    @invariant()
    def the_states_add_up(self) -> None:
        for one in self.ledger.usage(self.now):
            for each in one.families:
                states = each.used, each.pending, each.quarantined, each.reserved, each.free
                assert min(states) >= 0
                assert sum(states) == each.size
                assert each.allocations - each.releases == each.used + each.pending

    @override
    def teardown(self) -> None:
        """Everything comes to rest: each Node has its blocks, and nothing is left over."""
        self._come_to_rest()
        self.send_again()
        self._come_to_rest()
        self.server.come_to_rest()
        self.watch(len(self.server.news))
        self.now += 1000
        while granted := self.ledger.grant(self.now).granted:
            self.flights.extend(map(Flight, granted))
            self._come_to_rest()
            self.now += 1000  # a block that was given up on the way rests
        self._nothing_is_left_over()

    def _come_to_rest(self) -> None:
        while self.flights:
            self._arrive(self.flights.pop())
        self.watch(len(self.server.news))

    def _nothing_is_left_over(self) -> None:
        assert self.ledger.in_doubt() == ()
        usage = self.ledger.usage(self.now)
        fresh = Ledger(self.ledger.plan)
        fresh.relist(self.server.nodes.values(), self.now)
        for ours, theirs in zip(usage, fresh.usage(self.now), strict=True):
            for one, other in zip(ours.families, theirs.families, strict=True):
                assert (one.pending, one.quarantined) == (0, 0)
                assert (one.used, one.free) == (other.used, other.free)
        if any(one.room for one in usage):
            assert all(node.pod_cidrs for node in self.server.nodes.values())
        assert self.hostile or self.ledger.findings() == ()

    def _tell(self, news: Node | NodeUid) -> None:
        if not isinstance(news, Node):
            self.told.pop(news, None)
            self.ledger.gone(news, self.now)
            return
        self.told[news.uid] = news
        if news.pod_cidrs:
            assert self.had.setdefault(news.uid, news.pod_cidrs) == news.pod_cidrs
        self._nothing_foreign(self.ledger.observe(news, self.now))

    def _nothing_foreign(self, facts: Sequence[Fact]) -> None:
        foreign = {fact.uid for fact in facts if isinstance(fact, Foreign)}
        assert foreign <= self.hostile
        assert self.hostile or not any(isinstance(fact, Finding) for fact in facts)

    def _may_land(self, flight: Flight) -> bool:
        node = self.told.get(flight.grant.uid)
        return node is not None and node.pod_cidrs in ((), flight.grant.pod_cidrs)

    def _nothing_given_twice(self, granted: Sequence[Grant]) -> None:
        """No block of a grant is one that a Node is known to have, or that is under way."""
        for grant in granted:
            others = [node.pod_cidrs for uid, node in self.told.items() if uid != grant.uid]
            flights = [one for one in self.flights if one.grant.uid != grant.uid]
            others += [one.grant.pod_cidrs for one in flights if self._may_land(one)]
            taken = {cidr for cidrs in others for cidr in cidrs if cidr.prefixlen in BLOCKS}
            assert not any(one.overlaps(two) for one in grant.pod_cidrs for two in taken)

    def _arrive(self, flight: Flight) -> None:
        self._answer(flight, done=self.server.patch(flight.grant))

    def _answer(self, flight: Flight, *, done: bool) -> None:
        if flight.heard:
            self.ledger.answered(flight.grant, "applied" if done else "refused", self.now)

    def _give_up(self, flight: Flight) -> None:
        if flight.heard:
            self.ledger.answered(flight.grant, "unknown", self.now)
            flight.heard = False


class ClusterUnderAttack(Cluster):
    """Some kubelets create their Nodes with a podCIDR, or set it before we do."""

    @rule(name=NAMES, claim=CLAIMS)
    def claim(self, name: str, claim: Cidr) -> None:
        node = self.server.named(name)
        if node is None:
            self.server.register(name, "x")
            node = self.server.named(name)
        if node is not None and not node.pod_cidrs:
            self.hostile.add(node.uid)
            self.server.put(replace(node, pod_cidrs=(claim,)))


TestCluster = Cluster.TestCase
TestClusterUnderAttack = ClusterUnderAttack.TestCase
