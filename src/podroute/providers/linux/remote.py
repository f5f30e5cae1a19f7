"""RouteProvider for the kernel of another machine: podroute on that router does the work."""

import asyncio
from collections.abc import Coroutine, Sequence
from importlib.metadata import version
from typing import Final

from podroute.model.check import Check
from podroute.model.route import RouteTable
from podroute.observe.escape import escaped
from podroute.providers.interface import (
    CheckedRouter,
    Limits,
    ProviderUnreachable,
    Question,
    RouteProvider,
)
from podroute.providers.linux.lines import remote_lines
from podroute.providers.linux.messages import (
    SPEECH,
    Answer,
    ChecksAnswered,
    Hello,
    NothingDone,
    ReadRoutes,
    Request,
    RoutesApplied,
    RoutesChanged,
    RoutesRead,
    apply_request,
    ask_request,
    checks_of,
    decode_answer,
    encode,
    outcomes_of,
    table_of,
)
from podroute.providers.linux.settings import LinuxOptions
from podroute.providers.linux.ssh_options import LinuxSshOptions
from podroute.providers.ssh.failures import SshFailed
from podroute.providers.ssh.session import Dialogue, SshSession
from podroute.routing.outcome import Failed, Outcome
from podroute.routing.steps import Change

COMMAND: Final = ("podroute", "on-router")
_SEE: Final = ": see command= in authorized_keys there, and what its shell prints at a login"
_LONGEST: Final = 200  # characters of what is no answer


class _Talk:
    """One conversation with podroute on the router, from its Hello to its end."""

    def __init__(self, dialogue: Dialogue, heard: asyncio.Event) -> None:
        self.end = ""  # why there is nothing more to hear
        self._dialogue = dialogue
        self._heard = heard
        self._answers: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._listening = asyncio.create_task(self._listen())

    def close(self) -> None:
        self._listening.cancel()
        self._dialogue.close()

    async def ask(self, request: Request) -> bytes:
        """Its answer.

        Raises:
            SshFailed: there is none.
        """
        await self._dialogue.tell(encode(request))
        return await self.answer()

    async def answer(self) -> bytes:
        """The next one.

        Raises:
            SshFailed: there is none.
        """
        line = None if self.end else await self._answers.get()
        if line is None:
            raise SshFailed(self.end)
        return line

    async def _listen(self) -> None:
        changed = encode(RoutesChanged())
        try:
            while True:
                line = await self._dialogue.line()
                if line == changed:
                    self._heard.set()
                else:
                    self._answers.put_nowait(line)
        except SshFailed as error:
            self.end = str(error)
        self._answers.put_nowait(None)
        self._heard.set()


class RemoteRoutes:
    """One routing table of a router's kernel, as the router's own file allows it."""

    def __init__(self, options: LinuxSshOptions, session: SshSession) -> None:
        self.limits = Limits()
        self._place = options.place
        self._login = options.login
        self._timeout = options.timeout
        self._session = session
        self._alone = asyncio.Lock()
        self._heard = asyncio.Event()
        self._talk: _Talk | None = None
        self._kernel = LinuxOptions()
        self._last = b""  # the answer that is ``_table``
        self._table = RouteTable()

    def close(self) -> None:
        """Nothing is asked any more; what the router makes of our key is looked at by a login."""
        if self._talk is not None:
            self._talk.close()
        self._talk = None
        self._session.close()

    async def read(self) -> RouteTable:
        async with self._alone:
            self._heard.clear()
            try:
                line = await self._ask(await self._talking(), ReadRoutes(SPEECH))
            except SshFailed as error:
                raise ProviderUnreachable(str(error)) from error
            if line != self._last:
                self._table = self._table_in(line)
                self._last = line
            return self._table

    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        if not changes:
            return ()
        async with self._alone:
            try:
                talk = await self._talking()
            except SshFailed as error:
                raise ProviderUnreachable(str(error)) from error
            try:
                line = await self._ask(talk, apply_request(changes))
            except SshFailed as error:
                reason = f"{error}; the next read shows what has become of it"
                return [Failed(change, reason, "worth it") for change in changes]
            return self._outcomes_in(line, changes)

    async def checks(self, question: Question) -> Sequence[Check]:
        async with self._alone:
            try:
                line = await self._ask(await self._talking(), ask_request(question))
            except SshFailed as error:
                raise ProviderUnreachable(str(error)) from error
        answer = self._decoded(line)
        if isinstance(answer, ChecksAnswered):
            return checks_of(answer)
        raise self._unexpected(answer)

    async def changed(self) -> None:
        await self._heard.wait()
        if self._talk is not None and self._talk.end:
            raise ProviderUnreachable(self._talk.end)

    def commands(self, changes: Sequence[Change]) -> Sequence[str]:
        return remote_lines(changes, self._table, self._kernel, self._login)

    async def _talking(self) -> _Talk:
        talk = self._talk
        if talk is None or talk.end:
            self.close()
            talk = _Talk(await self._session.dialogue(COMMAND), self._heard)
            self._talk = talk
            self._greet(await self._in_time(talk.answer()))
        return talk

    async def _ask(self, talk: _Talk, request: Request) -> bytes:
        return await self._in_time(talk.ask(request))

    async def _in_time(self, answer: Coroutine[None, None, bytes]) -> bytes:
        """Who does not wait for an answer any more does not take it for another."""
        try:
            async with asyncio.timeout(self._timeout):
                return await answer
        except TimeoutError as error:
            self.close()
            message = f"{self._place}: no answer within {self._timeout:g} s"
            raise SshFailed(message) from error
        except asyncio.CancelledError:
            self.close()
            raise

    def _greet(self, line: bytes) -> None:
        """Looks who answers.

        Raises:
            SshFailed: it is another program, or another version of ours.
        """
        try:
            hello = decode_answer(line)
        except (ValueError, RecursionError):
            hello = None
        if not isinstance(hello, Hello):
            words = escaped(line.decode(errors="replace"), _LONGEST)
            message = f"{self._place}: {words!r} is not how podroute on-router begins{_SEE}"
            raise self._not_ours(message)
        if hello.speech != SPEECH:
            message = (
                f"{self._place}: podroute {hello.podroute} there speaks version {hello.speech}, "
                f"podroute {version('podroute')} here {SPEECH}: install the same on both"
            )
            raise self._not_ours(message)

    def _not_ours(self, message: str) -> SshFailed:
        self.close()
        return SshFailed(message)

    def _table_in(self, line: bytes) -> RouteTable:
        answer = self._decoded(line)
        try:
            if isinstance(answer, RoutesRead):
                self._kernel = answer.options
                return table_of(answer)
        except ValueError as error:
            message = f"{self._place}: its answer cannot be read: {error}"
            raise ProviderUnreachable(message) from error
        raise self._unexpected(answer)

    def _outcomes_in(self, line: bytes, changes: Sequence[Change]) -> Sequence[Outcome]:
        try:
            answer = self._decoded(line)
            if isinstance(answer, RoutesApplied):
                return outcomes_of(answer, changes)
        except (ProviderUnreachable, ValueError) as error:
            return [Failed(change, str(error), "worth it") for change in changes]
        raise self._unexpected(answer)

    def _decoded(self, line: bytes) -> Answer:
        try:
            return decode_answer(line)
        except (ValueError, RecursionError) as error:
            message = f"{self._place}: its answer cannot be read: {error}"
            raise ProviderUnreachable(message) from error

    def _unexpected(self, answer: Answer) -> ProviderUnreachable:
        if isinstance(answer, NothingDone):
            return ProviderUnreachable(f"{self._place}: {answer.reason}", answer.after)
        return ProviderUnreachable(f"{self._place}: {type(answer).__name__} is no answer to this")


_: tuple[type[RouteProvider], type[CheckedRouter]] = (RemoteRoutes, RemoteRoutes)
