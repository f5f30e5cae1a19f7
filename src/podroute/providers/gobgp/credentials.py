"""The files of mutual TLS, as they are when a connection is made."""

import ssl
from pathlib import Path
from typing import Final, NamedTuple

from podroute.providers.gobgp.settings import GobgpOptions
from podroute.providers.interface import InvalidOption
from podroute.providers.private_file import check_private

_UNREADABLE: Final = "one of them is not in PEM, or the key has a passphrase"


class Credentials(NamedTuple):
    """In PEM."""

    ca: bytes
    cert: bytes
    key: bytes


def find_credentials(options: GobgpOptions) -> Credentials | None:
    """Those that the options name; None: the connection needs none.

    Raises:
        InvalidOption: a file is not there, or not what it should be, or others may read the key.
    """
    if not options.secured:
        return None
    _check_key(Path(options.key))
    found = Credentials(
        _read("ca", options.ca), _read("cert", options.cert), _read("key", options.key)
    )
    _check_contents(options)
    return found


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


def _check_contents(options: GobgpOptions) -> None:
    """GRPC would only say that it cannot connect."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cafile=options.ca)
    except ssl.SSLError as error:
        message = f"ca {options.ca}: no certificate is in it"
        raise InvalidOption(message) from error
    try:
        context.load_cert_chain(options.cert, options.key, password="")
    except ssl.SSLError as error:
        apart = error.reason == "KEY_VALUES_MISMATCH"
        why = "the key is not that of the certificate" if apart else _UNREADABLE
        message = f"cert {options.cert}, key {options.key}: {why}"
        raise InvalidOption(message) from error
