"""RouteProvider for the static routes of one VRF of FRRouting."""

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

from podroute.model.bgp_peer import BgpPeer
from podroute.model.check import Check
from podroute.model.cidr import Cidr
from podroute.model.route import RouteTable
from podroute.providers.frr.bgp import DAEMON, NO_BGP, peers_in
from podroute.providers.frr.changes import (
    Attempt,
    Lines,
    Statics,
    attempts,
    by_hand,
    judged,
    prepared,
    sent_again,
)
from podroute.providers.frr.checks import Seen, checks
from podroute.providers.frr.client import Vtysh
from podroute.providers.frr.settings import FrrOptions
from podroute.providers.frr.translate import is_idle, route_table
from podroute.providers.interface import (
    BgpSpeaker,
    CheckedRouter,
    FinishingRouter,
    Limits,
    ProviderKind,
    ProviderUnreachable,
    Question,
    RouteProvider,
    parse_options,
)
from podroute.providers.ssh.kernel_checks import next_hops, symmetric
from podroute.providers.ssh.shell import Shell, ShellHere, shell_of
from podroute.providers.startup import Startup
from podroute.routing.outcome import Failed, Outcome
from podroute.routing.steps import Change, destination_of

_PAUSE: Final = 0.05  # seconds between two looks at the routing table
_LOOKS: Final = 20  # until a route that is configured is there


class FrrRoutes:
    """One VRF."""

    def __init__(self, shell: Shell, options: FrrOptions) -> None:
        self.limits = Limits()
        self._shell = shell
        self._vtysh = Vtysh(shell, options)
        self._options = options
        self._alone = asyncio.Lock()
        self._statics = Statics(())
        self._daemons: Collection[str] = ()
        by_hand = f"{options.vtysh} -c 'write memory'"
        self._startup = Startup(self._save, by_hand, kept=options.write)

    async def read(self) -> RouteTable:
        async with self._alone:
            return await self._read()

    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        if not changes:
            return ()
        async with self._alone:
            await self._read()
            plans = [prepared(one, self._statics, self._options) for one in changes]
            sent = [place for place, plan in enumerate(plans) if isinstance(plan, tuple)]
            outcomes = {
                place: plan for place, plan in enumerate(plans) if not isinstance(plan, tuple)
            }
            for attempt in attempts(sent, self._daemons):
                outcomes |= await self._carry_out(changes, plans, attempt)
            return await self._startup.after([outcomes[place] for place in range(len(changes))])

    async def finish(self) -> None:
        """Saves what could not be saved."""
        async with self._alone:
            await self._startup.catch_up()

    async def checks(self, question: Question) -> Sequence[Check]:
        async with self._alone:
            forwarded, answers = await self._vtysh.forwarded(), await self._vtysh.read()
            bgp = await self._vtysh.bgp() if DAEMON in answers.daemons else NO_BGP
            of_kernel = [await one(question, self._shell) for one in (next_hops, symmetric)]
            return checks(question, Seen(forwarded, of_kernel, answers, bgp), self._options)

    async def peers(self) -> Sequence[BgpPeer]:
        """Those of bgpd in this VRF."""
        async with self._alone:
            answers = await self._vtysh.read()
            if DAEMON not in answers.daemons:
                message = f"{DAEMON} is not running there: no BGP session can be"
                raise ProviderUnreachable(message)
            return peers_in(await self._vtysh.bgp())

    async def changed(self) -> None:
        await asyncio.Event().wait()  # vtysh tells nobody

    def commands(self, changes: Sequence[Change]) -> Sequence[str]:
        plans = [prepared(one, self._statics, self._options) for one in changes]
        return tuple(by_hand(plan, self._options) for plan in plans)

    async def _read(self) -> RouteTable:
        answers = await self._vtysh.read()
        try:
            table = route_table(answers, self._options)
        except ValueError as error:
            message = f"the answer of vtysh cannot be read: {error}"
            raise ProviderUnreachable(message) from error
        self._statics, self._daemons = Statics(answers.statics), answers.daemons
        return table

    async def _carry_out(
        self, changes: Sequence[Change], plans: Sequence[Lines | Outcome], attempt: Attempt
    ) -> Mapping[int, Outcome]:
        """In one transaction; a change that is refused is looked for."""
        sent = attempt.places
        asked = [plan for place in sent if isinstance(plan := plans[place], tuple)]
        lines = [line for plan in asked for line in plan]
        told, known = await self._configured(lines, {destination_of(changes[one]) for one in sent})
        outcomes = {
            place: judged(changes[place], self._statics, self._options, told) for place in sent
        }
        left = [place for place in sent if isinstance(outcomes[place], Failed)]
        for some in sent_again(attempt, left, told) if known else ():
            outcomes |= await self._carry_out(changes, plans, some)
        return outcomes

    async def _configured(self, lines: Sequence[str], about: Collection[Cidr]) -> tuple[str, bool]:
        """What is said about ``lines`` once their effect can be read, and whether anybody knows."""
        try:
            told = await self._vtysh.configure(lines, self._daemons)
            await self._settled(about)
        except ProviderUnreachable as error:
            return await self._unknown(error), False
        return told, True

    async def _settled(self, about: Collection[Cidr]) -> None:
        """What is configured reaches the routing table a moment later, or never."""
        for _ in range(_LOOKS):
            table = await self._read()
            if not any(one.destination in about for one in filter(is_idle, table.routes)):
                return
            await asyncio.sleep(_PAUSE)

    async def _unknown(self, error: ProviderUnreachable) -> str:
        self._startup.unsure()
        with suppress(ProviderUnreachable):  # by the look before nothing of it is done
            await self._read()
        return f"{error}; the next read shows what has become of it"

    async def _save(self) -> str:
        return await self._vtysh.save(self._statics)


@asynccontextmanager
async def _connect(texts: Mapping[str, str]) -> AsyncGenerator[RouteProvider]:
    options = parse_options(FrrOptions, texts)
    here = ShellHere("FRRouting", "vtysh", options.timeout)
    with shell_of(options, "frr", here) as shell:
        yield FrrRoutes(shell, options)


KIND = ProviderKind("frr", _connect)
_: type[RouteProvider] = FrrRoutes
__: tuple[type[CheckedRouter], type[BgpSpeaker], type[FinishingRouter]] = (
    FrrRoutes,
    FrrRoutes,
    FrrRoutes,
)
