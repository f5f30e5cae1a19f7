"""docs/conformance.md names tests that exist, every case from 1 to 81, and node IPAM's for real."""

import ast
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest

UNIT: Final = Path(__file__).parent
CLUSTER: Final = UNIT.parent / "cluster"
PURE, REAL = (
    (UNIT.parents[1] / "docs" / "conformance.md")
    .read_text()
    .split("## At a real API server", maxsplit=1)
)
BEGINNINGS: Final = ("test_ipam_conformance_", "test_route_conformance_")
ROWS: Final = [
    (UNIT, words, module, function)
    for words, module, function in re.findall(
        r"^\| ([\d, to]+) \|.*\| `(\w+)::(\w+)` \|", PURE, re.MULTILINE
    )
] + [
    (CLUSTER, words, module, function)
    for words, module, function in re.findall(
        r"^\| ([\d, to]+) \| `(\w+)::(\w+)`", REAL, re.MULTILINE
    )
]
REASONS: Final = re.findall(r"^\| ([\d, to]+) \| none: \w", REAL, re.MULTILINE)
NAMED: Final = {(folder, module, function) for folder, _, module, function in ROWS}


def cases(words: str) -> set[int]:
    """``12 to 15`` is four of them."""
    first, to, last = words.partition(" to ")
    if to:
        return set(range(int(first), int(last) + 1))
    return {int(one) for one in words.split(", ")}


def functions(module: Path) -> set[str]:
    body = ast.parse(module.read_text()).body
    return {one.name for one in body if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))}


def all_cases(texts: Iterable[str]) -> set[int]:
    return {one for words in texts for one in cases(words)}


def test_every_case_is_there() -> None:
    assert all_cases(words for folder, words, _, _ in ROWS if folder == UNIT) == set(range(1, 82))


def test_every_case_is_there_at_a_real_api_server_or_the_page_says_why_not() -> None:
    shown = all_cases(words for folder, words, _, _ in ROWS if folder == CLUSTER)

    assert shown | all_cases(REASONS) == set(range(1, 63))
    assert shown & all_cases(REASONS) == set()


@pytest.mark.parametrize(
    ("words", "function"),
    [(words, function) for _, words, module, function in ROWS if module.startswith(BEGINNINGS)],
)
def test_a_named_test_carries_its_number(words: str, function: str) -> None:
    number = words.replace(",", "").replace(" ", "_")

    assert function.startswith(f"test_{number}_")


@pytest.mark.parametrize(("folder", "module", "function"), sorted(NAMED))
def test_a_named_test_exists(folder: Path, module: str, function: str) -> None:
    assert function in functions(folder / f"{module}.py")


@pytest.mark.parametrize("folder", [UNIT, CLUSTER])
def test_every_conformance_test_is_on_the_page(folder: Path) -> None:
    written = {
        (folder, module.stem, function)
        for beginning in BEGINNINGS
        for module in folder.glob(f"{beginning}*.py")
        for function in functions(module)
        if function.startswith("test_")
    }

    assert written
    assert written <= NAMED
