"""read_documents: what kubectl prints, and what people give instead."""

import json
from pathlib import Path

import pytest
import yaml

from podroute.kube.documents import InputError, read_documents
from podroute.kube.nodes import to_roster


def kube_node(name: str, ip: str = "10.240.0.30", cidr: str = "10.200.0.0/24") -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"a": "b"}, "annotations": None},
        "spec": {"podCIDR": cidr, "podCIDRs": [cidr], "taints": []},
        "status": {"addresses": [{"type": "InternalIP", "address": ip}], "images": [{"names": []}]},
    }


A, B = kube_node("a"), kube_node("b", "10.240.0.31", "10.200.1.0/24")
LIST = {"apiVersion": "v1", "kind": "List", "items": [A, B], "metadata": {"resourceVersion": ""}}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps(LIST), id="kubectl get nodes -o json"),
        pytest.param(yaml.safe_dump(LIST), id="kubectl get nodes -o yaml"),
        pytest.param(json.dumps({**LIST, "kind": "NodeList"}), id="the API server's own list"),
        pytest.param(yaml.safe_dump_all([A, B]), id="several YAML documents"),
        pytest.param(
            f"---\n{yaml.safe_dump(A)}---\n---\n{yaml.safe_dump(B)}...\n", id="empty ones"
        ),
        pytest.param(json.dumps(A) + "\n" + json.dumps(B) + "\n", id="JSON one after the other"),
        pytest.param(json.dumps(A) + json.dumps(B), id="JSON without a space"),
        pytest.param("\n  " + json.dumps(LIST, indent=2), id="indented"),
        pytest.param("{kind: List, items: " + json.dumps([A, B]) + "}", id="YAML in flow style"),
    ],
)
def test_every_form_that_kubectl_prints(text: str, tmp_path: Path) -> None:
    file = tmp_path / "nodes"
    file.write_text(text)

    roster = to_roster(read_documents(str(file)))

    assert [node.name for node in roster.nodes] == ["a", "b"]
    assert [str(node.pod_cidrs[0]) for node in roster.nodes] == ["10.200.0.0/24", "10.200.1.0/24"]


@pytest.mark.parametrize(
    "name", ["true", "no", "1e3", "0x10", "10.0.0.1", "2026-01-01", "12:30:45"]
)
def test_a_name_that_yaml_would_read_otherwise_stays_a_text(name: str, tmp_path: Path) -> None:
    file = tmp_path / "nodes.yaml"
    file.write_text(f"kind: Node\nmetadata:\n  name: {name}\n  deletionTimestamp: null\n")

    (node,) = to_roster(read_documents(str(file))).nodes

    assert (node.name, node.deleting) == (name, False)


def test_an_address_that_yaml_would_read_as_a_number_stays_one(tmp_path: Path) -> None:
    file = tmp_path / "nodes.yaml"
    file.write_text(
        "kind: Node\nmetadata: {name: a}\n"
        "status:\n  addresses:\n  - type: InternalIP\n    address: 1:2:3:4:5:6:7:8\n"
    )

    (node,) = to_roster(read_documents(str(file))).nodes

    assert [str(ip) for ip in node.internal_ips] == ["1:2:3:4:5:6:7:8"]


def test_an_anchor_stands_for_what_it_names(tmp_path: Path) -> None:
    file = tmp_path / "nodes.yaml"
    file.write_text(
        "kind: List\nitems:\n"
        "- {kind: Node, metadata: {name: a}, status: &s {addresses: &l "
        "[{type: InternalIP, address: 10.240.0.30}]}}\n"
        "- {kind: Node, metadata: {name: b}, status: *s}\n"
        "- {kind: Node, metadata: {name: c}, status: {addresses: *l}}\n"
    )

    assert [len(node.internal_ips) for node in to_roster(read_documents(str(file))).nodes] == [
        1,
        1,
        1,
    ]


def test_one_bad_item_does_not_stop_the_others(tmp_path: Path) -> None:
    file = tmp_path / "nodes.json"
    bad = {"kind": "Node", "metadata": {"name": "bad"}, "spec": {"podCIDR": 5}}
    file.write_text(json.dumps({**LIST, "items": [A, bad, 7, {"metadata": {}}, B]}))

    roster = to_roster(read_documents(str(file)))

    assert [node.name for node in roster.nodes] == ["a", "b"]
    assert [(one.name, one.pod_cidrs) for one in roster.unreadable] == [
        ("bad", None),
        ("items[2]", None),
        ("items[3]", None),
    ]
    assert "podCIDR" in roster.unreadable[0].reason


@pytest.mark.parametrize(
    ("texts", "names", "unreadable"),
    [
        pytest.param([LIST, A], ["a", "b"], [], id="the same again"),
        pytest.param([LIST, LIST, B], ["a", "b"], [], id="and again"),
        pytest.param([A, kube_node("a", "10.240.0.9"), B], ["b"], ["a"], id="another address"),
        pytest.param([A, kube_node("a", "10.240.0.9"), A], [], ["a"], id="both"),
        pytest.param([kube_node("")] * 2, [], ["(no name)"] * 2, id="without a name"),
    ],
)
def test_a_node_that_is_there_twice(
    texts: list[dict[str, object]], names: list[str], unreadable: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "nodes"
    file.write_text("\n".join(map(json.dumps, texts)))

    roster = to_roster(read_documents(str(file)))

    assert [one.name for one in roster.nodes] == names
    assert [one.name for one in roster.unreadable] == unreadable
    assert all("twice" in one.reason or "empty" in one.reason for one in roster.unreadable)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty: print them by: kubectl get nodes -o yaml"),
        (b" \n", "is empty"),
        (b"# nothing\n---\n", "is empty: print them by: kubectl get nodes -o yaml"),
        (b"\x00\xff\xfe", "is not UTF-8 text (byte 1)"),
        (b"a: [", "is neither YAML nor JSON: line"),
        (b"{", "is neither YAML nor JSON: line"),
        (b"a: !!python/object:os.system x", "holds kind None"),
        (b"- " * 100_000, "line 1: nested deeper than 100"),
        (b"{[]: 1, a: 2}", "line 1: a key must be a text"),
        (b"a: *b", "line 1: there is no anchor 'b'"),
        (b"hello", "document 1 is no Kubernetes object"),
        (b"[1, 2]", "document 1 is no Kubernetes object"),
        (b"kind: Pod", "document 1 holds kind 'Pod', not Nodes: print them by: kubectl get nodes"),
        (b"a: 1", "document 1 holds kind None, not Nodes"),
        (b"kind: List", "document 1 is a list without items"),
        (b"kind: List\nitems: 3", "document 1 is a list without items"),
        (b"kind: List\nitems: [{kind: Pod}]", "items[0] is of kind 'Pod', not a Node"),
        (b"kind: Node\nmetadata: {name: a}\n---\nkind: Pod", "document 2 holds kind 'Pod'"),
        (b"[" * 100_000, "line 1: nested deeper than 100"),
        (b"a: !!bool x", "holds kind None"),
        (b"kind: {a: b}", "document 1 is no Kubernetes object"),
        (b'{"kind": "Node", "metadata": {"name": "a\\ud800"}}', "is neither YAML nor JSON: line 1"),
        (b'{"kind": "Node", "a": NaN} {"kind": [}', "is neither YAML nor JSON: line 1"),
    ],
)
def test_what_is_no_list_of_nodes_says_so(content: bytes, message: str, tmp_path: Path) -> None:
    file = tmp_path / "nodes"
    file.write_bytes(content)

    with pytest.raises(InputError) as caught:
        read_documents(str(file))

    assert message in str(caught.value)
    assert str(caught.value).startswith(str(file))


def test_no_such_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file or directory"):
        read_documents(str(tmp_path / "none"))
    with pytest.raises(InputError, match="Is a directory"):
        read_documents(str(tmp_path))


def test_a_file_that_is_too_large_or_may_not_be_read_says_so(tmp_path: Path) -> None:
    file = tmp_path / "nodes"
    file.write_text(json.dumps(LIST))

    with pytest.raises(InputError, match="is larger than 100 bytes: give it in parts"):
        read_documents(str(file), limit=100)
    with pytest.raises(InputError, match="/proc/self/mem: Input/output error"):
        read_documents("/proc/self/mem")


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    file = tmp_path / "nodes"
    file.write_text(json.dumps(LIST), "utf-8-sig")

    assert len(read_documents(str(file)).objects) == 2
