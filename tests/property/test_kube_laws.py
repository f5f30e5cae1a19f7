"""No input makes a reader raise anything but its own error, and no form changes what is read."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import yaml
from hypothesis import given
from hypothesis import strategies as st

from podroute.kube.documents import InputError, read_documents
from podroute.kube.nodes import NodeList, NodeObject, decode_item, parse_node, seed_line, to_roster

TEXTS = st.text(max_size=20) | st.sampled_from(
    ["10.200.0.0/24", "10.240.0.30", "fd00::/64", "InternalIP", "true", "null", "~", "1:2", "1e3"]
)
SCALARS = TEXTS | st.none() | st.booleans() | st.integers(-5, 5)
PLAIN = st.recursive(
    SCALARS, lambda one: st.lists(one, max_size=3) | st.dictionaries(TEXTS, one, max_size=3)
)
NODE_LIKE = st.fixed_dictionaries(
    {"kind": st.just("Node")},
    optional={
        "metadata": st.fixed_dictionaries({"name": TEXTS}, optional={"uid": TEXTS}) | PLAIN,
        "spec": st.fixed_dictionaries({}, optional={"podCIDR": TEXTS, "podCIDRs": PLAIN}) | PLAIN,
        "status": st.fixed_dictionaries(
            {
                "addresses": st.lists(
                    st.fixed_dictionaries({"type": TEXTS, "address": TEXTS}), max_size=3
                )
            }
        )
        | PLAIN,
    },
)


class Metadata(msgspec.Struct):
    """Of an item that has a name."""

    name: str


class Named(msgspec.Struct):
    """Such an item."""

    metadata: Metadata


def name_in(item: object) -> str:
    """Items with one name are one Node."""
    try:
        return msgspec.convert(item, Named).metadata.name
    except msgspec.ValidationError:
        return json.dumps(item)


def read(content: bytes) -> NodeList | None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "nodes"
        file.write_bytes(content)
        try:
            listed = read_documents(str(file))
        except InputError:
            return None
    return NodeList(listed.objects, listed.misshapen, "")


@given(st.binary(max_size=200) | TEXTS.map(str.encode))
def test_no_bytes_raise_anything_but_the_declared_error(content: bytes) -> None:
    read(content)


@given(st.lists(NODE_LIKE, max_size=3, unique_by=name_in))
def test_any_list_is_read_with_a_node_or_a_reason_for_each_item(items: list[object]) -> None:
    listed = read(json.dumps({"kind": "List", "items": items}).encode())

    assert listed is not None
    roster = to_roster(listed)
    assert len(roster.nodes) + len(roster.unreadable) == len(items)
    assert all(one.reason for one in roster.unreadable)


def node_of(name: str, cidr: str, ip: str) -> object:
    return {
        "kind": "Node",
        "metadata": {"name": name},
        "spec": {"podCIDR": cidr},
        "status": {"addresses": [{"type": "InternalIP", "address": ip}]},
    }


@given(st.lists(st.builds(node_of, *[TEXTS.filter(str.isprintable)] * 3), max_size=3))
def test_yaml_and_json_of_the_same_nodes_are_read_alike(items: list[object]) -> None:
    document = {"kind": "List", "items": items}

    assert read(yaml.safe_dump(document).encode()) == read(json.dumps(document).encode())


@given(NODE_LIKE)
def test_a_node_object_is_parsed_or_named(item: object) -> None:
    decoded = decode_item(item, "items[0]")

    if isinstance(decoded, NodeObject):
        parse_node(decoded)
        assert seed_line(decoded).endswith(" \n")
        assert msgspec.convert(msgspec.to_builtins(decoded), NodeObject) == decoded
    else:
        assert decoded.name
        assert decoded.reason
