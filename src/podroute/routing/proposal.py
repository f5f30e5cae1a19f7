"""One whole look: what is believed, how it stands, what to do, what to hold back. Pure."""

from dataclasses import dataclass

from podroute.claims.judge import Judgement, judge_claims
from podroute.claims.rules import ClaimRules
from podroute.model.node import Roster
from podroute.model.route import RouteTable
from podroute.routing.compare import Finding, compare
from podroute.routing.guardrails import Verdict, restrain, scale_of
from podroute.routing.plan import plan_routes
from podroute.routing.quota import within_quota
from podroute.routing.steps import Step


@dataclass(frozen=True, slots=True)
class Proposal:
    """Equal proposals lead to equal changes: a saved one that differs from a fresh one is stale."""

    judgement: Judgement
    findings: tuple[Finding, ...]
    steps: tuple[Step, ...]
    verdict: Verdict


def propose(
    roster: Roster,
    table: RouteTable,
    rules: ClaimRules,
    *,
    adopt: bool = False,
    confirmed: str = "",
) -> Proposal:
    """``adopt``: take over foreign routes that are as wished; ``confirmed``: a verdict's word."""
    judgement = judge_claims(roster, table, rules)
    findings = compare(judgement, table, adopt=adopt)
    steps = within_quota(plan_routes(findings, judgement.rejected), table.quota)
    verdict = restrain(steps, scale_of(roster, table), confirmed=confirmed)
    return Proposal(judgement, findings, steps, verdict)
