"""Runs vtysh, here or on a router, and decides nothing."""

import re
from collections.abc import Collection, Sequence
from typing import Final

from podroute.observe.escape import escaped
from podroute.providers.frr.answers import Answers, answers_in, questions
from podroute.providers.frr.changes import Statics
from podroute.providers.frr.checks import FORWARDING, forwarded_in
from podroute.providers.frr.settings import FrrOptions
from podroute.providers.interface import ProviderUnreachable
from podroute.providers.ssh.shell import Shell

_LONGEST: Final = 500  # characters of what vtysh complains about
_SAVED: Final = re.compile(r"onfiguration saved to (/\S+)$", re.MULTILINE)
_SCRIPT: Final = ("-f", "/dev/stdin")


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
        asked = [word for one in questions(self._options) for word in ("-c", one)]
        ran = await self._shell.run((*self._options.command, *asked), "")
        if ran.status:
            message = f"{self._shell.where}: {ran.complaint}"
            raise ProviderUnreachable(message)
        try:
            return answers_in(ran.out, self._options)
        except ValueError as error:
            message = f"{self._shell.where}: {error} {escaped(ran.err, _LONGEST)}".rstrip()
            raise ProviderUnreachable(message) from error

    async def forwarded(self) -> Collection[str]:
        """Whose packets it forwards, of ``ip`` and ``ipv6``.

        Raises:
            ProviderUnreachable: FRRouting did not say.
        """
        asked = [word for one in FORWARDING for word in ("-c", one)]
        ran = await self._shell.run((*self._options.command, *asked), "")
        try:
            return forwarded_in(ran.out)
        except ValueError as error:
            message = (
                f"{self._shell.where}: {escaped(str(error), _LONGEST)} {escaped(ran.err, _LONGEST)}"
            )
            raise ProviderUnreachable(message.rstrip()) from error

    async def configure(self, lines: Sequence[str]) -> str:
        """What it says about ``lines``; it may say something where all is well too.

        Raises:
            ProviderUnreachable: nobody knows what has become of them.
        """
        text = "".join(f"{line}\n" for line in lines)
        ran = await self._shell.run((*self._options.command, *_SCRIPT), text)
        return ran.complaint

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
