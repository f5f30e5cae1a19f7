"""JSON that somebody else has written. Pure."""

from typing import TypeVar

import msgspec

DocumentT = TypeVar("DocumentT")


def decoded(
    text: str | bytes, kind: type[DocumentT], otherwise: str, *, strict: bool = True
) -> DocumentT:
    """What it holds; not ``strict``: numbers may be written as texts.

    Raises:
        ValueError: it is none of that ``kind``, or nested without end; ``otherwise`` says what
            that means.
    """
    try:
        return msgspec.json.decode(text, type=kind, strict=strict)
    except (msgspec.DecodeError, RecursionError) as error:
        message = f"{otherwise}: {error}"
        raise ValueError(message) from error
