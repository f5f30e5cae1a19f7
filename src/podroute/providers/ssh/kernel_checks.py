"""Asks a router's kernel what keeps it from forwarding, where it may be asked."""

from collections.abc import Awaitable, Sequence
from dataclasses import replace
from typing import Final

from podroute.model.check import Check
from podroute.providers.forwarding import FORWARDING, forwarding_check, forwards_in
from podroute.providers.interface import ProviderUnreachable, Question
from podroute.providers.next_hops import NEIGHBOURS, next_hop_check, silent_in
from podroute.providers.ssh.shell import Shell
from podroute.providers.symmetry import (
    LOOKING_UP,
    Answers,
    Lookup,
    answers_in,
    first_lookups,
    second_lookups,
    symmetric_check,
)

_NOTHING: Final = Question((), ())


async def forwarding(question: Question, shell: Shell) -> Check:
    """Whether it forwards at all."""
    return await _asked(_forwarding(question, shell), forwarding_check(_NOTHING, {}))


async def next_hops(question: Question, shell: Shell) -> Check:
    """Which Nodes do not answer it."""
    return await _asked(_next_hops(question, shell), next_hop_check(_NOTHING, {}))


async def symmetric(question: Question, shell: Shell) -> Check:
    """Which way packets from and to Pods take."""
    return await _asked(_symmetric(question, shell), symmetric_check(_NOTHING, {}))


async def _asked(answer: Awaitable[Check], unasked: Check) -> Check:
    """Skipped where the login may run nothing but the engine's own program."""
    try:
        return await answer
    except (ProviderUnreachable, ValueError) as error:
        return replace(unasked, skipped=str(error))


async def _forwarding(question: Question, shell: Shell) -> Check:
    ran = await shell.run(FORWARDING, "")
    if not ran.out:
        raise ValueError(ran.complaint)
    return forwarding_check(question, forwards_in(ran.out))


async def _next_hops(question: Question, shell: Shell) -> Check:
    ran = await shell.run(NEIGHBOURS, "")
    if ran.status:
        raise ValueError(ran.complaint)
    return next_hop_check(question, silent_in(ran.out))


async def _symmetric(question: Question, shell: Shell) -> Check:
    first = await _looked_up(first_lookups(question), shell)
    second = await _looked_up(second_lookups(question, first), shell)
    return symmetric_check(question, {**first, **second})


async def _looked_up(lookups: Sequence[Lookup], shell: Shell) -> Answers:
    if not lookups:
        return {}
    ran = await shell.run(LOOKING_UP, "".join(f"{one.typed}\n" for one in lookups))
    return answers_in(lookups, ran.out, ran.err)
