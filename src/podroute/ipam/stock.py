"""The blocks of all pools: who holds which, and which pool gives the next. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from podroute.ipam.pools import AddressPlan, Pool, preference
from podroute.ipam.space import Space
from podroute.model.cidr import Bounds, Cidr, bounds

# block: exactly one of a pool. part: lies in one. loose: neither; wider than any, or outside.
Grade: TypeAlias = Literal["block", "part", "loose"]
Labels: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Holding:
    """Addresses that one owner holds, each with its grade, and the owner's labels."""

    spans: tuple[tuple[Bounds, Grade], ...] = ()
    labels: Labels = ()

    def firm(self) -> Iterator[Bounds]:
        """Those that keep others out."""
        return (span for span, grade in self.spans if is_firm(grade))


NOTHING: Final = Holding()


@dataclass(frozen=True, slots=True)
class Choice:
    """Free blocks of one pool, one of each family."""

    pool: str
    spaces: tuple[Space, ...]
    numbers: tuple[int, ...]

    def blocks(self) -> tuple[Cidr, ...]:
        """In the order of the families."""
        places = zip(self.spaces, self.numbers, strict=True)
        return tuple(space.family.block(number) for space, number in places)

    def move_past(self) -> tuple[int, ...]:
        """The next search starts behind these; how many blocks this one went past."""
        places = zip(self.spaces, self.numbers, strict=True)
        return tuple(space.move_past(number) for space, number in places)


@dataclass(frozen=True, slots=True)
class PoolStock:
    """One pool and its spaces, one of each family."""

    pool: Pool
    spaces: tuple[Space, ...]

    def room(self) -> int:
        """How many Nodes fit, draining or not."""
        return min(space.free() for space in self.spaces)

    def group(self, labels: Labels) -> str:
        """Whose neighbour a Node with these labels is to be."""
        return dict(labels).get(self.pool.align_by, "") if self.pool.align_by else ""

    def choice(self, labels: Labels, *, doubted: bool) -> Choice | None:
        """A free block of each family, or of none."""
        group = self.group(labels)
        numbers = [space.find(group, doubted=doubted) for space in self.spaces]
        found = tuple(number for number in numbers if number is not None)
        return Choice(self.pool.name, self.spaces, found) if len(found) == len(numbers) else None


class Stock:
    """All pools of a plan; addresses count in each pool that they touch."""

    def __init__(self, plan: AddressPlan) -> None:
        self.plan: Final = plan
        self.pools: Final = tuple(PoolStock(pool, _spaces(pool, plan)) for pool in plan.pools)
        self._spaces: Final = tuple((one, space) for one in self.pools for space in one.spaces)

    def holding(self, cidrs: Iterable[Cidr], labels: Labels) -> Holding:
        """What an owner of ``cidrs`` holds; the same CIDR twice counts once."""
        spans = dict.fromkeys([bounds(cidr) for cidr in cidrs])
        return Holding(tuple([(span, self.grade(span)) for span in spans]), labels)

    def regraded(self, holding: Holding) -> Holding:
        """What has been held under another plan, under this one."""
        return Holding(tuple((span, self.grade(span)) for span, _ in holding.spans), holding.labels)

    def grade(self, span: Bounds) -> Grade:
        """The best that can be said of ``span`` in any pool."""
        best: Grade = "loose"
        for _, space in self._spaces:
            if space.is_block(span):
                return "block"
            if space.surrounds(span):
                best = "part"
        return best

    def is_inside(self, span: Bounds) -> bool:
        """Whether one CIDR has all of ``span``."""
        return any(space.covers(span) for _, space in self._spaces)

    def pool_of(self, span: Bounds) -> str:
        """The name of the pool of which ``span`` is a block; "": there is none."""
        return next((one.pool.name for one, space in self._spaces if space.is_block(span)), "")

    def hold(self, holding: Holding) -> None:
        """Blocks and parts keep others out; blocks that something loose touches are given last."""
        for span, grade in holding.spans:
            for one, space in self._touched_by(span):
                if is_firm(grade):
                    space.hold(span, one.group(holding.labels))
                else:
                    space.doubt(span)

    def release(self, holding: Holding) -> None:
        """Undoes one ``hold``."""
        for span, grade in holding.spans:
            for one, space in self._touched_by(span):
                if is_firm(grade):
                    space.release(span, one.group(holding.labels))
                else:
                    space.undoubt(span)

    def rest(self, span: Bounds) -> None:
        """Quarantine begins."""
        for _, space in self._touched_by(span):
            space.rest(span)

    def wake(self, span: Bounds) -> None:
        """Quarantine ends."""
        for _, space in self._touched_by(span):
            space.wake(span)

    def choose(self, labels: Labels) -> Choice | str:
        """Free blocks of the first pool that has one of each family.

        A text is the name of the pool that was asked first, "" where no selector matches.
        """
        matching = self._matching(labels)
        with_room = [one for one in matching if one.room()]
        for doubted in (False, True):
            for one in with_room:
                choice = one.choice(labels, doubted=doubted)
                if choice is not None:
                    return choice
        return matching[0].pool.name if matching else ""

    def go_on_from(self, former: "Stock") -> None:
        """Keeps cursors and figures of the CIDRs that were there under a former plan."""
        known = {
            (one.pool.name, space.family): space for one in former.pools for space in one.spaces
        }
        for one, space in self._spaces:
            before = known.get((one.pool.name, space.family))
            if before is not None:
                space.go_on_from(before)

    def _matching(self, labels: Labels) -> list[PoolStock]:
        by_key = dict(labels)
        matching = [
            one for one in self.pools if not one.pool.draining and one.pool.selector.matches(by_key)
        ]
        if len(matching) > 1:
            matching.sort(key=lambda one: preference(one.pool, one.room()))
        return matching

    def _touched_by(self, span: Bounds) -> Iterator[tuple[PoolStock, Space]]:
        return ((one, space) for one, space in self._spaces if space.numbers(span))


def reserved_whole(plan: AddressPlan) -> str:
    """Which pool can serve no Node, as all its blocks are reserved, and by what; "" for none."""
    for one in Stock(plan).pools:
        for space in () if one.pool.draining else one.spaces:
            if not space.free():
                cidr = space.family.cidr
                ranges = ", ".join(str(taken) for taken in plan.reserved if cidr.overlaps(taken))
                return f"pool {one.pool.name!r}: all of {cidr} is reserved by {ranges}"
    return ""


def is_firm(grade: Grade) -> bool:
    """Whether it keeps others out."""
    return grade != "loose"


def keeps(holding: Holding, former: Holding) -> bool:
    """Whether all that was held firmly, as a block or in one, is held so."""
    return all(
        grade == "block" or (before != "block" and (is_firm(grade) or not is_firm(before)))
        for (_, grade), (_, before) in zip(holding.spans, former.spans, strict=True)
    )


def _spaces(pool: Pool, plan: AddressPlan) -> tuple[Space, ...]:
    chunk = pool.align_blocks if pool.align_by else 0
    return tuple(Space(family, plan.reserved, chunk) for family in pool.families)
