"""Behaviours 51 and 53: a patch that is half done, after Calico's affinities."""

from dataclasses import replace

from tests.builders import node
from tests.unit.ledgers import given, ledger_of, usage, waiting


def test_51_half_done_is_done_again_with_the_same_block() -> None:
    """An unknown outcome is no podCIDR yet; the next try sends the same."""
    ledger = ledger_of("10.1.0.0/16 by 24", [node("a")])
    (grant,) = ledger.grant(0).granted
    ledger.answered(grant, "unknown", 0)

    assert usage(ledger).used == 0
    assert ledger.in_doubt() == (grant,)
    assert ledger.again(grant)
    ledger.answered(grant, "applied", 0)
    assert usage(ledger).used == 1


def test_53_a_takeover_that_fails_leaves_the_old_state() -> None:
    ledger = ledger_of("10.1.0.0/24 by 24", [node("a")])
    before = ledger.usage(0)
    (grant,) = ledger.grant(0).granted
    ledger.answered(grant, "refused", 0)

    ledger.observe(node("a"), 0)

    after = ledger.usage(0)[0].families[0]
    assert replace(after, allocations=0, releases=0) == before[0].families[0]
    assert given(ledger) == ["a 10.1.0.0/24"]


def test_53_a_takeover_that_may_have_failed_is_made_again() -> None:
    """The old state would be a guess: the block stays with its Node, which nobody else gets."""
    ledger = ledger_of("10.1.0.0/24 by 24", [node("a"), node("b")])
    (grant,) = ledger.grant(0, 1).granted
    ledger.answered(grant, "unknown", 0)

    ledger.observe(node("a"), 0)

    assert waiting(ledger) == ["b default"]
    assert ledger.again(grant)
    ledger.answered(grant, "refused", 0)
    assert waiting(ledger) == ["b default"]
    assert ledger.again(grant)
    ledger.answered(grant, "applied", 0)
    assert (usage(ledger).used, usage(ledger).pending, usage(ledger).free) == (1, 0, 0)
