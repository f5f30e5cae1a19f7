"""RouteProvider for the static routes of one VPC network of Google Cloud."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Final, TypeVar

import msgspec

from podroute.model.check import Check
from podroute.model.route import Preferences, Quota, RouteTable
from podroute.providers.gcp.carry import Carrier, Written
from podroute.providers.gcp.checks import checks
from podroute.providers.gcp.client import Compute, connected
from podroute.providers.gcp.inventory import Inventory, inventory_of
from podroute.providers.gcp.login import sign_in
from podroute.providers.gcp.refusals import Refusal, Refused, failed
from podroute.providers.gcp.rounds import (
    Found,
    Rounds,
    Seen,
    by_destination,
    commands,
    in_turn,
    leads_to_instance,
    prepared,
)
from podroute.providers.gcp.settings import BURST, LAG, SPARE, GcpOptions
from podroute.providers.gcp.translate import (
    gateways,
    installed_route,
    is_ours,
    is_static,
    subnets,
    wished_resource,
)
from podroute.providers.gcp.wire import RouteResource
from podroute.providers.interface import (
    CheckedRouter,
    InvalidOption,
    Limits,
    ProviderKind,
    ProviderUnreachable,
    Question,
    RouteProvider,
    parse_options,
)
from podroute.providers.unwaited import answered
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Change, Create

_BATCH: Final = 50  # changes: all are answered when the last operation is done
_RECENT: Final = 2.0  # seconds: nobody makes us list more often
_GATHER: Final = 1.0  # seconds; a call waits for operations, however many changes it carries
_CALLS: Final = 8  # batches under way: none waits for an operation of another
_PAUSE: Final = 0.25  # seconds before a list that is too old is asked for again; doubled each time
_LONGEST_PAUSE: Final = 2.0
ListT = TypeVar("ListT")
_NOBODY: Final = frozenset(("unreached", "credentials"))


class GcpRoutes:
    """One VPC network."""

    def __init__(self, compute: Compute, options: GcpOptions) -> None:
        self.limits = Limits(_CALLS, _BATCH, options.rate, BURST, _GATHER, LAG)
        self._compute = compute
        self._options = options
        self._written = Written()
        self._seen = Seen()
        self._read_at = float("-inf")
        self._quota: Quota | None = None
        self._counted: int | None = None  # static routes when the quota was asked for
        self._moving = 0  # replacements under way, each with a place that is its own

    async def read(self) -> RouteTable:
        begun = asyncio.get_running_loop().time()
        try:
            self._seen = await self._look()
            self._read_at = begun
        except Refused as error:
            raise _unreachable(error.refusal) from error
        return self._with_places_kept(self._seen.table)

    def _with_places_kept(self, table: RouteTable) -> RouteTable:
        """What a replacement leaves for a moment, or takes, is room for no other route."""
        quota = table.quota
        if quota is None or not self._moving:
            return table
        used = max(quota.used, min(quota.used + self._moving, quota.limit))
        return replace(table, quota=replace(quota, used=used))

    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        if changes and not self._knows(changes):
            await self.read()
        outcomes: dict[int, Outcome] = {}
        plans: dict[int, Rounds] = {}
        for place, change in enumerate(changes):
            rounds = prepared(change, self._seen, self._options)
            if isinstance(rounds, Done | Failed):
                outcomes[place] = rounds
            else:
                plans[place] = rounds
        carrier = Carrier(self._compute, self._options, self._written)
        refusals = await self._carried_out(plans, carrier)
        if plans:
            self._counted = None
        nobody = [one for one in refusals.values() if one.cause in _NOBODY]
        if nobody and len(nobody) == len(plans) and not carrier.accepted:
            raise _unreachable(nobody[0])
        for place, plan in plans.items():
            why = refusals.get(place)
            if why is not None and why.cause == "invalid" and leads_to_instance(plan):
                why = why._replace(cause="unknown")  # it may have ended since the list
            outcomes[place] = failed(changes[place], why) if why else Done(changes[place])
        return [outcomes[place] for place in range(len(changes))]

    async def _carried_out(
        self, plans: Mapping[int, Rounds], carrier: Carrier
    ) -> Mapping[int, Refusal]:
        refusals: dict[int, Refusal] = {}
        moving = sum(len(plan) > 1 for plan in plans.values())
        self._moving += moving
        try:
            for part in in_turn(plans, self._seen.table.quota):
                refusals |= await carrier.carry_out(part)
        finally:
            self._moving -= moving
        return refusals

    def _knows(self, changes: Sequence[Change]) -> bool:
        """A name may stand for another route by now; what comes needs no such care.

        But it may lead to an instance that has been started since.
        """
        if self._is_read_within(_RECENT):
            return all(isinstance(one, Create) for one in changes)
        return self._is_read_within(LAG) and all(
            isinstance(one, Create) and self._finds(one) for one in changes
        )

    def _is_read_within(self, seconds: float) -> bool:
        return self._read_at > asyncio.get_running_loop().time() - seconds

    def _finds(self, change: Create) -> bool:
        try:
            wished_resource(change.route, self._options, self._seen.inventory)
        except ValueError:
            return False
        return True

    async def checks(self, question: Question) -> Sequence[Check]:
        listed = await _unless_refused(self._compute.instances())
        firewalls = await _unless_refused(self._compute.firewalls())
        peerings = await _unless_refused(self._compute.peerings())
        inventory = listed if isinstance(listed, str) else inventory_of(listed, self._options)
        return checks(question, self._options, inventory, firewalls, peerings)

    async def changed(self) -> None:
        await asyncio.Event().wait()  # Google Cloud tells nobody

    def commands(self, changes: Sequence[Change]) -> Sequence[str]:
        return commands(changes, self._seen, self._options)

    async def _look(self) -> Seen:
        resources = await self._routes()
        inventory = await self._inventory([one for one in resources if one.next_hop_instance])
        found = [
            Found(route, one)
            for one in resources
            if (route := installed_route(one, self._options, inventory)) is not None
        ]
        place = self._options.priority
        networks = subnets(resources)
        table = RouteTable(
            tuple(one.route for one in found),
            networks,
            gateways(networks or ()),
            preferences=Preferences(place, place),
            quota=await self._room(resources),
        )
        return Seen(table, by_destination(found), inventory)

    async def _inventory(self, by_instance: Sequence[RouteResource]) -> Inventory:
        """Only where a route leads to an instance, or shall.

        Where only foreign ones do, and who may not ask keeps to addresses, they are black holes: a
        wish is not satisfied by them, and nobody else's route stops the pass.
        """
        needed = self._options.next_hop == "instance"
        if not needed and not by_instance:
            return Inventory()
        try:
            return inventory_of(await self._compute.instances(), self._options)
        except Refused as error:
            if needed or any(is_ours(one, self._options) for one in by_instance):
                raise
            match error.refusal.cause:
                case "forbidden":
                    return Inventory()
                case "unknown":
                    return self._seen.inventory  # a zone that does not answer now
                case _:
                    raise

    async def _routes(self) -> list[RouteResource]:
        """The list, when it is not older than our own changes any more, or after LAG seconds."""
        pause, began = _PAUSE, asyncio.get_running_loop().time()
        listed = await self._compute.routes()
        while self._written.contradicted(listed, began):
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            listed = await self._compute.routes()
        return listed

    async def _room(self, resources: Sequence[RouteResource]) -> Quota | None:
        """Asked for again when routes have come or gone, and as long as there is no room.

        It is the project's, so that nothing in this network tells when it has room again.
        """
        count = sum(map(is_static, resources))
        limit = self._options.route_limit
        if limit is not None:
            return Quota(count, limit, spare=SPARE) if limit else None
        if self._counted != count or (self._quota is not None and self._quota.is_full):
            self._quota = await self._compute.quota()
            self._counted = count
        return self._quota


async def _unless_refused(asking: Awaitable[ListT]) -> ListT | str:
    """The answer, or why there is none.

    Raises:
        ProviderUnreachable: nothing can be asked.
    """
    try:
        return await asking
    except Refused as error:
        if error.refusal.cause in _NOBODY:
            raise _unreachable(error.refusal) from error
        return error.refusal.words


def _unreachable(why: Refusal) -> ProviderUnreachable:
    return ProviderUnreachable(f"Google Cloud: {why.words}", why.after)


@asynccontextmanager
async def _connect(texts: Mapping[str, str]) -> AsyncGenerator[RouteProvider]:
    options = parse_options(GcpOptions, texts)
    login, project = await answered(lambda: sign_in(options))
    try:
        options = msgspec.structs.replace(options, project=project)
    except ValueError as error:
        message = f"of the credentials: {error}; or give --provider-option project="
        raise InvalidOption(message) from error
    async with connected(login, options) as compute:
        yield GcpRoutes(compute, options)


KIND = ProviderKind("gcp", _connect, marks_cluster=True)
_: tuple[type[RouteProvider], type[CheckedRouter]] = (GcpRoutes, GcpRoutes)
