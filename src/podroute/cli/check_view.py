"""Checks and their problems as lines for people, and as documents for programs."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final, Literal
from xml.etree import ElementTree as ET

from cyclopts import Parameter

from podroute.cli.failure import Exit, Failure
from podroute.cli.options import Many
from podroute.cli.show import print_document
from podroute.cli.text import columns, count, escape
from podroute.model.check import Check, Problem

SHOWN: Final = 10  # problems of one check
_SUITE: Final = "podroute check"
_SKIP: Final = "left out by --skip"


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class CheckView:
    """What is shown, and where."""

    output: Annotated[Literal["text", "json", "yaml"], Parameter(name=("--output", "-o"))] = "text"
    "text, json or yaml."
    junit: str = ""
    "Write the result to this file too, for a CI system."
    skip: Many = ()
    "Leave this check out, by its id, whatever it says; may be repeated."


ANY_VIEW: Final = CheckView()


def show(checks: Sequence[Check], view: CheckView) -> int:
    """Prints them as ``view`` says; the exit status that follows from them.

    Raises:
        Failure: the file cannot be written, or there is no check to be left out.
    """
    checks = _without(view.skip, checks)
    if view.junit:
        _write_junit(checks, Path(view.junit))
    if view.output == "text":
        sys.stdout.writelines(f"{line}\n" for line in _lines(checks))
    else:
        print_document({"kind": "CheckResults", "items": list(map(_item, checks))}, view.output)
    failed = any(one.verdict == "failed" for one in checks)
    return Exit.DIFFERENT if failed else Exit.OK


def _without(left_out: Sequence[str], checks: Sequence[Check]) -> Sequence[Check]:
    known = {one.id for one in checks}
    unknown = [name for name in left_out if name not in known]
    if unknown:
        message = f"--skip {unknown[0]}: no such check is made here, but {', '.join(sorted(known))}"
        raise Failure(Exit.USAGE, message)
    return [
        replace(one, problems=(), skipped=_SKIP) if one.id in left_out else one for one in checks
    ]


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
