"""By which keys is a router known, and by which are we? Files of this machine, looked at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from typing_extensions import override

from podroute.providers.interface import InvalidOption
from podroute.providers.private_file import check_private
from podroute.providers.ssh.settings import SshOptions

_USUAL_KNOWN_HOSTS: Final = "~/.ssh/known_hosts"
_LARGEST: Final = 1 << 12  # bytes of a password file


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a login needs; ``keys`` empty: the agent's and those of ~/.ssh."""

    known_hosts: str
    keys: Sequence[str]
    password: str | None
    means: str  # for people

    def arguments(self) -> Mapping[str, object]:
        """For ``asyncssh.connect``; ``known_hosts`` is never None, which would verify nothing."""
        return {
            "known_hosts": self.known_hosts,
            "client_keys": list(self.keys) or (),
            "agent_path": None if self.keys or self.password else (),
            "password": self.password,
            "password_auth": self.password is not None,
            "public_key_auth": self.password is None or bool(self.keys),
        }

    @override
    def __repr__(self) -> str:
        """Without the password."""
        return f"Credentials({self.means})"


def find_credentials(options: SshOptions) -> Credentials:
    """Those that the options name.

    Raises:
        InvalidOption: a file is not there, or others may read it.
    """
    known_hosts = _file("known-hosts", options.known_hosts or _USUAL_KNOWN_HOSTS)
    keys = [_private("key", options.key)] if options.key else []
    password = _password(options.password_file) if options.password_file else None
    means = f"key {options.key}" if options.key else "the agent's keys and those of ~/.ssh"
    if password is not None:
        means = f"the password of {options.password_file}"
    return Credentials(str(known_hosts), [str(key) for key in keys], password, means)


def _file(option: str, name: str) -> Path:
    try:
        path = Path(name).expanduser()
        path.open("rb").close()
    except (OSError, RuntimeError) as error:
        words = f"{option} {name}: {getattr(error, 'strerror', None) or error}"
        hint = "; log in once by ssh, which asks and writes it" if option == "known-hosts" else ""
        message = f"{words}{hint}"
        raise InvalidOption(message) from error
    return path


def _private(option: str, name: str) -> Path:
    path = _file(option, name)
    check_private(path)
    return path


def _password(name: str) -> str:
    path = _private("password-file", name)
    with path.open("rb") as file:
        text = file.read(_LARGEST).decode(errors="replace").rstrip("\r\n")
    if not text or not text.isprintable():
        message = f"password-file {name} must hold one line, the password, and nothing else"
        raise InvalidOption(message)
    return text
