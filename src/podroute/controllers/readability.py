"""Which Nodes cannot be read, and which can again?"""

from collections.abc import Iterator
from typing import Final

from podroute.controllers.notices import Notice
from podroute.model.node import Node, Roster, Unreadable

UNREADABLE: Final = "a Node cannot be read"
READABLE: Final = "a Node can be read again"


class Readability:
    """As it was told last."""

    def __init__(self) -> None:
        self._told: dict[str, str] = {}  # why, by name

    def seen(self, node: Node | Unreadable) -> Notice | None:
        """What is new about one Node."""
        before = self._told.pop(node.name, None)
        if isinstance(node, Node):
            again = Notice("node", READABLE, "", node.name, "", trouble=False)
            return None if before is None else again
        self._told[node.name] = node.reason
        if before == node.reason:
            return None
        return Notice("node", UNREADABLE, "", node.name, node.reason)

    def gone(self, name: str) -> None:
        """Another one of that name is another Node."""
        self._told.pop(name, None)

    def listed(self, roster: Roster) -> Iterator[tuple[Node | Unreadable, Notice]]:
        """The same of all there are; who is gone is forgotten."""
        everybody = roster.everybody()
        names = {one.name for one in everybody} if self._told else set[str]()
        self._told = {name: why for name, why in self._told.items() if name in names}
        for one in everybody:
            if (notice := self.seen(one)) is not None:
                yield one, notice
