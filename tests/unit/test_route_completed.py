"""Routes that a part of the router lacks: to complete them takes nothing away."""

from dataclasses import replace

from podroute.model.cidr import parse_address
from tests.builders import installed, node
from tests.unit.route_ledgers import Run

NODES = [node(f"n{i}", f"10.240.0.{i + 1}", f"10.200.{i}.0/24") for i in range(20)]
ROUTES = [installed(f"10.200.{i}.0/24", f"10.240.0.{i + 1}") for i in range(20)]
HALVES = [replace(one, deviation="not in rtb-2", incomplete=True) for one in ROUTES]


def test_all_of_them_are_completed_unasked_and_count_for_nothing() -> None:
    run = Run(NODES, HALVES).start()

    assert len(run.settle()) == 20
    run.gone(*NODES[:3])
    assert len(run.sent()) == 3


def test_what_waits_to_be_sent_is_not_let_through_either() -> None:
    run = Run(NODES, [HALVES[0], *ROUTES[1:]]).start()
    run.look()

    run.gone(*NODES[1:4])

    assert len(run.sent()) == 4


def test_one_that_is_to_lead_elsewhere_is_replaced_like_any_other() -> None:
    run = Run(NODES, HALVES).start()
    for number, one in enumerate(NODES[:4]):
        run.see(replace(one, internal_ips=(parse_address(f"10.240.1.{number}"),)))

    assert len(run.sent()) == 16
    assert len(run.ledger.verdict.held) == 4
