"""The fragments of the changelog: towncrier takes two of one name for one, and gives up."""

import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "changelog.d"
NAME = re.compile(r"\d+\.(breaking|feature|fix)(\.\d+)?\.md")


def test_what_tells_two_fragments_of_one_kind_apart_is_a_number() -> None:
    assert [one.name for one in FOLDER.iterdir() if not NAME.fullmatch(one.name)] == []
