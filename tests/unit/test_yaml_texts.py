"""YAML that a person did not mean, or that is made to cost: refused with its line."""

from pathlib import Path

import pytest

from podroute.kube.documents import KEYS
from podroute.kube.kubeconfig import KubeconfigError, find_login
from podroute.kube.login import ClusterAccess
from podroute.kube.yaml_texts import MOST_COPIED, load_texts
from tests.unit.command import podroute

NODE = """\
kind: Node
metadata: {{name: a, {metadata}}}
spec:
  podCIDR: 10.200.0.0/24
  {spec}
{top}
"""


def laughing(levels: int) -> str:
    """Each line is ten times the one before it."""
    first = "x0: &x0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]"
    lines = [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join([first, *lines])


def chained(levels: int) -> str:
    """Each line is one level deeper than the one before it."""
    return "\n".join(["x0: &x0 []", *(f"x{n}: &x{n} [*x{n - 1}]" for n in range(1, levels))])


@pytest.mark.parametrize(
    ("metadata", "spec", "top", "words"),
    [
        ("", "podCIDR: 10.200.1.0/24", "", "line 5: the key 'podCIDR'"),
        ("", "podCIDR:", "", "line 5: the key 'podCIDR'"),
        ("", "", "kind: Pod", "line 6: the key 'kind'"),
        ("'name': b", "", "", "line 2: the key 'name'"),
    ],
)
def test_a_key_of_a_node_that_is_there_twice(
    metadata: str, spec: str, top: str, words: str, tmp_path: Path
) -> None:
    file = tmp_path / "nodes.yaml"
    file.write_text(NODE.format(metadata=metadata, spec=spec, top=top))

    ended = podroute("table", "-f", str(file))

    assert (ended.status, ended.out) == (1, "")
    assert f"{file} is neither YAML nor JSON: {words} is there already: leave one" in ended.err


def test_the_same_key_in_two_mappings_is_there_once_in_each() -> None:
    assert list(load_texts("[{name: a}, {name: b, spec: {name: c}}]", KEYS)) == [
        [{"name": "a"}, {"name": "b", "spec": {"name": "c"}}]
    ]


def test_of_two_in_a_kubeconfig_the_last_counts_as_for_kubectl() -> None:
    assert list(load_texts("{current-context: a, current-context: b}")) == [
        {"current-context": "b"}
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (laughing(8), f"line 5: aliases stand for more than {MOST_COPIED} values"),
        (chained(5000), "line 100: nested deeper than 100"),
    ],
    ids=["many values", "many levels"],
)
def test_aliases_that_stand_for_too_much(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(text)

    with pytest.raises(KubeconfigError) as caught:
        find_login(ClusterAccess(str(file)), {})

    assert str(caught.value) == f"kubeconfig {file} is not YAML: {words}"


def test_aliases_that_stand_for_little_are_taken() -> None:
    (content,) = load_texts(chained(50) + "\ny: [*x3, *x3]")

    assert isinstance(content, dict)
    assert content["y"] == [[[[[]]]]] * 2
