"""One board over those of several routers: each line and each entry says which router it is of."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import msgspec
from typing_extensions import override

from podroute.observe.board import (
    NODE,
    Board,
    Happening,
    HeldBack,
    RouteRecord,
    RouterStanding,
    Standing,
    Subject,
)


class JointBoard(Board):
    """What is put on one of its ``boards`` is here too."""

    def __init__(self, routers: Sequence[str]) -> None:
        super().__init__()
        self.boards: Mapping[str, Board] = {one: _RouterBoard(one, self) for one in routers}

    def put_of(self, router: str, subject: Subject, records: Sequence[RouteRecord]) -> None:
        """The lines of one router; of a Node without a podCIDR all routers know the same."""
        if subject.startswith(NODE):
            self.put(subject, records)
            return
        new = [msgspec.structs.replace(one, router=router) for one in records]
        lines = {
            name: [one for one in self.of(subject) if one.router == name] for name in self.boards
        }
        lines[router] = new
        self.put(subject, [one for part in lines.values() for one in part])

    def stand_all(self) -> None:
        """What is known beside the lines, by what each board has."""
        self.stand(joint({name: board.standing for name, board in self.boards.items()}))


class _RouterBoard(Board):
    def __init__(self, router: str, joint_board: JointBoard) -> None:
        super().__init__()
        self._router = router
        self._joint = joint_board

    @override
    def put(self, subject: Subject, records: Sequence[RouteRecord]) -> None:
        super().put(subject, records)
        self._joint.put_of(self._router, subject, records)

    @override
    def happened(self, happening: Happening) -> None:
        super().happened(happening)
        words = f"{self._router}: {happening.words}"
        self._joint.happened(replace(happening, words=words))

    @override
    def stand(self, standing: Standing) -> None:
        super().stand(standing)
        self._joint.stand_all()


def joint(standings: Mapping[str, Standing]) -> Standing:
    """What holds of all; of what differs the worst, and each in ``routers``."""
    all_of_them = list(standings.values())
    reads = [one.read for one in all_of_them if one.read is not None]
    quotas = [one.quota for one in all_of_them if one.quota]
    return replace(
        all_of_them[0],
        provider=", ".join(dict.fromkeys(one.provider for one in all_of_them if one.provider)),
        read=min(reads) if len(reads) == len(all_of_them) else None,
        unreached="; ".join(
            f"{name}: {one.unreached}" for name, one in standings.items() if one.unreached
        ),
        quota=min(quotas, key=lambda one: one.limit - one.used, default=None),
        held=_held(standings),
        own_addresses=tuple(
            dict.fromkeys(address for one in all_of_them for address in one.own_addresses)
        ),
        unreadable=tuple(dict.fromkeys(node for one in all_of_them for node in one.unreadable)),
        deleting=tuple(dict.fromkeys(name for one in all_of_them for name in one.deleting)),
        routers=tuple(_standing_of(name, one) for name, one in standings.items()),
    )


def _held(standings: Mapping[str, Standing]) -> HeldBack | None:
    """The first: when its word is given, the next is shown."""
    for name, one in standings.items():
        if one.held:
            return replace(one.held, reason=f"{name}: {one.held.reason}")
    return None


def _standing_of(name: str, one: Standing) -> RouterStanding:
    return RouterStanding(name, one.provider, one.read, one.unreached, one.quota, one.held)
