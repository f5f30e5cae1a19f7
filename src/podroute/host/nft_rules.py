"""Does a rule of ours still do what it did when it was first seen?

A comment says what a rule was made to do, and stays when somebody replaces the rest of the rule.
Each version of nft has words of its own for a rule, so it is compared with what was listed before.
"""

from typing import Final

REPLACED: Final = " (replaced)"


class FirstSeen:
    """Rules by their place and comment, since the tables were last written."""

    def __init__(self) -> None:
        self._bodies: dict[tuple[str, str, str], bytes] = {}

    def comment(self, family: str, chain: str, comment: str, body: bytes) -> str:
        """As listed; nobody's where ``body``, what the rule does, is another than at first."""
        first = self._bodies.setdefault((family, chain, comment), body)
        return comment if body == first else comment + REPLACED

    def forget(self) -> None:
        """They have just been written: what is listed next is what they do."""
        self._bodies.clear()
