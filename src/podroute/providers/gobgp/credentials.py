"""The files of mutual TLS, as they are when a connection is made."""

from pathlib import Path
from typing import NamedTuple

from podroute.providers.gobgp.settings import GobgpOptions
from podroute.providers.interface import InvalidOption
from podroute.providers.private_file import check_private


class Credentials(NamedTuple):
    """In PEM."""

    ca: bytes
    cert: bytes
    key: bytes


def find_credentials(options: GobgpOptions) -> Credentials | None:
    """Those that the options name; None: the connection needs none.

    Raises:
        InvalidOption: a file is not there, or others may read the key.
    """
    if not options.secured:
        return None
    _check_key(Path(options.key))
    return Credentials(
        _read("ca", options.ca), _read("cert", options.cert), _read("key", options.key)
    )


def _read(option: str, name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        message = f"{option} {name}: {error.strerror}"
        raise InvalidOption(message) from error


def _check_key(path: Path) -> None:
    try:
        check_private(path)
    except OSError as error:
        message = f"key {path}: {error.strerror}"
        raise InvalidOption(message) from error
