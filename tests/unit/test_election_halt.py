"""Election: a halt goes from term to term until a person lifts it."""

from dataclasses import replace

import pytest

from podroute.controllers.election import Candidate, Claim, Record, Term

THEIRS = Record("1", "them", 15.0, 4, halted="another writer")


@pytest.mark.parametrize(
    ("later", "halted"),
    [
        (replace(THEIRS, version="2"), "another writer"),
        (replace(THEIRS, version="2", halted=""), ""),
        (None, "another writer"),
    ],
    ids=["there", "lifted", "the Lease was removed"],
)
def test_the_next_term_begins_as_the_lease_says(later: Record | None, halted: str) -> None:
    candidate = Candidate("us")
    candidate.note(THEIRS, 0.0)
    candidate.note(later, 1.0)

    assert candidate.move(16.0, 0.0) == Claim("took over", 5, halted)
    assert Term(Claim("took over", 5, halted), 16.0).halted == halted


def test_a_term_tells_when_it_is_halted() -> None:
    term, told = Term(Claim("fresh", 0), 0.0), list[str]()
    term.when_halted(lambda: told.append(term.halted))

    for why in ("another writer", "yet another"):
        term.halt(why)

    assert (term.halted, told) == ("another writer", ["another writer"])


def test_a_halted_term_is_not_halted_again() -> None:
    term, told = Term(Claim("fresh", 0, "another writer"), 0.0), list[str]()
    term.when_halted(lambda: told.append(term.halted))

    term.halt("yet another")

    assert (term.halted, told) == ("another writer", [])
