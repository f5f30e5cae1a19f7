"""YAML with every scalar but null as the text that it is: a Node may be called ``true``."""

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple, TypeAlias

import yaml

DEEPEST: Final = 100  # a Node is 8 deep
MOST_COPIED: Final = 100_000  # values for which aliases stand; kubectl writes none
NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})

Plain: TypeAlias = "str | list[Plain] | dict[str, Plain] | None"


class YamlError(Exception):
    """Where and why, without a word of the content: it can be secret."""


def load_texts(text: str, keys: Collection[str] | None = None) -> Iterator[Plain]:
    """The documents in ``text``; of their mappings, at any depth, only ``keys``, and each once.

    Without ``keys`` all, and of several the last, as kubectl reads a kubeconfig.

    Built from the parser's events: PyYAML's tree takes 700 MB for 5,000 Nodes.

    Raises:
        YamlError: it is not YAML, or more than texts, lists, mappings and anchors; its aliases
            stand for more than MOST_COPIED values.
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


class _Extent(NamedTuple):
    """How much an alias stands for."""

    values: int
    depth: int


class _Builder:
    """One document, event by event."""

    def __init__(self, keys: Collection[str] | None) -> None:
        self.document: Plain = None
        self._keys = keys
        self._anchors: dict[str, tuple[Plain, _Extent]] = {}
        self._copied = 0
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
                self._copy(event)
            case _:
                pass

    def _copy(self, event: yaml.AliasEvent) -> None:
        if event.anchor not in self._anchors:
            raise YamlError(_at(event, f"there is no anchor {event.anchor!r}"))
        value, extent = self._anchors[event.anchor]
        self._copied += extent.values
        if self._copied > MOST_COPIED:
            raise YamlError(_at(event, f"aliases stand for more than {MOST_COPIED} values"))
        if len(self._open) + extent.depth > DEEPEST:
            raise YamlError(_at(event, f"nested deeper than {DEEPEST}"))
        self._complete(value, None, event)

    def _begin(self, frame: _Frame, event: yaml.Event) -> None:
        if len(self._open) == DEEPEST:
            raise YamlError(_at(event, f"nested deeper than {DEEPEST}"))
        self._open.append(frame)

    def _complete(self, value: Plain, anchor: str | None, event: yaml.Event) -> None:
        if anchor is not None:
            self._anchors[anchor] = value, _extent(value)
        if not self._open:
            self.document = value
            return
        frame = self._open[-1]
        if isinstance(frame.content, list):
            frame.content.append(value)
        elif frame.key is None:
            if not isinstance(value, str):
                raise YamlError(_at(event, "a key must be a text"))
            if value in frame.content and self._keys is not None:
                words = f"the key {value!r} is there already: leave one of them"
                raise YamlError(_at(event, words))
            frame.key = value
        else:
            if self._keys is None or frame.key in self._keys:
                frame.content[frame.key] = value
            frame.key = None


def _extent(value: Plain) -> _Extent:
    if not isinstance(value, list | dict):
        return _Extent(1, 0)
    inner = [_extent(one) for one in (value if isinstance(value, list) else value.values())]
    return _Extent(
        1 + sum(one.values for one in inner), 1 + max((one.depth for one in inner), default=0)
    )


def _at(event: yaml.Event, what: str) -> str:
    return f"line {event.start_mark.line + 1}: {what}" if event.start_mark else what
