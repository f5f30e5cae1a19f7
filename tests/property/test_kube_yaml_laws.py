"""YAML is read as PyYAML would with every scalar a text; nothing else than the declared errors."""

from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from hypothesis import given
from hypothesis import strategies as st

from podroute.kube.kubeconfig import KubeconfigError, find_login
from podroute.kube.login import ClusterAccess
from podroute.kube.yaml_texts import Plain, YamlError, load_texts

BITS = [
    *["a", "- ", ": ", "\n", "\n  ", "{", "}", "[", "]", "&a ", "*a", "!!bool ", "!!timestamp x"],
    *["|\n", "'", '"', "~", "null", "---\n", "...\n", "<<: ", "? ", "%TAG ! x\n", "\x00", "0x1"],
]
YAML_BITS = st.sampled_from(BITS)
TEXTS = st.text(max_size=10) | st.sampled_from(["true", "null", "~", "1:30", "0o7", "<<", "-"])
DATA = st.recursive(
    TEXTS | st.none(),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(TEXTS, one, max_size=3),
    max_leaves=12,
)


def entry(field: str, content: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """A list with one named entry, nearly."""
    named: dict[str, st.SearchStrategy[object]] = {"name": st.just("a"), field: content | DATA}
    return st.lists(st.fixed_dictionaries(named), max_size=2) | DATA


FIELDS: dict[str, st.SearchStrategy[object]] = {
    "clusters": entry("cluster", st.fixed_dictionaries({"server": TEXTS})),
    "users": entry("user", st.fixed_dictionaries({"token": TEXTS})),
    "contexts": entry("context", st.just({"cluster": "a", "user": "a"})),
    "current-context": st.just("a") | DATA,
}
KUBECONFIGS = st.fixed_dictionaries(FIELDS).map(yaml.safe_dump)


def read(text: str) -> list[Plain] | None:
    try:
        return list(load_texts(text))
    except YamlError:
        return None


@given(st.lists(YAML_BITS, max_size=12).map("".join))
def test_no_text_raises_anything_but_the_declared_error(text: str) -> None:
    read(text)


@given(DATA, st.booleans())
def test_what_is_written_is_what_is_read(content: Plain, flow: bool) -> None:  # noqa: FBT001 -- drawn
    assert read(yaml.safe_dump(content, default_flow_style=flow)) == [content]


@given(DATA)
def test_keys_that_are_not_asked_for_are_left_out_at_any_depth(content: Plain) -> None:
    def only_true(one: Plain) -> Plain:
        if isinstance(one, list):
            return [only_true(each) for each in one]
        if isinstance(one, dict):
            return {key: only_true(value) for key, value in one.items() if key == "true"}
        return one

    assert list(load_texts(yaml.safe_dump(content), {"true"})) == [only_true(content)]


@given(KUBECONFIGS | st.lists(YAML_BITS, max_size=12).map("".join) | st.binary())
def test_no_kubeconfig_raises_anything_but_its_error(content: str | bytes) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "config"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        try:
            login = find_login(ClusterAccess(str(file)), {})
        except KubeconfigError:
            return
        assert login.cluster.server
        assert login.where.startswith("context ")
