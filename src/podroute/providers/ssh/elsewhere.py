"""Programs on a router, by SSH."""

from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager

from podroute.providers.interface import ProviderUnreachable
from podroute.providers.ssh.credentials import find_credentials
from podroute.providers.ssh.failures import SshFailed, said
from podroute.providers.ssh.session import SshSession
from podroute.providers.ssh.settings import SshOptions
from podroute.providers.ssh.shell import Ran, Shell


class ShellThere:
    """Programs on the router of a session."""

    def __init__(self, session: SshSession, where: str) -> None:
        self.where = where
        self._session = session

    async def run(self, command: Sequence[str], text: str) -> Ran:
        try:
            ran = await self._session.run(command, text)
        except SshFailed as error:
            raise ProviderUnreachable(str(error)) from error
        return Ran(ran.status, said(ran.out), said(ran.err))


@contextmanager
def shell_there(options: SshOptions) -> Generator[Shell]:
    """The router of ``options``.

    Raises:
        InvalidOption: we have no credentials for it.
    """
    with closing(SshSession(options, find_credentials(options))) as session:
        yield ShellThere(session, str(options.place))


_: type[Shell] = ShellThere
