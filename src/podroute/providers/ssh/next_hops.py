"""Asks a router's kernel which Nodes do not answer it, where it may be asked."""

from podroute.model.check import Check
from podroute.providers.interface import ProviderUnreachable, Question
from podroute.providers.next_hops import NEIGHBOURS, next_hop_check, silent_in, unasked
from podroute.providers.ssh.shell import Shell


async def next_hops(question: Question, shell: Shell) -> Check:
    """Skipped where the login may run nothing but the engine's own program."""
    try:
        ran = await shell.run(NEIGHBOURS, "")
        if ran.status:
            return unasked(ran.complaint)
        return next_hop_check(question, silent_in(ran.out))
    except (ProviderUnreachable, ValueError) as error:
        return unasked(str(error))
