"""Asks birdc and writes the file, here or on a router, and decides nothing."""

from collections.abc import Collection, Mapping, Sequence
from secrets import token_hex
from typing import Final

from podroute.providers.bird.answers import (
    TAKEN,
    Answers,
    BirdRoute,
    Line,
    lines_in,
    links_in,
    questions,
    routes_in,
)
from podroute.providers.bird.include_file import entries_in
from podroute.providers.bird.protocols import PROTOCOLS, Protocol, protocols_in
from podroute.providers.bird.settings import BirdOptions
from podroute.providers.interface import ProviderUnreachable
from podroute.providers.ssh.shell import Ran, Shell

_UNKNOWN: Final = 8  # bytes of a name that nobody can know before
# all of the file, or the former one; nothing that is there already is written into, or followed
_WRITE: Final = (
    'umask 022; set -C; exec 3>"$2" || exit; '
    "trap 'rm -f -- \"$2\"' EXIT; trap 'exit 1' HUP INT TERM; "
    'cat >&3 && sync -- "$2" && mv -f -- "$2" "$1" && { sync -- "${1%/*}/" || :; }'
)

# by the words for why it cannot be read
_ADVICE: Final[Mapping[str, str]] = {
    "No such file or directory": "make it, empty, and include it in bird.conf",
    "Is a directory": "option file is to name a file, e.g. one in it",
}
_OTHERWISE: Final = "podroute must be able to read and write it"


class Birdc:
    """BIRD's control program and our file, wherever they are."""

    def __init__(self, shell: Shell, options: BirdOptions) -> None:
        self._shell = shell
        self._options = options

    async def read(self) -> Answers:
        """All that is there.

        Raises:
            ProviderUnreachable: BIRD did not answer in full, or the file is not ours alone.
        """
        written = await self._written()
        asked = questions(self._options)
        answers = {about: await self._asked(("-r", *words)) for about, words in asked.items()}
        try:
            links = links_in(answers["links"])
            routes = (*routes_in(answers["v4"]), *routes_in(answers["v6"]))
            entries = entries_in(written, self._options)
            return Answers(routes, tuple(links), entries, written)
        except ValueError as error:
            message = f"{self._shell.where}: {error}"
            raise ProviderUnreachable(message) from error

    async def _written(self) -> str:
        """What the file says."""
        plain = ("env", "LC_ALL=C", "cat", "--", self._options.file)
        found = await self._shell.run(plain, "")
        if found.status:
            known = (text for words, text in _ADVICE.items() if words in found.complaint)
            message = f"{self._shell.where}: {found.complaint}: {next(known, _OTHERWISE)}"
            raise ProviderUnreachable(message)
        return found.out

    async def protocols(self) -> Sequence[Protocol]:
        """All that are configured.

        Raises:
            ProviderUnreachable: BIRD did not answer in full.
        """
        return protocols_in(await self._asked(("-r", *PROTOCOLS)))

    async def given(self, protocol: str) -> Collection[BirdRoute]:
        """What is exported to it.

        Raises:
            ProviderUnreachable: BIRD did not answer in full.
        """
        lines = await self._asked(("-r", "show", "route", "export", protocol))
        try:
            return frozenset(routes_in(lines))
        except ValueError as error:
            message = f"{self._shell.where}: {error}"
            raise ProviderUnreachable(message) from error

    async def write(self, text: str) -> str:
        """The file, whole or not at all; what is wrong where it is not written.

        Raises:
            ProviderUnreachable: nobody knows.
        """
        file = self._options.file
        beside = f"{file}.{token_hex(_UNKNOWN)}.new"
        ran = await self._shell.run(("sh", "-c", _WRITE, "sh", file, beside), text)
        return f"{file} is not written: {ran.complaint}" if ran.status else ""

    async def configure(self) -> str:
        """Has BIRD read its configuration anew; what it says where it does not take it.

        Raises:
            ProviderUnreachable: nobody knows.
        """
        ran = await self._run(("configure", "soft"))
        try:
            lines = lines_in(ran.out)
        except ValueError as error:
            return f"BIRD has refused its configuration: {error}"
        return "" if TAKEN & {one.code for one in lines} else f"BIRD says {ran.complaint}"

    async def _asked(self, words: Sequence[str]) -> Sequence[Line]:
        ran = await self._run(words)
        try:
            lines = lines_in(ran.out)
        except ValueError as error:
            message = f"{self._shell.where}: {error}"
            raise ProviderUnreachable(message) from error
        if ran.status:
            message = f"{self._shell.where}: the answer of birdc breaks off: {ran.last_words}"
            raise ProviderUnreachable(message)
        return lines

    async def _run(self, words: Sequence[str]) -> Ran:
        ran = await self._shell.run((*self._options.command, "-v", *words), "")
        if ran.status and not ran.out:
            message = f"{self._shell.where}: {ran.complaint}"
            raise ProviderUnreachable(message)
        return ran
