"""Asks a router's kernel whether it forwards, where it may be asked."""

from podroute.model.check import Check
from podroute.providers.forwarding import FORWARDING, forwarding_check, forwards_in, unasked
from podroute.providers.interface import ProviderUnreachable, Question
from podroute.providers.ssh.shell import Shell


async def forwarding(question: Question, shell: Shell) -> Check:
    """Skipped where the login may run nothing but the engine's own program."""
    try:
        ran = await shell.run(FORWARDING, "")
        if not ran.out:
            return unasked(ran.complaint)
        return forwarding_check(question, forwards_in(ran.out))
    except (ProviderUnreachable, ValueError) as error:
        return unasked(str(error))
