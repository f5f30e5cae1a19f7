"""What an API server has answered, whoever asked it."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole of it."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    def words(self) -> str:
        """What the server says: the message of a Status, else the body as text."""
        status = status_in(self.body)
        return status.message if status else self.body.decode(errors="replace")


class StatusCause(msgspec.Struct):
    """One of several."""

    field: str = ""


class StatusDetails(msgspec.Struct):
    """What a refusal is about."""

    name: str = ""
    causes: list[StatusCause] = msgspec.field(default_factory=list[StatusCause])


class Status(msgspec.Struct):
    """How an API server says no (``meta/v1``)."""

    kind: str
    message: str = ""
    code: int = 0
    details: StatusDetails = msgspec.field(default_factory=StatusDetails)


def status_in(body: bytes) -> Status | None:
    """None where the body is none, as of a server that is no API server."""
    try:
        status = msgspec.json.decode(body, type=Status)
    except (ValueError, RecursionError):
        return None
    return status if status.kind == "Status" else None
