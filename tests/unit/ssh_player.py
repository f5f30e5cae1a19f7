"""An SSH server in this process whose program a test plays, line by line."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import asyncssh
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
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


def _key_in(file: Path) -> str:
    """A new one; its public part."""
    key = Ed25519PrivateKey.generate()
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    file.chmod(0o600)
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    return f"{public.decode()}\n"


@asynccontextmanager
async def ssh_player(folder: Path, program: Program) -> AsyncGenerator[Mapping[str, str]]:
    """The options of a provider that logs in there."""
    host = _key_in(folder / "host_key")
    ours = _key_in(folder / "key")
    (folder / "authorized_keys").write_text(ours)
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=_Host,
        server_host_keys=[str(folder / "host_key")],
        authorized_client_keys=str(folder / "authorized_keys"),
        process_factory=program,
        encoding=None,
    )
    port = server.get_port()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {host}")
    try:
        yield {
            "router": f"router@127.0.0.1:{port}",
            "key": str(folder / "key"),
            "known-hosts": str(folder / "known_hosts"),
        }
    finally:
        server.close()
        await server.wait_closed()
