"""RouteProvider for a router's kernel by the program ``ip``: for a login that is trusted with all.

The lines that it runs there are those that ``plan --show-commands`` prints.
"""

import asyncio
import shlex
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from podroute.model.check import Check
from podroute.model.route import RouteTable
from podroute.providers.interface import (
    CheckedRouter,
    Limits,
    ProviderUnreachable,
    Question,
    RouteProvider,
)
from podroute.providers.linux.client import LinuxClient
from podroute.providers.linux.ip_program import LISTENING
from podroute.providers.linux.kernel_there import KernelThere
from podroute.providers.linux.ssh_options import LinuxSshOptions
from podroute.providers.ssh.elsewhere import ShellThere
from podroute.providers.ssh.failures import SshFailed
from podroute.providers.ssh.kernel_checks import forwarding, next_hops, symmetric
from podroute.providers.ssh.session import Dialogue, SshSession
from podroute.routing.outcome import Outcome
from podroute.routing.steps import Change

_AnswerT = TypeVar("_AnswerT")


class PlainIpRoutes:
    """One routing table; the client blocks, so it works in a thread."""

    def __init__(self, options: LinuxSshOptions, session: SshSession) -> None:
        self.limits = Limits()
        self._options = options
        self._session = session
        self._kernel = KernelThere(session, options.place, asyncio.get_running_loop())
        self._client = LinuxClient(self._kernel, options.kernel)
        self._thread = ThreadPoolExecutor(1)  # one that hangs takes no other router's
        self._alone = asyncio.Lock()
        self._heard = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None
        self._end = ""  # why nothing is heard any more

    def close(self) -> None:
        """Nothing is asked and nothing heard any more."""
        if self._listening is not None:
            self._listening.cancel()
        self._kernel.give_up()
        self._session.close()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def read(self) -> RouteTable:
        self._heard.clear()
        return await self._worked(self._client.read)

    async def apply(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        return await self._worked(partial(self._client.apply, changes)) if changes else ()

    async def changed(self) -> None:
        if self._listening is None or self._end:
            monitor = await self._monitor()
            self._end = ""
            self._listening = asyncio.create_task(self._listen(monitor))
            return
        await self._heard.wait()
        if self._end:
            raise ProviderUnreachable(self._end)

    async def checks(self, question: Question) -> Sequence[Check]:
        shell = ShellThere(self._session, str(self._options.place))
        return (
            await forwarding(question, shell),
            await next_hops(question, shell),
            await symmetric(question, shell),
        )

    def commands(self, changes: Sequence[Change]) -> Sequence[str]:
        there = self._options.login
        return tuple(shlex.join((*there, line)) for line in self._client.commands(changes))

    async def _worked(self, work: Callable[[], _AnswerT]) -> _AnswerT:
        """In a thread; where nobody waits for it any more it does not go on."""
        async with self._alone:
            working = partial(self._kernel.worked, work)
            try:
                return await asyncio.get_running_loop().run_in_executor(self._thread, working)
            except asyncio.CancelledError:
                self._kernel.give_up()
                self._session.close()
                raise

    async def _monitor(self) -> Dialogue:
        try:
            return await self._session.dialogue(LISTENING)
        except SshFailed as error:
            raise ProviderUnreachable(str(error)) from error

    async def _listen(self, monitor: Dialogue) -> None:
        try:
            while True:
                await monitor.line()
                self._heard.set()
        except SshFailed as error:
            self._end = str(error)
            self._heard.set()
        finally:
            monitor.close()


_: tuple[type[RouteProvider], type[CheckedRouter]] = (PlainIpRoutes, PlainIpRoutes)
