"""A router with a real OpenSSH, in a network namespace of its own."""

import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from podroute.testing.netns import Namespace
from tests.onprem.daemons_of_debian import running, unpacked
from tests.unit.command import CLEAN

ADDRESS: Final = "10.240.0.1"
PORT: Final = 2222
USER: Final = "router"  # in a list of users that only this sshd sees
PASSWORD: Final = "a good password"  # noqa: S105 -- of that user
# its own users, its own folder for the unprivileged part: nothing of this machine changes
START: Final = (
    'mount --bind "$1" /etc/passwd && mkdir -p /run/sshd && '
    'mount -t tmpfs -o mode=755 none /run/sshd && shift && exec "$@"'
)
ONLY_ROUTES: Final = ("setpriv", "--bounding-set=-all,+net_admin", "--inh-caps=-all,+net_admin")
ALLOWED: Final = """\
apiVersion: podroute/v1alpha1
kind: OnRouter
destinations: [10.200.0.0/16, "fd00:10:200::/48"]
next-hops: [10.240.0.0/24, "fd00:10:240::/64"]
"""


@dataclass(frozen=True)
class SshRouter:
    """``place`` holds all its files."""

    node: Namespace
    place: Path
    process: subprocess.Popen[bytes]

    def options(self, **others: str) -> dict[str, str]:
        """Those of the provider, for a login by key."""
        return {
            "router": f"{USER}@{ADDRESS}:{PORT}",
            "key": str(self.place / "key"),
            "known-hosts": str(self.place / "known_hosts"),
            **others,
        }

    def open(self, **others: str) -> dict[str, str]:
        """The same for a login that may run anything, by the program ``ip``."""
        self.allow("")
        return self.options(through="ip", **others)

    def said(self) -> str:
        """What sshd has said so far."""
        return (self.place / "sshd.log").read_text()

    def allow(self, command: str, options: str = "restrict") -> None:
        """From the next login on our key starts ``command``."""
        key = (self.place / "key.pub").read_text()
        escaped = command.replace('"', '\\"')
        line = f'{options},command="{escaped}" {key}' if command else f"{options} {key}"
        (self.place / "authorized_keys").write_text(line)


def podroute_at(
    router: SshRouter, options: Mapping[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """The command line with provider ``linux-ssh``, in the router's network."""
    given = [f"--provider-option={key}={text}" for key, text in options.items()]
    flags = ["--provider=linux-ssh", "--cluster-cidr=10.200.0.0/16", *given]
    with router.node.entered():
        return subprocess.run(
            [sys.executable, "-m", "podroute", *arguments, *flags],
            check=False,
            capture_output=True,
            text=True,
            env=CLEAN,
        )


def sessions(router: SshRouter) -> list[int]:
    """The processes of sshd that serve somebody."""
    found: list[int] = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(FileNotFoundError, ProcessLookupError):  # another's, which has ended
            if f"\nPPid:\t{router.process.pid}\n" in status.read_text():
                found.append(int(status.parent.name))
    return found


def on_router(config: Path, within: Sequence[str] = ONLY_ROUTES) -> str:
    """The forced command of podroute."""
    return " ".join([*within, sys.executable, "-m", "podroute", "on-router", f"--config={config}"])


@asynccontextmanager
async def ssh_router(
    node: Namespace, place: Path, options: Mapping[str, object] | None = None, **sshd: str
) -> AsyncGenerator[SshRouter]:
    """It lets us in by key, to ``podroute on-router`` with ``options``."""
    _make_files(place, sshd)
    allowed = place / "on-router.yaml"
    chosen = ", ".join(f"{key}: {value}" for key, value in (options or {}).items())
    allowed.write_text(f"{ALLOWED}options: {{{chosen}}}\n")
    command = ["unshare", "--mount", "sh", "-c", START, "sh", str(place / "passwd")]
    command += [str(unpacked() / "usr/sbin/sshd"), "-D", "-e", "-f", str(place / "sshd_config")]
    log = place / "sshd.log"

    def listens() -> bool:
        return "Server listening" in log.read_text()

    async with running(node, command, log, listens) as process:
        made = SshRouter(node, place, process)
        made.allow(on_router(allowed))
        yield made


def _make_files(place: Path, sshd: Mapping[str, str]) -> None:
    for name in ("host_key", "key"):
        if not (place / name).exists():
            _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(place / name))
    host_key = (place / "host_key.pub").read_text()
    (place / "known_hosts").write_text(f"[{ADDRESS}]:{PORT} {host_key}")
    (place / "authorized_keys").touch()
    users = Path("/etc/passwd").read_text()
    users += "" if "\nsshd:" in users else "sshd:x:65000:65534::/run/sshd:/usr/sbin/nologin\n"
    users += f"{USER}:{_run('openssl', 'passwd', '-6', PASSWORD)}:0:0::{place}:/bin/sh\n"
    (place / "passwd").write_text(users)
    settings = {
        "Port": str(PORT),
        "ListenAddress": ADDRESS,
        "HostKey": str(place / "host_key"),
        "AuthorizedKeysFile": str(place / "authorized_keys"),
        "StrictModes": "no",
        "UsePAM": "no",
        "UseDNS": "no",
        "PidFile": "none",
        "PermitRootLogin": "yes",
        "LogLevel": "VERBOSE",
        **sshd,
    }
    lines = [f"{key} {value}\n" for key, value in settings.items()]
    (place / "sshd_config").write_text("".join(lines))


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
