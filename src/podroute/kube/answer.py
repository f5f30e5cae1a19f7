"""What an API server has answered, whoever asked it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole of it."""

    status: int
    body: bytes
    headers: Mapping[str, str]
