"""Facts go to the log one by one, and to the timeline of the board."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from podroute.controllers.notices import AUDITED, Notice, gathered
from podroute.observe.board import Board, Happening, Kind
from podroute.observe.logs import Logger


@dataclass(frozen=True, slots=True)
class Telling:
    """``wall`` is Unix time in seconds."""

    log: Logger
    board: Board
    wall: Callable[[], float]

    def say(self, notices: Iterable[Notice]) -> None:
        """To the log and the timeline; of many of one sort only their number."""
        told = list(notices)
        for one in gathered(told, apart=AUDITED):
            self._log_of(one)
        for one in gathered(told):
            self.happened(one.kind, one.entry, one.subject, one.node, one.seconds)

    def happened(
        self,
        kind: Kind,
        words: str,
        subject: str = "",
        node: str = "",
        seconds: float | None = None,
    ) -> None:
        """An entry of the timeline alone."""
        self.board.happened(Happening(self.wall(), kind, subject, node, words, seconds))

    def _log_of(self, one: Notice) -> None:
        tell = self.log.warning if one.trouble else self.log.info
        told = {"destination": one.subject, "node": one.node, "by": one.by}
        told["why" if one.trouble else "how"] = one.words
        about: dict[str, object] = {name: text for name, text in told.items() if text}
        if one.count > 1:
            about["count"] = one.count
        if one.seconds is not None:
            about["seconds"] = round(one.seconds, 3)
        tell(one.title, **about)
