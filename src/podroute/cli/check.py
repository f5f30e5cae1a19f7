"""podroute check: named questions about addresses, routes and the router, and how to mend it."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal
from xml.etree import ElementTree as ET

from cyclopts import Parameter

from podroute.claims.rules import ClaimRules
from podroute.cli.address_plan import address_plan_of
from podroute.cli.failure import Exit, Failure
from podroute.cli.options import (
    ANY_ADDRESSES,
    ANY_ROUTER,
    ANY_SOURCE,
    AddressPlan,
    NodeSource,
    Router,
    claim_rules,
)
from podroute.cli.reading import list_nodes, open_router, read_roster
from podroute.cli.show import print_document
from podroute.cli.text import columns, count, escape
from podroute.ipam.checks import address_checks
from podroute.ipam.ledger import Ledger
from podroute.ipam.pools import label_keys
from podroute.model.check import Check, Problem
from podroute.model.node import Roster
from podroute.model.route import RouteTable
from podroute.providers.interface import CheckedRouter, ProviderUnreachable, Question, RouteProvider
from podroute.routing.checks import route_checks
from podroute.routing.proposal import propose

SHOWN: Final = 10  # problems of one check
_SUITE: Final = "podroute check"


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class CheckView:
    """What is shown, and where."""

    output: Annotated[Literal["text", "json", "yaml"], Parameter(name=("--output", "-o"))] = "text"
    "text, json or yaml."
    junit: str = ""
    "Write the result to this file too, for a CI system."


ANY_VIEW: Final = CheckView()


def check(
    *,
    view: CheckView = ANY_VIEW,
    source: NodeSource = ANY_SOURCE,
    addresses: AddressPlan = ANY_ADDRESSES,
    router: Router = ANY_ROUTER,
) -> int:
    """Look for what keeps Pods from being reached, and tell what mends it; nothing is changed."""
    checks = asyncio.run(_asked(source, addresses, router))
    if view.junit:
        _write_junit(checks, Path(view.junit))
    if view.output == "text":
        sys.stdout.writelines(f"{line}\n" for line in _lines(checks))
    else:
        print_document({"kind": "CheckResults", "items": list(map(_item, checks))}, view.output)
    failed = any(one.verdict == "failed" for one in checks)
    return Exit.DIFFERENT if failed else Exit.OK


async def _asked(source: NodeSource, addresses: AddressPlan, router: Router) -> Sequence[Check]:
    rules = claim_rules(addresses)
    if not router.provider:
        roster = await _roster(source, addresses)
        return [*_of_addresses(roster, addresses), *_of_routes(roster, None, rules)[0]]
    async with open_router(router) as provider:
        roster = await _roster(source, addresses)
        table = await provider.read()
        of_routes, question = _of_routes(roster, table, rules)
        return [
            *_of_addresses(roster, addresses),
            *of_routes,
            *await _of_router(provider, question),
        ]


async def _roster(source: NodeSource, addresses: AddressPlan) -> Roster:
    keys = label_keys(address_plan_of(addresses, timedelta()))
    return read_roster(await list_nodes(source, label_keys=keys), keys)


def _of_addresses(roster: Roster, addresses: AddressPlan) -> Sequence[Check]:
    ledger = Ledger(address_plan_of(addresses, timedelta()))
    ledger.relist(roster.everybody(), 0.0)
    return address_checks(ledger.findings(), ledger.usage(0.0))


def _of_routes(
    roster: Roster, table: RouteTable | None, rules: ClaimRules
) -> tuple[Sequence[Check], Question]:
    proposal = propose(roster, table or RouteTable(), rules)
    pools = tuple(pool.cidr for pool in rules.pools)
    return (
        route_checks(proposal, table, rules, roster),
        Question(proposal.judgement.believed, pools),
    )


async def _of_router(provider: RouteProvider, question: Question) -> Sequence[Check]:
    if not isinstance(provider, CheckedRouter):
        return ()
    try:
        return await provider.checks(question)
    except ProviderUnreachable as error:
        raise Failure(Exit.UNREACHED, str(error)) from None


def _lines(checks: Sequence[Check]) -> Iterator[str]:
    rows = [
        [one.verdict.upper() if one.problems else one.verdict, one.id, _told(one)] for one in checks
    ]
    for one, line in zip(checks, columns(rows), strict=True):
        yield line
        yield from _problem_lines(one.problems)
    failed = sum(one.verdict == "failed" for one in checks)
    skipped = sum(one.verdict == "skipped" for one in checks)
    yield f"{count(len(checks), 'check')}: {failed} failed, {skipped} skipped."


def _told(one: Check) -> str:
    return f"{one.what} ({escape(one.skipped)})" if one.skipped else one.what


def _problem_lines(problems: Sequence[Problem]) -> Iterator[str]:
    for one in problems[:SHOWN]:
        yield f"    {escape(one.subject)}: {escape(one.cause)}"
        yield f"      -> {escape(one.fix)}"
    if len(problems) > SHOWN:
        yield f"    and {len(problems) - SHOWN} more: -o json shows all"


def _item(one: Check) -> dict[str, object]:
    return {
        "id": one.id,
        "verdict": one.verdict,
        "what": one.what,
        "skipped": one.skipped or None,
        "problems": [
            {"subject": problem.subject, "cause": problem.cause, "fix": problem.fix}
            for problem in one.problems
        ],
    }


def _write_junit(checks: Sequence[Check], path: Path) -> None:
    """A test case for each check.

    Raises:
        Failure: the file cannot be written.
    """
    verdicts = [one.verdict for one in checks]
    suite = ET.Element(
        "testsuite",
        name=_SUITE,
        tests=str(len(checks)),
        failures=str(verdicts.count("failed")),
        skipped=str(verdicts.count("skipped")),
    )
    for one in checks:
        case = ET.SubElement(suite, "testcase", classname=_SUITE, name=one.id)
        if one.skipped:
            ET.SubElement(case, "skipped", message=escape(one.skipped))
        elif one.problems:
            failure = ET.SubElement(case, "failure", message=f"not so: {one.what}")
            failure.text = "\n".join(
                escape(f"{problem.subject}: {problem.cause} -> {problem.fix}")
                for problem in one.problems
            )
    try:
        path.write_bytes(ET.tostring(suite, encoding="utf-8", xml_declaration=True) + b"\n")
    except OSError as error:
        raise Failure(Exit.USAGE, f"--junit {path}: {error.strerror}") from None
