"""Messages of the kernel that have not changed since the last look are not decoded again."""

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Decoder(Generic[_T]):
    """Remembers what the last look found, and no more."""

    def __init__(self, parse: Callable[[bytes], _T]) -> None:
        self._parse = parse
        self._last: Mapping[bytes, _T] = {}

    def __call__(self, bodies: Sequence[bytes]) -> tuple[_T, ...]:
        """What ``bodies`` say, in their order."""
        last, parse = self._last, self._parse
        found = {
            body: last[body] if body in last else parse(body) for body in dict.fromkeys(bodies)
        }
        self._last = found
        return tuple(map(found.__getitem__, bodies))
