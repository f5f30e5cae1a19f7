"""RouteProvider for the static routes of one VRF of VyOS. Experimental."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

from podroute.model.check import Check
from podroute.model.route import RouteTable
from podroute.providers.https.credentials import find_secret
from podroute.providers.https.failures import Unanswered
from podroute.providers.https.session import connected
from podroute.providers.interface import (
    CheckedRouter,
    FinishingRouter,
    Limits,
    ProviderKind,
    ProviderUnreachable,
    Question,
    RouteProvider,
    parse_options,
)
from podroute.providers.startup import Startup
from podroute.providers.unwaited import answered
from podroute.providers.vyos.changes import Entries, Lines, by_hand, judged, prepared
from podroute.providers.vyos.checks import checks, switches
from podroute.providers.vyos.client import HttpApi
from podroute.providers.vyos.refusals import Refusal, Refused
from podroute.providers.vyos.settings import BATCH, VyosOptions
from podroute.providers.vyos.translate import route_table
from podroute.routing.outcome import Outcome
from podroute.routing.steps import Change

_LATER: Final = "; the next read shows what has become of it"


class VyosRoutes:
    """One VRF."""

    def __init__(self, api: HttpApi, options: VyosOptions) -> None:
        self.limits = Limits(batch=BATCH)
        self._api = api
        self._options = options
        self._alone = asyncio.Lock()
        self._entries = Entries(())
        self._startup = Startup(self._save, "save, in configuration mode", kept=options.write)

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
            unseen = await self._looked() if sent else None
            outcomes = [
                judged(change, self._entries, self._options, refusals.get(place) or unseen)
                if isinstance(plan, tuple)
                else plan
                for place, (change, plan) in enumerate(zip(changes, plans, strict=True))
            ]
            return await self._startup.after(outcomes)

    async def finish(self) -> None:
        """Saves what could not be saved."""
        async with self._alone:
            await self._startup.catch_up()

    async def checks(self, question: Question) -> Sequence[Check]:
        lines = tuple(switches(self._options).values())
        try:
            return checks(question, await self._api.there(lines), self._options)
        except (Refused, Unanswered) as error:
            raise ProviderUnreachable(str(error)) from error

    async def changed(self) -> None:
        await asyncio.Event().wait()  # the API tells nobody

    def commands(self, changes: Sequence[Change]) -> Sequence[str]:
        plans = [prepared(one, self._entries, self._options) for one in changes]
        return tuple(by_hand(plan, self._options) for plan in plans)

    async def _read(self) -> RouteTable:
        try:
            answers = await self._api.read()
        except (Refused, Unanswered) as error:
            raise ProviderUnreachable(str(error)) from error
        try:
            table = route_table(answers, self._options)
        except ValueError as error:
            message = f"{self._options.url}: a static route cannot be read: {error}"
            raise ProviderUnreachable(message) from error
        self._entries = Entries(answers.entries)
        return table

    async def _looked(self) -> Refusal | None:
        """Why nobody knows what is there; by the look before, nothing of it is done."""
        try:
            await self._read()
        except ProviderUnreachable as error:
            self._startup.unsure()
            return Refusal(f"{error}{_LATER}")
        return None

    async def _carried_out(self, plans: Mapping[int, Lines]) -> Mapping[int, Refusal]:
        """In one commit; where that is refused, in halves, until what is refused stands alone."""
        if not plans:
            return {}
        refusal = await self._committed(tuple(line for plan in plans.values() for line in plan))
        if refusal is None:
            return {}
        if not refusal.parts or len(plans) == 1:
            return dict.fromkeys(plans, refusal)
        places = tuple(plans)
        half = (len(places) + 1) // 2
        refusals: dict[int, Refusal] = {}
        for some in (places[:half], places[half:]):
            unasked = next((one for one in refusals.values() if not one.parts), None)
            if unasked is None:
                refusals |= await self._carried_out({place: plans[place] for place in some})
            else:
                refusals |= dict.fromkeys(some, unasked)
        return refusals

    async def _committed(self, lines: Lines) -> Refusal | None:
        """Why they are not."""
        try:
            await self._api.configure(lines)
        except Refused as error:
            return error.refusal
        except Unanswered as error:
            return Refusal(f"{error}{_LATER}")
        return None

    async def _save(self) -> str:
        """Why it is not done."""
        try:
            await self._api.save()
        except (Refused, Unanswered) as error:
            return str(error)
        return ""


@asynccontextmanager
async def _connect(texts: Mapping[str, str]) -> AsyncGenerator[RouteProvider]:
    options = parse_options(VyosOptions, texts)
    key = await answered(partial(find_secret, options.key))
    async with connected(options) as session:
        yield VyosRoutes(HttpApi(session, options, key), options)


KIND = ProviderKind("vyos", _connect, marks_cluster=True)
_: tuple[type[RouteProvider], type[CheckedRouter], type[FinishingRouter]] = (
    VyosRoutes,
    VyosRoutes,
    VyosRoutes,
)
