"""A podCIDR that the API server has lost."""

from dataclasses import replace

from tests.builders import node
from tests.unit.ledgers import ledger_of


def test_lost_before_its_answer_came() -> None:
    """A restored backup has lost what is said to be done: no watch from there on tells so."""
    ledger = ledger_of("10.1.0.0/16 by 24", nodes := [node("a"), node("b")])
    of_a, of_b = ledger.grant(0).granted
    ledger.relist(nodes, 0)
    ledger.observe(replace(nodes[1], pod_cidrs=of_b.pod_cidrs), 0)

    ledger.answered(of_a, "applied", 0)
    ledger.answered(of_b, "applied", 0)

    (again,) = ledger.grant(0).granted
    assert (again.node, again.pod_cidrs) == ("a", of_a.pod_cidrs)
    ledger.answered(again, "applied", 0)
    assert ledger.observe(nodes[0], 0) == ()
    assert ledger.grant(0).granted == ()
