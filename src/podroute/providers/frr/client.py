"""Runs vtysh, here or on a router, and decides nothing."""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final, TypeVar

from podroute.observe.escape import escaped
from podroute.providers.frr.answers import Answers, answers_in, questions
from podroute.providers.frr.bgp import Bgp, bgp_in, bgp_questions
from podroute.providers.frr.changes import Statics, script
from podroute.providers.frr.checks import FORWARDING, forwarded_in
from podroute.providers.frr.settings import FrrOptions
from podroute.providers.interface import ProviderUnreachable
from podroute.providers.ssh.shell import Shell

_LONGEST: Final = 500  # characters of what vtysh complains about
_SAVED: Final = re.compile(r"onfiguration saved to (/\S+)$", re.MULTILINE)
_AnswerT = TypeVar("_AnswerT")


class Vtysh:
    """FRRouting's shell, wherever it runs."""

    def __init__(self, shell: Shell, options: FrrOptions) -> None:
        self._shell = shell
        self._options = options

    async def read(self) -> Answers:
        """All that is there.

        Raises:
            ProviderUnreachable: FRRouting did not answer in full.
        """
        return await self._asked(
            questions(self._options), lambda text: answers_in(text, self._options)
        )

    async def forwarded(self) -> Collection[str]:
        """Whose packets it forwards, of ``ip`` and ``ipv6``.

        Raises:
            ProviderUnreachable: FRRouting did not say.
        """
        return await self._asked(FORWARDING, forwarded_in)

    async def bgp(self) -> Bgp:
        """What bgpd knows, if it runs.

        Raises:
            ProviderUnreachable: it did not answer in full.
        """
        return await self._asked(bgp_questions(self._options), bgp_in)

    async def _asked(
        self, questions: Iterable[str], understood: Callable[[str], _AnswerT]
    ) -> _AnswerT:
        words = [word for one in questions for word in ("-c", one)]
        ran = await self._shell.run((*self._options.command, *words), "")
        if ran.status:
            message = f"{self._shell.where}: {ran.complaint}"
            raise ProviderUnreachable(message)
        try:
            return understood(ran.out)
        except ValueError as error:
            told = f"{escaped(str(error), _LONGEST)} {escaped(ran.err, _LONGEST)}"
            message = f"{self._shell.where}: {told}".rstrip()
            raise ProviderUnreachable(message) from error

    async def configure(self, lines: Sequence[str], daemons: Collection[str]) -> str:
        """What it says about ``lines``, if anything; it may do so where all is well too.

        ``daemons``: those that run.

        Raises:
            ProviderUnreachable: nobody knows what has become of them.
        """
        given = script(lines, daemons)
        text = "".join(f"{line}\n" for line in given.lines)
        try:
            ran = await self._shell.run((*self._options.command, *given.words), text)
        except ProviderUnreachable as error:
            if not given.waits_for:
                raise
            message = f"{error}; it waits for who is in '{given.waits_for}' there, if anybody is"
            raise ProviderUnreachable(message, error.after) from error
        return ran.complaint if ran.status or ran.out.strip() or ran.err.strip() else ""

    async def save(self, statics: Statics) -> str:
        """Writes the running configuration, and looks; what is wrong where it is not written.

        On a full disk FRRouting says that it has, and leaves an empty file.

        Raises:
            ProviderUnreachable: nobody knows.
        """
        ran = await self._shell.run((*self._options.command, "-c", "write memory"), "")
        files = _SAVED.findall(ran.out)
        if ran.status or not files:
            return ran.complaint
        found = await self._shell.run(("cat", "--", *files), "")
        if found.status:
            return f"it cannot be read back: {found.complaint}"
        if statics.are_in(found.out, self._options):
            return ""
        return f"{', '.join(files)} does not have it: is the disk full? the former ends in .sav"
