"""YAML with every scalar but null as the text that it is: a Node may be called ``true``."""

from collections.abc import Collection, Iterator
from typing import Final, TypeAlias

import yaml

DEEPEST: Final = 100  # a Node is 8 deep
NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})

Plain: TypeAlias = "str | list[Plain] | dict[str, Plain] | None"


class YamlError(Exception):
    """Where and why, without a word of the content: it can be secret."""


def load_texts(text: str, keys: Collection[str] | None = None) -> Iterator[Plain]:
    """The documents in ``text``; of their mappings, at any depth, only ``keys``.

    Built from the parser's events: PyYAML's tree takes 700 MB for 5,000 Nodes.

    Raises:
        YamlError: it is not YAML, or more than texts, lists, mappings and anchors.
    """
    builder = _Builder(keys)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            builder.add(event)
            if isinstance(event, yaml.DocumentEndEvent):
                yield builder.document
                builder = _Builder(keys)
    except (yaml.YAMLError, ValueError) as error:
        raise YamlError(_where(error)) from None


def _where(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    return " ".join(str(error).split())


class _Frame:
    """A list or a mapping that is not yet complete."""

    __slots__ = ("anchor", "content", "key")

    def __init__(self, content: list[Plain] | dict[str, Plain], anchor: str | None) -> None:
        self.content = content
        self.anchor = anchor
        self.key: str | None = None


class _Builder:
    """One document, event by event."""

    def __init__(self, keys: Collection[str] | None) -> None:
        self.document: Plain = None
        self._keys = keys
        self._anchors: dict[str, Plain] = {}
        self._open: list[_Frame] = []

    def add(self, event: yaml.Event) -> None:
        """The next event of the document.

        Raises:
            YamlError: too deep, a key that is no text, an unknown anchor.
        """
        match event:
            case yaml.ScalarEvent():
                is_null = event.implicit[0] and not event.style and event.value in NULLS
                self._complete(None if is_null else event.value, event.anchor, event)
            case yaml.MappingStartEvent():
                self._begin(_Frame({}, event.anchor), event)
            case yaml.SequenceStartEvent():
                self._begin(_Frame([], event.anchor), event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                frame = self._open.pop()
                self._complete(frame.content, frame.anchor, event)
            case yaml.AliasEvent():
                if event.anchor not in self._anchors:
                    raise YamlError(_at(event, f"there is no anchor {event.anchor!r}"))
                self._complete(self._anchors[event.anchor], None, event)
            case _:
                pass

    def _begin(self, frame: _Frame, event: yaml.Event) -> None:
        if len(self._open) == DEEPEST:
            raise YamlError(_at(event, f"nested deeper than {DEEPEST}"))
        self._open.append(frame)

    def _complete(self, value: Plain, anchor: str | None, event: yaml.Event) -> None:
        if anchor is not None:
            self._anchors[anchor] = value
        if not self._open:
            self.document = value
            return
        frame = self._open[-1]
        if isinstance(frame.content, list):
            frame.content.append(value)
        elif frame.key is None:
            if not isinstance(value, str):
                raise YamlError(_at(event, "a key must be a text"))
            frame.key = value
        else:
            if self._keys is None or frame.key in self._keys:
                frame.content[frame.key] = value
            frame.key = None


def _at(event: yaml.Event, what: str) -> str:
    return f"line {event.start_mark.line + 1}: {what}" if event.start_mark else what
