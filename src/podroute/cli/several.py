"""Several routers at once: each is looked at by itself, and one that is not reached is named."""

from collections.abc import AsyncGenerator, Collection, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TypeAlias

from podroute.claims.rules import ClaimRules
from podroute.cli.failure import Exit, Failure
from podroute.cli.reading import Look, look, open_named
from podroute.cli.text import escape, warn
from podroute.cli.together import together, waiting_for
from podroute.config.routers import NamedRouter
from podroute.kube.nodes import NodeList
from podroute.providers.guarded import GuardedRoutes
from podroute.providers.interface import ProviderUnreachable, RouteProvider
from podroute.routing.guardrails import Verdict


@dataclass(frozen=True, slots=True)
class Opened:
    """A router that can be asked."""

    router: NamedRouter
    provider: RouteProvider


@dataclass(frozen=True, slots=True)
class Silent:
    """A router that is not reached."""

    router: NamedRouter
    reason: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A router that was read, and what follows from that; its name is in the word for it."""

    router: NamedRouter
    provider: RouteProvider
    look: Look

    def verdict(self, confirmed: str) -> Verdict:
        """What may be done there, given words with commas; that for another lets nothing pass."""
        shown = self.look.proposal.verdict
        if not shown.held or shown.confirmation not in confirmed.split(","):
            return shown
        return self.look.verdict(shown.confirmation.removesuffix(f"-{self.router.name}"))


Each: TypeAlias = Sequence[Seen | Silent]


@asynccontextmanager
async def opened(routers: Sequence[NamedRouter]) -> AsyncGenerator[Sequence[Opened | Silent]]:
    """All of them, open inside the block.

    Raises:
        Failure: there is no such provider or option.
    """
    async with AsyncExitStack() as stack:
        found: list[Opened | Silent] = []
        for one in routers:
            try:
                provider = await stack.enter_async_context(open_named(one))
            except Failure as failure:
                if failure.status != Exit.UNREACHED:
                    raise
                found.append(Silent(one, str(failure).removeprefix(f"router {one.name}: ")))
            else:
                found.append(Opened(one, GuardedRoutes(provider)))
        yield found


async def look_at_each(
    routers: Sequence[Opened | Silent], listed: NodeList, rules: ClaimRules, *, adopt: bool
) -> Each:
    """Reads all of them at once, and judges the Nodes by each."""

    async def looked(one: Opened | Silent) -> Seen | Silent:
        if isinstance(one, Silent):
            return one
        try:
            seen = await look(listed, one.provider, rules, adopt=adopt)
        except ProviderUnreachable as error:
            return Silent(one.router, str(error))
        return Seen(one.router, one.provider, _named(seen, one.router.name))

    def slow(_: Mapping[str, Seen | Silent], waited: Sequence[str]) -> None:
        warn(waiting_for(waited))

    work = {one.router.name or one.router.provider: looked(one) for one in routers}
    found = await together(work, slow)
    return list(found.values())


def _named(look: Look, router: str) -> Look:
    """The same may be held back at several routers; each asks for itself."""
    verdict = look.proposal.verdict
    if verdict.held:
        verdict = replace(verdict, confirmation=f"{verdict.confirmation}-{router}")
    return replace(look, proposal=replace(look.proposal, verdict=verdict))


def reached(each: Each) -> Iterator[Seen]:
    """Those that were read."""
    return (one for one in each if isinstance(one, Seen))


def heading(router: NamedRouter) -> str:
    """The line above what is told of it."""
    return f"Router {router.name} ({router.provider}):"


def warn_of(silent: Collection[Silent]) -> None:
    """One line for each."""
    for one in silent:
        warn(f"router {one.router.name} is not reached: {escape(one.reason)}")


def need_all(each: Each) -> None:
    """Goes on where each was read.

    Raises:
        Failure: naming those that were not.
    """
    silent = [one for one in each if isinstance(one, Silent)]
    if silent:
        words = "; ".join(f"{one.router.name}: {one.reason}" for one in silent)
        raise Failure(Exit.UNREACHED, f"not reached: {words}")
