"""docs/conformance.md names tests that exist, and every case from 1 to 62."""

import ast
import re
from pathlib import Path
from typing import Final

import pytest

UNIT: Final = Path(__file__).parent
PAGE: Final = UNIT.parents[1] / "docs" / "conformance.md"
ROWS: Final = re.findall(
    r"^\| ([\d, to]+) \|.*\| `(\w+)::(\w+)` \|", PAGE.read_text(), re.MULTILINE
)
NAMED: Final = {(module, function) for _, module, function in ROWS}


def cases(words: str) -> set[int]:
    """``12 to 15`` is four of them."""
    first, to, last = words.partition(" to ")
    if to:
        return set(range(int(first), int(last) + 1))
    return {int(one) for one in words.split(", ")}


def functions(module: Path) -> set[str]:
    body = ast.parse(module.read_text()).body
    return {one.name for one in body if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef))}


def test_every_case_is_there() -> None:
    assert set().union(*(cases(words) for words, _, _ in ROWS)) == set(range(1, 63))


@pytest.mark.parametrize(("words", "module", "function"), ROWS)
def test_a_named_test_carries_its_number(words: str, module: str, function: str) -> None:
    number = words.replace(",", "").replace(" ", "_")

    assert function.startswith(f"test_{number}_"), module


@pytest.mark.parametrize(("module", "function"), sorted(NAMED))
def test_a_named_test_exists(module: str, function: str) -> None:
    assert function in functions(UNIT / f"{module}.py")


def test_every_conformance_test_is_on_the_page() -> None:
    written = {
        (module.stem, function)
        for module in UNIT.glob("test_ipam_conformance_*.py")
        for function in functions(module)
        if function.startswith("test_")
    }

    assert written == NAMED
