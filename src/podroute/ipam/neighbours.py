"""Which chunk of blocks do the Nodes of one rack or zone share? Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from podroute.ipam.depths import Depths


class Neighbours:
    """Chunks of ``chunk`` blocks, and the groups that have Nodes in them."""

    def __init__(self, chunk: int) -> None:
        self._chunk = chunk
        self._taken = Depths()  # chunks with a block that is not to be had
        self._groups: defaultdict[int, Counter[str]] = defaultdict(Counter)  # of each chunk
        self._open: defaultdict[str, set[int]] = defaultdict(set)  # chunks that may have room

    def take(self, numbers: range) -> None:
        """Blocks are no longer to be had."""
        self._taken.add(self._chunks(numbers))

    def give_back(self, numbers: range) -> None:
        """Undoes one ``take``: there may be room again."""
        chunks = self._chunks(numbers)
        self._taken.remove(chunks)
        for chunk in [one for one in self._groups if one in chunks] if chunks[1:] else chunks:
            for group in self._groups.get(chunk, ()):
                self._open[group].add(chunk)

    def join(self, number: int, group: str) -> None:
        """A Node of ``group`` has this block."""
        chunk = number // self._chunk
        self._groups[chunk][group] += 1
        self._open[group].add(chunk)

    def leave(self, number: int, group: str) -> None:
        """Undoes one ``join``."""
        chunk = number // self._chunk
        groups = self._groups[chunk]
        groups[group] -= 1
        if groups[group]:
            return
        del groups[group]
        if not groups:
            del self._groups[chunk]
        self._open[group].discard(chunk)
        if not self._open[group]:
            del self._open[group]

    def stretches(self, group: str, cursor: int, size: int) -> Iterator[range]:
        """Chunks of this group, then one that nobody uses.

        Who asks for the next has found no room in the one before.
        """
        for chunk in sorted(self._open.get(group, ())):
            yield self._numbers(chunk, size)
            self._open[group].discard(chunk)
        for start in (-(-cursor // self._chunk), 0):
            yield self._numbers(self._taken.free_from(start), size)

    def _chunks(self, numbers: range) -> range:
        if not numbers:
            return numbers
        return range(numbers.start // self._chunk, (numbers.stop - 1) // self._chunk + 1)

    def _numbers(self, chunk: int, size: int) -> range:
        return range(chunk * self._chunk, min(size, (chunk + 1) * self._chunk))
