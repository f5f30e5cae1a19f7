"""What the pages of docs/ show is accepted as it stands."""

import re
from pathlib import Path

import pytest

from tests.unit.command import node, node_list, podroute, worker

DOCS = Path(__file__).parents[2] / "docs"
CONFIGURATIONS = [
    block
    for page in sorted(DOCS.glob("**/*.md"))
    for block in re.findall(r"^```yaml\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    if "apiVersion: podroute" in block
]


@pytest.mark.parametrize("text", CONFIGURATIONS)
def test_a_configuration_in_the_docs_is_accepted(text: str, tmp_path: Path) -> None:
    config, nodes = tmp_path / "podroute.yaml", tmp_path / "nodes.json"
    config.write_text(text)
    nodes.write_text(node_list(worker(0), node("new")))

    shown = podroute("ipam", "plan", "--config", str(config), "-f", str(nodes))

    assert (shown.status, shown.err) == (0, "")
    assert "+ new  10.200." in shown.out


def test_the_docs_show_configurations() -> None:
    assert len(CONFIGURATIONS) >= 2


@pytest.mark.parametrize("page", sorted(DOCS.glob("**/*.md")), ids=lambda page: page.stem)
def test_a_page_begins_with_its_title(page: Path) -> None:
    assert page.read_text().startswith("# ")
