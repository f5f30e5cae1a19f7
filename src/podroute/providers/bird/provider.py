"""RouteProvider for static routes of BIRD in a file that it includes."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from podroute.model.bgp_peer import BgpPeer
from podroute.model.check import Check
from podroute.model.route import RouteTable
from podroute.providers.bgp_sessions import of_an_announcer
from podroute.providers.bird.changes import Edit, Look, by_hand, is_about, judged, prepared
from podroute.providers.bird.checks import Seen, checks
from podroute.providers.bird.client import Birdc
from podroute.providers.bird.include_file import text_of
from podroute.providers.bird.protocols import kernels_of, peers_in
from podroute.providers.bird.settings import BirdOptions
from podroute.providers.bird.translate import route_table
from podroute.providers.interface import (
    BgpSpeaker,
    CheckedRouter,
    Limits,
    ProviderKind,
    ProviderUnreachable,
    Question,
    RouteProvider,
    parse_options,
)
from podroute.providers.ssh.kernel_checks import forwarding, next_hops, symmetric
from podroute.providers.ssh.shell import Shell, ShellHere, shell_of
from podroute.routing.outcome import Done, Outcome
from podroute.routing.steps import Change

_PAUSE: Final = 0.05  # seconds between two looks at the tables
_LOOKS: Final = 20  # until what is configured is there


class BirdRoutes:
    """Two static protocols of ours, one for each family."""

    def __init__(self, shell: Shell, options: BirdOptions) -> None:
        self.limits = Limits()
        self._shell = shell
        self._birdc = Birdc(shell, options)
        self._options = options
        self._alone = asyncio.Lock()
        self._look = Look(RouteTable(), {})
        self._text = ""  # of our file

    async def read(self) -> RouteTable:
        async with self._alone:
            return await self._read()

    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        if not changes:
            return ()
        async with self._alone:
            await self._read()
            plans = [prepared(one, self._look, self._options) for one in changes]
            edits = {place: plan for place, plan in enumerate(plans) if isinstance(plan, Edit)}
            told = await self._carry_out(changes, edits)
            return [
                judged(change, self._look, self._options, told[place])
                if isinstance(plan, Edit)
                else plan
                for place, (change, plan) in enumerate(zip(changes, plans, strict=True))
            ]

    async def checks(self, question: Question) -> Sequence[Check]:
        async with self._alone:
            answers, protocols = await self._birdc.read(), await self._birdc.protocols()
            kernels = [
                one.name
                for version in (4, 6)
                for one in kernels_of(protocols, self._options.table_of(version))
            ]
            given = {name: await self._birdc.given(name) for name in kernels}
            of_kernel = [
                of_an_announcer(await forwarding(question, self._shell), peers_in(protocols)),
                await next_hops(question, self._shell),
                await symmetric(question, self._shell),
            ]
            return checks(question, Seen(answers, protocols, given, of_kernel), self._options)

    async def peers(self) -> Sequence[BgpPeer]:
        """Those of all its protocols."""
        async with self._alone:
            return peers_in(await self._birdc.protocols())

    async def changed(self) -> None:
        await asyncio.Event().wait()  # birdc tells nobody

    def commands(self, changes: Sequence[Change]) -> Sequence[str]:
        plans = [prepared(one, self._look, self._options) for one in changes]
        return tuple(by_hand(plan, self._options) for plan in plans)

    async def _read(self) -> RouteTable:
        answers = await self._birdc.read()
        table = route_table(answers, self._options)
        self._look, self._text = Look(table, answers.entries), answers.text
        return table

    async def _carry_out(
        self, changes: Sequence[Change], edits: Mapping[int, Edit]
    ) -> Mapping[int, str]:
        """What went wrong, by place; BIRD takes all lines or none: a bad one is looked for.

        Not where it refuses our file without them too: then none is to blame.
        """
        if not edits:
            return {}
        told = await self._tried(changes, edits)
        if self._is_parted(told, edits) and not await self._configured((), ()):
            return await self._by_halves(changes, edits)
        return dict.fromkeys(edits, told)

    async def _by_halves(
        self, changes: Sequence[Change], edits: Mapping[int, Edit]
    ) -> Mapping[int, str]:
        places, half = list(edits), len(edits) // 2
        outcomes: dict[int, str] = {}
        for some in (places[:half], places[half:]):
            part = {place: edits[place] for place in some}
            told = await self._tried(changes, part)
            if self._is_parted(told, part):
                outcomes |= await self._by_halves(changes, part)
            else:
                outcomes |= dict.fromkeys(part, told)
        return outcomes

    def _is_parted(self, told: str, edits: Mapping[int, Edit]) -> bool:
        return len(edits) > 1 and is_about(told, self._options)

    async def _tried(self, changes: Sequence[Change], edits: Mapping[int, Edit]) -> str:
        return await self._configured([changes[place] for place in edits], list(edits.values()))

    async def _configured(self, changes: Sequence[Change], edits: Sequence[Edit]) -> str:
        """What went wrong, once the effect of ``edits`` can be read."""
        former = self._text
        try:
            told = await self._birdc.write(text_of(self._look.with_edits(edits), self._options))
            if told:
                return told
            told = await self._birdc.configure()
            if told:  # BIRD goes on by what it had: the file says the same again, letter by letter
                told = " ".join(filter(None, (told, await self._birdc.write(former))))
            await self._settled(changes, told)
        except ProviderUnreachable as error:  # by the look before nothing of it is done
            return f"{error}; the next read shows what has become of it"
        return told

    async def _settled(self, changes: Sequence[Change], told: str) -> None:
        """A reconfiguration ends a moment after its answer, or a refused one never begins."""
        for _ in range(1 if told else _LOOKS):
            await self._read()
            outcomes = [judged(one, self._look, self._options, told) for one in changes]
            if all(isinstance(one, Done) for one in outcomes):
                return
            await asyncio.sleep(_PAUSE)


@asynccontextmanager
async def _connect(texts: Mapping[str, str]) -> AsyncGenerator[RouteProvider]:
    options = parse_options(BirdOptions, texts)
    here = ShellHere("BIRD", "birdc", options.timeout)
    with shell_of(options, "bird", here) as shell:
        yield BirdRoutes(shell, options)


KIND = ProviderKind("bird", _connect)
_: tuple[type[RouteProvider], type[CheckedRouter], type[BgpSpeaker]] = (
    BirdRoutes,
    BirdRoutes,
    BirdRoutes,
)
