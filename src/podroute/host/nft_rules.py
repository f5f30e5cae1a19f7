"""Does a rule of ours still do what it did when it was first seen?

A comment says what a rule was made to do, and stays when somebody replaces the rest of the rule.
Each version of nft has words of its own for a rule, so it is compared with what was listed before.
"""

from typing import Final

REPLACED: Final = " (replaced)"


class FirstSeen:
    """Rules by their place and comment, which says for good what they are to do."""

    def __init__(self) -> None:
        self._written: dict[tuple[str, str, str], bytes] = {}
        self.bodies: dict[tuple[str, str, str], bytes] = {}  # since they were written

    def comment(self, family: str, chain: str, comment: str, body: bytes) -> str:
        """As listed; nobody's where ``body``, what the rule does, is another than at first."""
        key = family, chain, comment
        first = self._written.get(key) or self.bodies.setdefault(key, body)
        return comment if body == first else comment + REPLACED

    def forget(self) -> None:
        """They have just been written, and maybe again by somebody else."""
        self.bodies.clear()

    def learn(self, listed: "FirstSeen") -> None:
        """They have just been written, and were ``listed`` before anybody else could."""
        self.forget()
        self._written = dict(listed.bodies)
