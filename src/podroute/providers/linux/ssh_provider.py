"""The provider ``linux-ssh``: the kernel of a router, by whatever changes its routes there."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, closing
from typing import assert_never

from podroute.providers.interface import (
    InvalidOption,
    ProviderKind,
    RouteProvider,
    parse_options,
)
from podroute.providers.linux.plain_ip import PlainIpRoutes
from podroute.providers.linux.remote import RemoteRoutes
from podroute.providers.linux.ssh_options import LinuxSshOptions
from podroute.providers.ssh.credentials import find_credentials
from podroute.providers.ssh.session import SshSession


@asynccontextmanager
async def _connect(texts: Mapping[str, str]) -> AsyncGenerator[RouteProvider]:
    options = parse_options(LinuxSshOptions, texts)
    if not options.router:
        message = "which router? give --provider-option router=USER@HOST"
        raise InvalidOption(message)
    with closing(_opened(options, SshSession(options, find_credentials(options)))) as provider:
        yield provider


def _opened(options: LinuxSshOptions, session: SshSession) -> RemoteRoutes | PlainIpRoutes:
    match options.through:
        case "on-router":
            return RemoteRoutes(options, session)
        case "ip":
            return PlainIpRoutes(options, session)
        case _:
            assert_never(options.through)


KIND = ProviderKind("linux-ssh", _connect)
