"""Asks a router's kernel which way packets from and to Pods take, where it may be asked."""

from collections.abc import Sequence

from podroute.model.check import Check
from podroute.providers.interface import ProviderUnreachable, Question
from podroute.providers.ssh.shell import Shell
from podroute.providers.symmetry import (
    LOOKING_UP,
    Answers,
    Lookup,
    answers_in,
    first_lookups,
    second_lookups,
    symmetric_check,
    unasked,
)


async def symmetric(question: Question, shell: Shell) -> Check:
    """Skipped where the login may run nothing but the engine's own program."""
    try:
        first = await _asked(first_lookups(question), shell)
        second = await _asked(second_lookups(question, first), shell)
    except (ProviderUnreachable, ValueError) as error:
        return unasked(str(error))
    return symmetric_check(question, {**first, **second})


async def _asked(lookups: Sequence[Lookup], shell: Shell) -> Answers:
    if not lookups:
        return {}
    ran = await shell.run(LOOKING_UP, "".join(f"{one.typed}\n" for one in lookups))
    return answers_in(lookups, ran.out, ran.err)
