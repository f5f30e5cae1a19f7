"""An SSH server in this process whose program a test plays, line by line."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import asyncssh
from typing_extensions import override

Process: TypeAlias = asyncssh.SSHServerProcess[bytes]
Program: TypeAlias = Callable[[Process], Awaitable[None]]


class _Host(asyncssh.SSHServer):
    """It lets through to other hosts as well."""

    @override
    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> bool:
        return True


@asynccontextmanager
async def ssh_player(folder: Path, program: Program) -> AsyncGenerator[Mapping[str, str]]:
    """The options of a provider that logs in there."""
    host, key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    key.write_private_key(folder / "key")
    (folder / "key").chmod(0o600)
    key.write_public_key(folder / "key.pub")
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=_Host,
        server_host_keys=[host],
        authorized_client_keys=str(folder / "key.pub"),
        process_factory=program,
        encoding=None,
    )
    port = server.get_port()
    known = f"[127.0.0.1]:{port} {host.export_public_key().decode()}"
    (folder / "known_hosts").write_text(known)
    try:
        yield {
            "router": f"router@127.0.0.1:{port}",
            "key": str(folder / "key"),
            "known-hosts": str(folder / "known_hosts"),
        }
    finally:
        server.close()
        await server.wait_closed()
