"""RouteProvider for the static routes of one routing table of RouterOS 7. Experimental."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from podroute.model.check import Check
from podroute.model.cidr import Cidr
from podroute.model.route import RouteTable
from podroute.providers.https.credentials import find_secret
from podroute.providers.https.failures import Unanswered
from podroute.providers.https.session import connected
from podroute.providers.https.settings import AT_ONCE
from podroute.providers.interface import (
    CheckedRouter,
    Limits,
    ProviderKind,
    ProviderUnreachable,
    Question,
    RouteProvider,
    parse_options,
)
from podroute.providers.routeros.changes import Calls, Entries, by_hand, judged, prepared
from podroute.providers.routeros.checks import checks
from podroute.providers.routeros.client import RestApi
from podroute.providers.routeros.refusals import Refusal, Refused
from podroute.providers.routeros.settings import BATCH, BURST, RouterosOptions
from podroute.providers.routeros.translate import is_idle, route_table
from podroute.providers.unwaited import answered
from podroute.routing.outcome import Outcome
from podroute.routing.steps import Change, destination_of

_PAUSE: Final = 0.1  # seconds between two looks at the routing table
_LOOKS: Final = 10  # until a route that is configured is used


class RouterosRoutes:
    """One routing table."""

    def __init__(self, api: RestApi, options: RouterosOptions) -> None:
        self.limits = Limits(batch=BATCH, rate=options.rate, burst=BURST)
        self._api = api
        self._options = options
        self._alone = asyncio.Lock()
        self._entries = Entries(())
        self._places = asyncio.Semaphore(AT_ONCE)
        self._stopped: Refusal | None = None  # why no more is sent for this batch

    async def read(self) -> RouteTable:
        async with self._alone:
            return await self._read()

    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        if not changes:
            return ()
        async with self._alone:
            await self._read()
            plans = [prepared(one, self._entries, self._options) for one in changes]
            sent = {place: plan for place, plan in enumerate(plans) if isinstance(plan, tuple)}
            refusals = await self._carried_out(sent)
            if sent:
                unseen = await self._looked({destination_of(changes[place]) for place in sent})
                refusals = {place: refusals.get(place) or unseen for place in sent}
            return [
                judged(change, self._entries, self._options, refusals[place])
                if isinstance(plan, tuple)
                else plan
                for place, (change, plan) in enumerate(zip(changes, plans, strict=True))
            ]

    async def checks(self, question: Question) -> Sequence[Check]:
        try:
            return checks(question, await self._api.forwarding())
        except (Refused, Unanswered) as error:
            raise ProviderUnreachable(str(error)) from error

    async def changed(self) -> None:
        await asyncio.Event().wait()  # the REST API tells nobody

    def commands(self, changes: Sequence[Change]) -> Sequence[str]:
        plans = [prepared(one, self._entries, self._options) for one in changes]
        return tuple(by_hand(plan, self._options) for plan in plans)

    async def _read(self) -> RouteTable:
        try:
            answers = await self._api.read()
        except (Refused, Unanswered) as error:
            raise ProviderUnreachable(str(error)) from error
        self._entries = Entries(answers.entries)
        return route_table(answers, self._options)

    async def _carried_out(self, plans: Mapping[int, Calls]) -> Mapping[int, Refusal | None]:
        """Each change's requests in turn, those of several changes together."""
        self._stopped = None
        refusals = await asyncio.gather(*(self._sent(calls) for calls in plans.values()))
        return dict(zip(plans, refusals, strict=True))

    async def _sent(self, calls: Calls) -> Refusal | None:
        """Why they are not all done; a router that does not answer is asked no more."""
        async with self._places:
            if self._stopped is not None:
                return self._stopped
            try:
                await self._api.send(calls)
            except Refused as error:
                return error.refusal
            except Unanswered as error:
                self._stopped = Refusal(f"not tried: {error}")
                return Refusal(f"{error}; the next read shows what has become of it")
        return None

    async def _looked(self, about: Collection[Cidr]) -> Refusal | None:
        """Until what is configured is used, or never; why nobody knows what is there."""
        for _ in range(_LOOKS):
            try:
                table = await self._read()
            except ProviderUnreachable as error:
                return Refusal(f"{error}; the next read shows what has become of it")
            if not any(one.destination in about for one in filter(is_idle, table.routes)):
                break
            await asyncio.sleep(_PAUSE)
        return None


@asynccontextmanager
async def _connect(texts: Mapping[str, str]) -> AsyncGenerator[RouteProvider]:
    options = parse_options(RouterosOptions, texts)
    password = await answered(partial(find_secret, options.password))
    async with connected(options) as session:
        yield RouterosRoutes(RestApi(session, options, password), options)


KIND = ProviderKind("routeros", _connect, marks_cluster=True)
_: tuple[type[RouteProvider], type[CheckedRouter]] = (RouterosRoutes, RouterosRoutes)
