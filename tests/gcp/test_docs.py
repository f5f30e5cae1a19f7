"""docs/providers/gcp.md names options and tests that exist."""

import re
from pathlib import Path

import msgspec
import pytest

from podroute.providers.gcp.settings import GcpOptions

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs/providers/gcp.md").read_text()
NAMED = re.findall(r"`(\w+/test_\w+)::(test_\w+)`", PAGE)


@pytest.mark.parametrize(("module", "function"), NAMED)
def test_a_test_that_is_named_exists(module: str, function: str) -> None:
    assert f"def {function}(" in (TESTS / f"{module}.py").read_text()


def test_every_option_is_explained() -> None:
    explained = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert explained == {field.name for field in msgspec.structs.fields(GcpOptions)}
    assert len(NAMED) >= 16
