"""Which resources pass the ``filter`` of a list, and what of them is in ``fields``? Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias, cast

from podroute.testing.gcp.refusal import Document, Refusal

Mask: TypeAlias = dict[str, "Mask"]

_VALUE: Final = r"""(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'()]+))"""
_COMPARISON: Final = re.compile(
    rf"\(?\s*(?P<name>[\w.]+)\s*(?P<operator>\beq\b|\bne\b|!=|=)\s*{_VALUE}\s*\)?\s*"
)
_WORD: Final = re.compile(r"[\w*]+")


def passing(documents: Iterable[Document], expression: str) -> list[Document]:
    """Those that pass; comparisons of either kind, all of which must hold.

    Raises:
        Refusal: the expression is not understood.
    """
    found = list(documents)
    place = 0
    while place < len(expression):
        comparison = _COMPARISON.match(expression, place)
        if comparison is None:
            raise _not_understood(expression)
        try:
            found = [one for one in found if _holds(one, comparison)]
        except re.error:
            raise _not_understood(expression) from None
        place = comparison.end()
    return found


def _holds(document: Document, comparison: re.Match[str]) -> bool:
    value = comparison["double"] or comparison["single"] or comparison["bare"] or ""
    regular = comparison["operator"] in {"eq", "ne"}
    form = value if regular else re.escape(value)
    equal = re.fullmatch(form, str(document.get(comparison["name"], ""))) is not None
    return equal == (comparison["operator"] in {"eq", "="})


def _not_understood(expression: str) -> Refusal:
    message = f"Invalid value for field 'filter': '{expression}'. Invalid list filter expression."
    return Refusal(400, "invalid", message)


def masked(document: Document, fields: str) -> Document:
    """The parts that ``fields`` names, e.g. ``items(name,tags),nextPageToken``.

    Raises:
        Refusal: the mask is not understood.
    """
    if not fields:
        return document
    mask: Mask = {}
    if _read(fields, 0, mask) != len(fields):
        raise Refusal(400, "invalidParameter", f"Invalid field selection {fields}")
    return _cut(document, mask)


def _read(text: str, place: int, mask: Mask) -> int:
    """Puts the comma-separated list at ``place`` into ``mask``; where it ends."""
    while True:
        inner = mask
        while found := _WORD.match(text, place):
            inner = inner.setdefault(found[0], {})
            place = found.end()
            if not text.startswith("/", place):
                break
            place += 1
        else:
            raise Refusal(400, "invalidParameter", f"Invalid field selection {text}")
        if text.startswith("(", place):
            place = _read(text, place + 1, inner) + 1
        if not text.startswith(",", place):
            return place
        place += 1


def _cut(value: Document, mask: Mask) -> Document:
    found: Document = {}
    for key, part in value.items():
        inner = mask.get(key, mask.get("*"))
        if inner is not None:
            found[key] = _part(part, inner)
    return found


def _part(value: object, mask: Mask) -> object:
    if not mask:
        return value
    if isinstance(value, list):
        return [_part(one, mask) for one in cast("list[object]", value)]
    return (
        _cut(dict(cast("Mapping[str, object]", value)), mask) if isinstance(value, dict) else value
    )
