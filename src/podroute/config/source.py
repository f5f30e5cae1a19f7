"""The text of a configuration file, before anything is made of its words."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml

LARGEST: Final = 1 << 20  # bytes; a ConfigMap has no more
DEEPEST: Final = 50  # levels; beyond many thousands the reader itself would break down
MERGE: Final = "<<"


def read_regular(path: Path) -> bytes:
    """The content of the file, or of the one that a symbolic link leads to; never waits for it.

    Raises:
        OSError: it cannot be opened or read, or is a directory.
        ValueError: it is a pipe or a device, or larger than LARGEST.
    """
    with open(path, "rb", opener=_open_at_once) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            message = "is no regular file: write the settings to a file, and give its name"
            raise ValueError(message)
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        message = f"is larger than {LARGEST >> 20} MiB: that is no configuration"
        raise ValueError(message)
    return content


def _open_at_once(path: str, flags: int) -> int:
    """A pipe without a writer holds up nobody."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def check_keys(content: bytes) -> None:
    """The document is there, and has no key twice, at any depth.

    Raises:
        ValueError: saying what is missing, or which key is there again, and where.
        yaml.YAMLError: it is not YAML.
    """
    _check_depth(content)
    root = yaml.compose(content, Loader=yaml.CSafeLoader)
    if root is None:
        message = "is empty: it needs at least the line apiVersion: podroute/v1alpha1"
        raise ValueError(message)
    for mapping in _mappings(root):
        lines: dict[str, int] = {}
        for key, _ in mapping.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.value == MERGE:
                continue
            if key.value in lines:
                words = f"line {line}: {key.value!r} is there already, in line {lines[key.value]}"
                message = f"{words}: leave one of them"
                raise ValueError(message)
            lines[key.value] = line


def _check_depth(content: bytes) -> None:
    depth = 0
    for event in yaml.parse(content, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            message = f"is nested deeper than {DEEPEST} levels: that is no configuration"
            raise ValueError(message)


def _mappings(root: yaml.Node) -> Iterator[yaml.MappingNode]:
    """Each once, however many aliases lead to it."""
    waiting, seen = [root], {id(root)}
    while waiting:
        node = waiting.pop()
        children: list[yaml.Node] = []
        if isinstance(node, yaml.MappingNode):
            yield node
            children = [child for pair in node.value for child in pair]
        elif isinstance(node, yaml.SequenceNode):
            children = list(node.value)
        fresh = [child for child in children if id(child) not in seen]
        seen.update(map(id, fresh))
        waiting += fresh
