"""A label selector as a value, in the words of ``kubectl -l``. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NoReturn, TypeAlias, assert_never

Operator: TypeAlias = Literal["in", "notin", "exists", "absent"]

_NAME: Final = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_KEY: Final = re.compile(rf"(?:(?P<prefix>[a-z0-9](?:[-a-z0-9.]{{0,251}}[a-z0-9])?)/)?{_NAME}")
_VALUE: Final = re.compile(rf"(?:{_NAME})?")
_TOKEN: Final = re.compile(r"\s*(?P<word>==|!=|[=!,()]|[^\s=!,()]+)")
_OPERATORS: Final[Mapping[str, Operator]] = {
    "=": "in",
    "==": "in",
    "!=": "notin",
    "in": "in",
    "notin": "notin",
}
_MARKS: Final = frozenset(("", "=", "==", "!=", "!", ",", "(", ")"))


@dataclass(frozen=True, slots=True)
class Requirement:
    """What one label must be; ``values`` are in order, and empty for ``exists`` and ``absent``."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """As in Kubernetes, a missing label is ``notin`` every set."""
        match self.operator:
            case "in":
                return labels.get(self.key) in self.values
            case "notin":
                return labels.get(self.key) not in self.values
            case "exists":
                return self.key in labels
            case "absent":
                return self.key not in labels
            case _:
                assert_never(self.operator)

    def text(self) -> str:
        """As it would be written."""
        match self.operator:
            case "in" | "notin" if len(self.values) == 1:
                return f"{self.key}{'=' if self.operator == 'in' else '!='}{self.values[0]}"
            case "in" | "notin":
                return f"{self.key} {self.operator} ({','.join(self.values)})"
            case "exists":
                return self.key
            case "absent":
                return f"!{self.key}"
            case _:
                assert_never(self.operator)


@dataclass(frozen=True, slots=True)
class Selector:
    """All requirements must hold; without any it matches everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether a Node with these labels is meant."""
        return all(one.matches(labels) for one in self.requirements)

    def keys(self) -> frozenset[str]:
        """The labels that it asks for."""
        return frozenset(one.key for one in self.requirements)

    def specificity(self) -> int:
        """How many requirements there are: of two that match, the greater is meant."""
        return len(self.requirements)

    def text(self) -> str:
        """As it would be written."""
        return ",".join(one.text() for one in self.requirements)


EVERYTHING: Final = Selector()


def parse_selector(text: str) -> Selector:
    """The selector that ``text`` spells, e.g. ``zone in (a,b),!gpu``; "" matches everything.

    Raises:
        ValueError: saying what is wrong, and at which character.
    """
    words = _Words(text)
    if words.peek() == "":
        return EVERYTHING
    requirements = [_requirement(words)]
    while words.peek() == ",":
        words.next()
        requirements.append(_requirement(words))
    if words.peek():
        words.refuse('"," or the end')
    return Selector(tuple(requirements))


class _Words:
    """The selector's words one by one; "" at its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words = [(one["word"], one.start("word")) for one in _TOKEN.finditer(text)]
        self._words.append(("", len(text)))
        self._next = 0

    def peek(self) -> str:
        return self._words[self._next][0]

    def next(self) -> str:
        word = self.peek()
        self._next += 1
        return word

    def refuse(self, wanted: str) -> NoReturn:
        """Raises ValueError: something else stands where ``wanted`` is expected."""
        word, place = self._words[self._next]
        found = repr(word) if word else "the end"
        message = (
            f"label selector {self._text!r}: {wanted} is expected at character {place + 1}, "
            f"and {found} is there"
        )
        raise ValueError(message)


def _requirement(words: _Words) -> Requirement:
    if words.peek() == "!":
        words.next()
        return Requirement(_key(words), "absent")
    key = _key(words)
    operator = _OPERATORS.get(words.peek())
    if operator is None:
        return Requirement(key, "exists")
    takes_one = words.next() in _MARKS
    return Requirement(key, operator, (_value(words),) if takes_one else _values(words))


def _key(words: _Words) -> str:
    if not _KEY.fullmatch(words.peek()):
        words.refuse("a label key")
    return words.next()


def _value(words: _Words) -> str:
    """Nothing at all is the empty value."""
    if words.peek() in _MARKS:
        return ""
    if not _VALUE.fullmatch(words.peek()):
        words.refuse("a label value of at most 63 letters, digits, '-', '_' and '.'")
    return words.next()


def _values(words: _Words) -> tuple[str, ...]:
    if words.peek() != "(":
        words.refuse('"("')
    words.next()
    if words.peek() == ")":
        words.refuse("a label value")
    values = {_value(words)}
    while words.peek() == ",":
        words.next()
        values.add(_value(words))
    if words.peek() != ")":
        words.refuse('"," or ")"')
    words.next()
    return tuple(sorted(values))
