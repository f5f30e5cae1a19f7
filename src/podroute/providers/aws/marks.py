"""Whose is a route that carries no mark of its own? The table's tags say it. Pure.

A mark is a short digest of a destination and the interface that it leads to. Marks of one cluster
are packed into tags ``podroute.io/CLUSTER/0`` and so on of the route table, which are read together
with its routes.
"""

from base64 import urlsafe_b64encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Final, NewType

from podroute.model.cidr import Cidr

Mark = NewType("Mark", str)

LENGTH: Final = 5  # characters of 6 bits: two routes have the same mark once in 10^9 pairs
IN_A_TAG: Final = 256 // LENGTH  # EC2's limit is 256 characters
MOST_TAGS: Final = 40  # of the 50 that a resource may have


def mark_of(destination: Cidr, interface: str) -> Mark:
    """The mark of a route."""
    digest = sha256(f"{destination} {interface}".encode()).digest()
    return Mark(urlsafe_b64encode(digest)[:LENGTH].decode())


def tag_key(cluster: str, number: int) -> str:
    """The key of the tag with this number."""
    return f"podroute.io/{cluster}/{number}"


def marks_in(tags: Mapping[str, str], cluster: str) -> frozenset[Mark]:
    """Every mark of ``cluster`` among a table's tags."""
    return frozenset(mark for some in _slots(tags, cluster) for mark in some)


def with_marks(
    tags: Mapping[str, str],
    cluster: str,
    added: Iterable[Mark],
    dropped: Collection[Mark] = (),
    used: Collection[Mark] = (),
) -> Mapping[str, str]:
    """The tags to write so that marks are there, or are not; a mark stays where it is.

    Those that are not ``used`` by any route stay as long as there is room: a read may be late.

    Raises:
        ValueError: there is no room.
    """
    before = _slots(tags, cluster)
    kept = [[mark for mark in some if mark not in dropped] for some in before]
    new = _new_marks(kept, added)
    slots = _filled(kept, new)
    if len(slots) > MOST_TAGS:
        kept = [[mark for mark in some if mark in used] for some in kept]
        slots = _filled(kept, new)
    if len(slots) > MOST_TAGS:
        message = f"the marks of more than {MOST_TAGS * IN_A_TAG} routes have no room in its tags"
        raise ValueError(message)
    return {
        tag_key(cluster, number): "".join(some)
        for number, some in enumerate(slots)
        if number >= len(before) or some != before[number]
    }


def _new_marks(kept: Sequence[Sequence[Mark]], added: Iterable[Mark]) -> Sequence[Mark]:
    present = {mark for some in kept for mark in some}
    return [mark for mark in dict.fromkeys(added) if mark not in present]


def _filled(kept: Sequence[Sequence[Mark]], new: Sequence[Mark]) -> Sequence[Sequence[Mark]]:
    """``new`` where there is room, the rest in further tags."""
    rest = list(new)
    slots: list[Sequence[Mark]] = []
    for some in kept:
        free = max(IN_A_TAG - len(some), 0)
        slots.append([*some, *rest[:free]])
        rest = rest[free:]
    further = range(0, len(rest), IN_A_TAG)
    return [*slots, *(rest[start : start + IN_A_TAG] for start in further)]


def _slots(tags: Mapping[str, str], cluster: str) -> Sequence[list[Mark]]:
    """The marks of each tag, by number; where a number is missing, none."""
    found = [number for number in range(MOST_TAGS) if tag_key(cluster, number) in tags]
    texts = [tags.get(tag_key(cluster, number), "") for number in range(max(found, default=-1) + 1)]
    return [
        [Mark(text[at : at + LENGTH]) for at in range(0, len(text) - LENGTH + 1, LENGTH)]
        for text in texts
    ]
