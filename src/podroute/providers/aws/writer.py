"""Sends the calls of prepared changes: marks first, then routes, then marks that go."""

from collections.abc import Callable, Mapping, Sequence
from threading import Event
from typing import Final

from podroute.providers.aws.changes import Call, Work, shown
from podroute.providers.aws.marks import Mark, mark_of, with_marks
from podroute.providers.aws.reader import Memory
from podroute.providers.aws.refusals import Refusal
from podroute.providers.aws.session import AT_ONCE, CallRefused, Calls
from podroute.providers.aws.translate import Seen
from podroute.providers.unwaited import each
from podroute.routing.steps import Delete

_OPERATIONS: Final = {"create": "CreateRoute", "replace": "ReplaceRoute", "delete": "DeleteRoute"}
_NOT_SENT: Final = "not sent: EC2 has just asked for fewer requests"
_IPV4: Final = 4


class Writer:
    """Writes to the tables of one cluster."""

    def __init__(self, calls: Calls, memory: Memory) -> None:
        self._calls = calls
        self._memory = memory

    def carry_out(self, works: Sequence[Work], seen: Seen) -> Mapping[int, Refusal]:
        """The refusals, by the place of the work; all others are done."""
        refused = dict(self._mark(works, seen))
        slow = Event()
        unchecked = self._uncheck([w for at, w in enumerate(works) if at not in refused], slow)
        places = [at for at in range(len(works)) if at not in refused]

        def one(at: int) -> Refusal | None:
            return unchecked.get(works[at].unchecked) or self._one(works[at], seen, slow)

        answers = zip(places, each(one, places, AT_ONCE), strict=True)
        refused |= {at: refusal for at, refusal in answers if refusal is not None}
        self._unmark([work for at, work in enumerate(works) if at not in refused], seen)
        return {at: one for at, one in refused.items() if not _is_gone(works[at], one)}

    def _mark(self, works: Sequence[Work], seen: Seen) -> Mapping[int, Refusal]:
        """Before a route is written it is ours: who dies in between has lost nothing."""
        refused: dict[int, Refusal] = {}
        for table in seen.table_ids:
            places = [at for at, work in enumerate(works) if _marks(work.added, table)]
            added = [mark for at in places for mark in _marks(works[at].added, table)]
            if not added:
                continue
            refusal = self._tag(table, seen, added, ())
            if refusal is None:
                self._memory.marks.setdefault(table, set()).update(added)
            else:
                refused.update((at, refusal) for at in places)
        return refused

    def _unmark(self, works: Sequence[Work], seen: Seen) -> None:
        """A mark that stays because this fails does no harm: it is of a route that is gone."""
        for table in seen.table_ids:
            dropped = [mark for work in works for mark in _marks(work.dropped, table)]
            added = {mark for work in works for mark in _marks(work.added, table)}
            dropped = [mark for mark in dropped if mark not in added]
            if dropped:
                self._memory.marks.setdefault(table, set()).difference_update(dropped)
                self._tag(table, seen, (), dropped)

    def _tag(
        self, table: str, seen: Seen, added: Sequence[Mark], dropped: Sequence[Mark]
    ) -> Refusal | None:
        record = next(one for one in seen.tables if one.route_table_id == table)
        ours = self._memory.marks.get(table, set())
        used = {
            mark_of(route.destination, route.network_interface_id)
            for route in record.routes
            if route.destination is not None
        }
        try:
            tags = with_marks(
                record.tag_values, seen.options.cluster, [*ours, *added], dropped, used | ours
            )
        except ValueError as error:
            return Refusal("CreateTags", "TagLimitExceeded", f"{table}: {error}")
        if not tags:
            return None
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        return self._sent("CreateTags", {"Resources": [table], "Tags": pairs})

    def _uncheck(self, works: Sequence[Work], slow: Event) -> Mapping[str, Refusal]:
        """Each interface once, however many routes lead to it."""
        refused: dict[str, Refusal] = {}
        for interface in dict.fromkeys(work.unchecked for work in works if work.unchecked):
            parameters = {"NetworkInterfaceId": interface, "SourceDestCheck": {"Value": False}}
            refusal = self._unless(slow, "ModifyNetworkInterfaceAttribute", parameters)
            if refusal is not None:
                refused[interface] = refusal
        return refused

    def _one(self, work: Work, seen: Seen, slow: Event) -> Refusal | None:
        gone: Refusal | None = None
        for call in work.calls:
            before = dict(shown(seen, call.destination)).get(call.table, "")
            refusal = self._unless(slow, _OPERATIONS[call.verb], _parameters(call))
            if refusal is not None and not _is_gone(work, refusal):
                return refusal
            gone = gone or refusal
            self._memory.wrote(call.table, call.destination, before)
        if not isinstance(work.change, Delete):
            hop = work.change.route.next_hop
            self._memory.asked[work.target, hop.version] = hop
        return gone

    def _unless(
        self, slow: Event, operation: str, parameters: Mapping[str, object]
    ) -> Refusal | None:
        if slow.is_set():
            return Refusal(operation, "RequestLimitExceeded", _NOT_SENT)
        refusal = self._sent(operation, parameters)
        if refusal is not None and refusal.meaning == "throttled":
            slow.set()
        return refusal

    def _sent(self, operation: str, parameters: Mapping[str, object]) -> Refusal | None:
        send: Callable[[str, Mapping[str, object]], None] = self._calls.do
        try:
            send(operation, parameters)
        except CallRefused as error:
            return error.refusal
        return None


def _is_gone(work: Work, refusal: Refusal) -> bool:
    """What shall go is gone, they say; EC2 may not know it yet, so that its mark stays."""
    return isinstance(work.change, Delete) and refusal.meaning == "gone"


def _marks(pairs: Sequence[tuple[str, Mark]], table: str) -> list[Mark]:
    return [mark for where, mark in pairs if where == table]


def _parameters(call: Call) -> Mapping[str, object]:
    version = "" if call.destination.version == _IPV4 else "Ipv6"
    where: dict[str, object] = {"RouteTableId": call.table}
    where[f"Destination{version}CidrBlock"] = str(call.destination)
    if call.interface is not None:
        where["NetworkInterfaceId"] = call.interface.id
    return where
