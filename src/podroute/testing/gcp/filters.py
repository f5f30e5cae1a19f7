"""Which resources pass the ``filter`` of a list, and what of them is in ``fields``? Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, TypeAlias, cast

from podroute.testing.gcp.refusal import Document, Refusal

Mask: TypeAlias = dict[str, "Mask"]

_REGULAR: Final = re.compile(r"""\(?\s*([\w.]+)\s+(eq|ne)\s+(?:"(.*)"|'(.*)'|([^\s"'()]+))\s*\)?""")
_EXACT: Final = re.compile(r"""\(?\s*([\w.]+)\s*(=|!=)\s*(?:"(.*)"|'(.*)'|([^\s"'()]+))\s*\)?""")
_WORD: Final = re.compile(r"[\w*]+")


def passing(documents: Iterable[Document], expression: str) -> list[Document]:
    """Those that pass; one comparison, of either kind.

    Raises:
        Refusal: the expression is not understood.
    """
    if not expression:
        return list(documents)
    regular = _REGULAR.fullmatch(expression.strip())
    found = regular or _EXACT.fullmatch(expression.strip())
    if found is None:
        message = (
            f"Invalid value for field 'filter': '{expression}'. Invalid list filter expression."
        )
        raise Refusal(400, "invalid", message)
    name, operator, *texts = found.groups()
    value = next(text for text in texts if text is not None)
    form = re.compile(value if regular else re.escape(value))
    wanted = operator in {"eq", "="}
    return [one for one in documents if bool(form.fullmatch(str(one.get(name, "")))) == wanted]


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
