"""Signs of life on standard error while something takes long."""

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from podroute.cli.text import count
from podroute.routing.steps import Change

if TYPE_CHECKING:
    import rich.progress


class Progress:
    """A bar on a terminal, one line elsewhere."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._bar: rich.progress.Progress | None = None
        self._under_way: dict[str, Sequence[Change]] = {}

    def __enter__(self) -> Self:
        if self._total and sys.stderr.isatty():
            from rich.console import Console  # noqa: PLC0415 -- only a terminal needs it
            from rich.progress import Progress as Bar  # noqa: PLC0415 -- as above

            self._bar = Bar(console=Console(stderr=True), transient=True)
            self._bar.add_task("routes", total=self._total)
            self._bar.start()
        elif self._total:
            sys.stderr.write(f"podroute: applying {count(self._total, 'change')}\n")
        return self

    @property
    def under_way(self) -> Sequence[Change]:
        """What was sent, and is not answered yet."""
        return [one for some in self._under_way.values() for one in some]

    def begin(self, changes: Sequence[Change], router: str = "") -> None:
        """These are under way there, and no others."""
        self._under_way[router] = changes

    def reach(self, done: int) -> None:
        """So many of the total are behind us."""
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=done)

    @contextmanager
    def aside(self) -> Generator[None]:
        """Something else is written meanwhile."""
        if self._bar is not None:
            self._bar.stop()
        try:
            yield
        finally:
            if self._bar is not None:
                self._bar.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
