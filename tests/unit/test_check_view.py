"""Checks as people and as programs get them."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from podroute.cli.check_view import CheckView, show
from podroute.cli.failure import Failure
from podroute.model.check import Check, Problem

MTU = Problem("veth9", "it has \x1b[31m1400", "delete the Pod")
CHECKS = (
    Check("bridge", "the bridge is there"),
    Check("mtu", "all have one MTU", (MTU,)),
    Check("old", "no Pod is old", skipped="not asked"),
)


def test_each_check_is_a_line_and_each_problem_has_its_fix(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert show(CHECKS, CheckView()) == 1

    assert capsys.readouterr().out.splitlines() == [
        "passed    bridge   the bridge is there",
        "FAILED    mtu      all have one MTU",
        "    veth9: it has \\x1b[31m1400",
        "      -> delete the Pod",
        "skipped   old      no Pod is old (not asked)",
        "3 checks: 1 failed, 1 skipped.",
    ]


def test_of_many_problems_the_first_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    show((Check("mtu", "all have one MTU", (MTU,) * 13),), CheckView())

    assert "    and 3 more: -o json shows all" in capsys.readouterr().out.splitlines()


def test_a_document_has_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert show(CHECKS, CheckView(output="json")) == 1

    document = json.loads(capsys.readouterr().out)
    assert document["kind"] == "CheckResults"
    assert [(one["id"], one["verdict"]) for one in document["items"]] == [
        ("bridge", "passed"),
        ("mtu", "failed"),
        ("old", "skipped"),
    ]
    assert document["items"][1]["problems"][0]["fix"] == "delete the Pod"


def test_without_a_failure_all_is_well() -> None:
    assert show((CHECKS[0], CHECKS[2]), CheckView()) == 0


def test_what_is_left_out_fails_nothing_and_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    assert show(CHECKS, CheckView(skip=("mtu",))) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[1:] == [
        "skipped   mtu      all have one MTU (left out by --skip)",
        "skipped   old      no Pod is old (not asked)",
        "3 checks: 0 failed, 2 skipped.",
    ]
    with pytest.raises(Failure, match=r"--skip mut: no such .* here, but bridge, mtu, old"):
        show(CHECKS, CheckView(skip=("mtu", "mut")))


def test_junit_has_a_case_for_each_check(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    show(CHECKS, CheckView(junit=str(tmp_path / "checks.xml")))

    assert "1 failed" in capsys.readouterr().out
    suite = ET.parse(tmp_path / "checks.xml").getroot()  # noqa: S314 -- our own
    assert [suite.get(key) for key in ("tests", "failures", "skipped")] == ["3", "1", "1"]
    cases = {one.get("name"): one.findtext("failure") for one in suite}
    assert cases["mtu"] == "veth9: it has \\x1b[31m1400 -> delete the Pod"


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"--junit .*: No such file or directory"):
        show(CHECKS, CheckView(junit=str(tmp_path / "nowhere" / "checks.xml")))
