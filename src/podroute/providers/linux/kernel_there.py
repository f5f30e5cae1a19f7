"""A router's kernel by the program ``ip``, for a login that is root there."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Generator, Iterable, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from errno import ENOBUFS
from threading import Lock
from typing import Final, TypeVar

from podroute.host.rtnetlink import Refusal
from podroute.observe.escape import escaped
from podroute.providers.interface import ProviderUnreachable
from podroute.providers.linux.changes import Round
from podroute.providers.linux.ip_program import (
    CHANGING,
    answers_in,
    batch,
    listed_in,
    listing,
    unsaid,
)
from podroute.providers.linux.kernel import Kernel
from podroute.providers.linux.translate import Listed
from podroute.providers.ssh.failures import SshFailed, said
from podroute.providers.ssh.session import SshSession
from podroute.providers.ssh.settings import Place

_ATTEMPTS: Final = 10
_LONGEST: Final = 500  # characters of what ip complains about
_INTERRUPTED: Final = "Dump was interrupted"  # what ip says of a list that is not of one moment
_HINT: Final = "is iproute2 installed there? (an ip of busybox is not enough)"

_AnswerT = TypeVar("_AnswerT")


class KernelThere:
    """``ip`` behind ``session``, asked from threads beside ``loop``, in which the session lives."""

    def __init__(self, session: SshSession, place: Place, loop: asyncio.AbstractEventLoop) -> None:
        self.privilege = (
            f"{place}: changing routes there needs root, and {place.user} is not: "
            "log in as root, or take option through=on-router"
        )
        self._session = session
        self._place = place
        self._loop = loop
        self._lock = Lock()
        self._given_up = False
        self._asking: asyncio.Task[object] | None = None

    def worked(self, work: Callable[[], _AnswerT]) -> _AnswerT:
        """``work``, in a thread, as long as it is not given up; never two at once."""
        self._given_up = False
        return work()

    def give_up(self) -> None:
        """In the loop: whoever waits in the thread, or asks further, gets no answer."""
        self._given_up = True
        if self._asking is not None:
            self._asking.cancel()

    @contextmanager
    def alone(self) -> Generator[None]:
        """Of those who go by this object; where nobody can log in nothing is begun."""
        with self._lock:
            try:
                self._waited(self._session.reach())
            except SshFailed as error:
                raise ProviderUnreachable(str(error)) from error
            yield

    def listed(self, tables: Collection[int]) -> Listed:
        try:
            for _ in range(_ATTEMPTS):
                ran = self._waited(self._session.run(listing(tables)))
                told = said(ran.err)
                if _INTERRUPTED in told:
                    continue
                if ran.status:
                    words = escaped(" ".join((told or said(ran.out)).split()), _LONGEST)
                    ended = f"ip ended with status {ran.status}: {words or 'without a word'}"
                    message = f"{self._place}: {ended}; {_HINT}"
                    raise ProviderUnreachable(message)
                return listed_in(ran.out, tables)
        except (SshFailed, ValueError) as error:
            words = str(error) if isinstance(error, SshFailed) else f"{self._place}: {error}"
            raise ProviderUnreachable(words) from error
        message = f"{self._place}: its routes changed during each of {_ATTEMPTS} attempts to read"
        raise ProviderUnreachable(message)

    def send(self, rounds: Iterable[Round]) -> Sequence[Refusal | None]:
        asked = tuple(rounds)
        refused = unsaid(asked)
        sent = [one for place, one in enumerate(asked) if place not in refused]
        answers = iter(self._sent(sent) if sent else ())
        return [
            refused[place] if place in refused else next(answers) for place in range(len(asked))
        ]

    def _sent(self, rounds: Sequence[Round]) -> Sequence[Refusal | None]:
        try:
            ran = self._waited(self._session.run(CHANGING, batch(rounds)))
        except SshFailed as error:
            return [Refusal(ENOBUFS, str(error))] * len(rounds)
        return answers_in(said(ran.err), len(rounds))

    def _waited(self, running: Coroutine[None, None, _AnswerT]) -> _AnswerT:
        """In a thread, for what runs in the loop.

        Raises:
            SshFailed: there is no answer.
        """
        try:
            return asyncio.run_coroutine_threadsafe(self._asked(running), self._loop).result()
        except CancelledError as error:
            message = f"{self._place}: the conversation has ended"
            raise SshFailed(message) from error

    async def _asked(self, running: Coroutine[None, None, _AnswerT]) -> _AnswerT:
        if self._given_up:
            running.close()
            raise asyncio.CancelledError
        self._asking = asyncio.current_task()
        try:
            return await running
        finally:
            self._asking = None


_: type[Kernel] = KernelThere
