"""Nodes from a file or from standard input, as kubectl prints them: YAML or JSON, one or many."""

import json
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

import msgspec

from podroute.kube.bounded import TooLarge, read_file, read_stream
from podroute.kube.copies import listed
from podroute.kube.nodes import FIELDS, NodeList, decode_item
from podroute.kube.yaml_texts import YamlError, load_texts

LIMIT: Final = 1 << 30  # bytes; 100,000 Nodes of 10 KB

KEYS: Final = FIELDS | {"kind", "items"}

HINT: Final = "print them by: kubectl get nodes -o yaml"


class InputError(Exception):
    """The input holds no Nodes; the text says what, where, and what to do next."""


def read_documents(name: str, *, limit: int = LIMIT, label_keys: Collection[str] = ()) -> NodeList:
    """The Nodes in the file ``name``, of at most ``limit`` bytes; ``-`` is standard input.

    Of their labels, those with the given keys are sure to be there.

    Raises:
        InputError: there is no such file, or no Nodes are in it.
    """
    origin = "standard input" if name == "-" else name
    text = _read(name, origin, limit)
    if not text.strip():
        message = f"{origin} is empty: {HINT}"
        raise InputError(message)
    items = _items(_documents(text, origin, KEYS.union(label_keys)), origin)
    return listed(((place, decode_item(item, place)) for place, item in items), origin)


def _read(name: str, origin: str, limit: int) -> str:
    try:
        data = read_stream(sys.stdin.buffer, limit) if name == "-" else read_file(Path(name), limit)
    except OSError as error:
        message = f"{origin}: {error.strerror}"
        raise InputError(message) from None
    except TooLarge as error:
        message = f"{origin} {error}: give it in parts"
        raise InputError(message) from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{origin} is not UTF-8 text (byte {error.start}): {HINT}"
        raise InputError(message) from None


def _documents(text: str, origin: str, keys: Collection[str]) -> Iterator[object]:
    """JSON first: it is ten times faster, and valid JSON is never meant otherwise."""
    if text.lstrip()[:1] in {"{", "["}:
        try:
            yield msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            yield from _several(text, origin, keys)
        return
    yield from _yaml(text, origin, keys)


def _several(text: str, origin: str, keys: Collection[str]) -> Iterator[object]:
    """JSON objects one after the other, or YAML in flow style."""
    decoder = json.JSONDecoder()
    documents: list[object] = []
    place, rest = 0, text.strip()
    try:
        while place < len(rest):
            start = place
            _, place = decoder.raw_decode(rest, start)
            # The decoder above lets halves of characters and NaN pass.
            documents.append(msgspec.json.decode(rest[start:place]))
            while place < len(rest) and rest[place].isspace():
                place += 1
    except (ValueError, RecursionError):
        yield from _yaml(text, origin, keys)
        return
    yield from documents


def _yaml(text: str, origin: str, keys: Collection[str]) -> Iterator[object]:
    try:
        yield from load_texts(text, keys)
    except YamlError as error:
        message = f"{origin} is neither YAML nor JSON: {error}"
        raise InputError(message) from None


class _Document(msgspec.Struct):
    kind: str | None = None
    items: object = None


def _items(documents: Iterator[object], origin: str) -> Iterator[tuple[str, object]]:
    """Each Node-like item with the place where it stands."""
    found = False
    for number, content in enumerate(documents):
        if content is None:
            continue
        found = True
        where = f"{origin}, document {number + 1}"
        document = _shape(content)
        if document is None:
            message = f"{where} is no Kubernetes object: {HINT}"
            raise InputError(message)
        if document.kind in {"List", "NodeList"}:
            yield from _list_items(document.items, where)
        elif document.kind == "Node":
            yield where, content
        else:
            message = f"{where} holds kind {document.kind!r}, not Nodes: {HINT}"
            raise InputError(message)
    if not found:
        message = f"{origin} is empty: {HINT}"
        raise InputError(message)


def _shape(content: object) -> _Document | None:
    try:
        return msgspec.convert(content, _Document)
    except msgspec.ValidationError:
        return None


def _list_items(content: object, where: str) -> Iterator[tuple[str, object]]:
    try:
        items = msgspec.convert(content, list[object])
    except msgspec.ValidationError:
        message = f"{where} is a list without items: {HINT}"
        raise InputError(message) from None
    for number, item in enumerate(items):
        shape = _shape(item)
        if shape is not None and shape.kind not in {None, "Node"}:
            message = f"{where}, items[{number}] is of kind {shape.kind!r}, not a Node: {HINT}"
            raise InputError(message)
        yield f"items[{number}]", item
