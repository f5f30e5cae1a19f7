"""Reads and changes the route tables of one VPC; blocks, so it is spoken to in a thread."""

from collections.abc import Callable, Collection, Mapping, Sequence

from podroute.model.check import Check
from podroute.model.cidr import Address, Cidr
from podroute.model.route import RouteTable
from podroute.providers.aws.changes import (
    Bench,
    Targets,
    Work,
    bench,
    contradicted,
    fitting,
    prepared,
    shown,
)
from podroute.providers.aws.checks import checks
from podroute.providers.aws.peerings import peering_check
from podroute.providers.aws.reader import Memory, Reader
from podroute.providers.aws.refusals import Refusal, failed
from podroute.providers.aws.session import Calls
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.aws.translate import Seen, route_table
from podroute.providers.aws.typed import Tags, line, tags_of
from podroute.providers.aws.writer import Writer
from podroute.providers.interface import ProviderUnreachable, Question
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Adopt, Change, Create, Delete

_LATE = "EC2 still shows what was there before our last change: looked at again later"


class AwsClient:
    """Not to be used by two threads at once."""

    def __init__(self, calls: Calls, options: AwsOptions, clock: Callable[[], float]) -> None:
        self.stopped = calls.stopped
        self._options = options
        self._memory = Memory(clock)
        self._reader = Reader(calls, options, self._memory)
        self._writer = Writer(calls, self._memory)
        self._seen: Seen | None = None
        self._typed: Tags | None = None

    def read(self) -> tuple[RouteTable, bool]:
        """What there is, and whether it may be late: then it is worth another look.

        Raises:
            ProviderUnreachable: it could not be read in full.
        """
        before, self._seen = self._seen, self._reader.look()
        self._typed = None
        fewer = before is not None and set(before.table_ids) - set(self._seen.table_ids)
        written = self._memory.written()
        late = any(_is_late(self._seen, at, interface) for at, interface in written.items())
        return route_table(self._seen), late or bool(fewer)

    def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        """One outcome for each change.

        Raises:
            ProviderUnreachable: nothing was changed.
        """
        if not changes:
            return ()
        self._typed = None
        at = self._bench(changes)
        prepared_changes = list(fitting([self._prepared(one, at) for one in changes], at.seen))
        works = [one for one in prepared_changes if isinstance(one, Work)]
        refused = self._writer.carry_out(works, at.seen)
        judged = iter(self._judged(works, refused, at.targets))
        return [next(judged) if isinstance(one, Work) else one for one in prepared_changes]

    def commands(self, changes: Sequence[Change]) -> Sequence[str]:
        """What to type for each change, for the tables as last read.

        Raises:
            ProviderUnreachable: the instances could not be looked up.
        """
        if self._seen is None:
            self._seen = self._reader.look()
        hops = _next_hops(changes)
        at = bench(self._seen, self._reader.recalled(hops, self._seen) if hops else {})
        if self._typed is None:
            self._typed = tags_of(self._seen)
        return [line(prepared(one, at), self._typed, self._options) for one in changes]

    def checks(self, question: Question) -> Sequence[Check]:
        """What keeps the VPC from carrying Pods' packets.

        Raises:
            ProviderUnreachable: it could not be asked.
        """
        at = self._bench([Create(wish) for wish in question.wishes])
        tables = self._reader.tables_of(at.seen.vpcs)
        groups = self._reader.groups({name for one in at.targets.values() for name in one.groups})
        peered = peering_check(question, at.seen.vpcs, self._reader.peerings())
        return (*checks(question, at, tables, groups), peered)

    def _bench(self, changes: Sequence[Change]) -> Bench:
        seen = self._seen = self._reader.look()
        return bench(seen, self._targets(changes, seen))

    def _targets(self, changes: Sequence[Change], seen: Seen) -> Targets:
        hops = _next_hops(changes)
        return self._reader.targets(hops, seen) if hops else {}

    def _prepared(self, change: Change, at: Bench) -> Work | Outcome:
        work = prepared(change, at)
        blind = isinstance(work, Work) and any(call.verb != "create" for call in work.calls)
        if blind and contradicted(change, at.seen, self._memory.written()):
            return Failed(change, _LATE, "worth it")
        return work

    def _judged(
        self, works: Sequence[Work], refused: Mapping[int, Refusal], targets: Targets
    ) -> Sequence[Outcome]:
        """What is refused is looked at again: it may be so all the same."""
        for place in refused:
            for call in works[place].calls:
                if call.interface is not None:
                    self._reader.forget(call.interface.id)
        for work in works:
            if work.unchecked:
                self._reader.forget(work.unchecked)
        doubtful = any(one.meaning != "throttled" for one in refused.values())
        at = self._again(targets) if doubtful else None
        return [
            Done(work.change) if place not in refused else _verdict(work, refused[place], at)
            for place, work in enumerate(works)
        ]

    def _again(self, targets: Targets) -> Bench | None:
        try:
            self._seen = self._reader.look()
        except ProviderUnreachable:
            return None
        return bench(self._seen, targets)


def _next_hops(changes: Sequence[Change]) -> Collection[Address]:
    return {one.route.next_hop for one in changes if not isinstance(one, Delete)}


def _verdict(work: Work, refusal: Refusal, at: Bench | None) -> Outcome:
    if at is not None and refusal.meaning in {"present", "gone", "cut", "lagging"}:
        again = prepared(work.change, at)
        if isinstance(again, Done) or (isinstance(again, Work) and _is_nothing(again)):
            return Done(work.change)
        if isinstance(again, Failed) and again.retry == "pointless":
            return again
    return failed(work.change, refusal)


def _is_nothing(work: Work) -> bool:
    return not (work.calls or work.unchecked or isinstance(work.change, Adopt))


def _is_late(seen: Seen, at: tuple[str, Cidr], before: str) -> bool:
    table, destination = at
    return dict(shown(seen, destination)).get(table) == before
