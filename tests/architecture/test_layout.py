"""The rules of the layout that no other tool checks."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "src").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", [*MODULES, *TESTS], ids=name)
def test_a_module_fits_on_few_screens_and_silences_no_type_checker(path: Path) -> None:
    text = path.read_text()

    assert len(text.splitlines()) <= 300
    assert not re.search(r"#\s*(type:|pyright:)\s*ignore", text)


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_says_what_it_answers(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_names_come_from_the_field(path: Path) -> None:
    assert path.stem not in {"utils", "util", "helpers", "helper", "manager", "core", "common"}


def test_every_decision_record_has_its_four_parts() -> None:
    records = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))

    assert records
    for record in records:
        headings = re.findall(r"^## (.*)$", record.read_text(), re.MULTILINE)
        assert headings == ["Context", "Decision", "Consequences", "What would change it"], record


def test_the_run_script_is_portable_shell() -> None:
    subprocess.run(["/bin/sh", "-n", str(ROOT / "run")], check=True)
