"""The certificates and keys of a kubeconfig, looked at before the TLS library does.

It does not say which of them it cannot use, and asks on the terminal for an encrypted key's
passphrase.
"""

import base64
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NoReturn

from podroute.kube.bounded import TooLarge, read_file
from podroute.kube.kubeconfig import KubeconfigError
from podroute.kube.login import Login

LARGEST: Final = 16 << 20  # bytes; the bundles of all public authorities have less than one MiB
_CERTIFICATE: Final = b"CERTIFICATE-----"
_KEY: Final = b"PRIVATE KEY-----"


def check_certificates(login: Login) -> None:
    """Returns where each is there and of its kind.

    Raises:
        KubeconfigError: it names the first that is not.
    """
    cluster, user = login.cluster, login.user
    authority = _contents(
        login,
        "certificate-authority",
        cluster.certificate_authority,
        cluster.certificate_authority_data,
    )
    for name, content in authority:
        if not _is_trusted(content):
            _refuse(login, f"{name} holds no certificate in PEM")
    certificate = _contents(
        login, "client-certificate", user.client_certificate, user.client_certificate_data
    )
    for name, content in certificate:
        if _CERTIFICATE not in content:
            _refuse(login, f"{name} holds no certificate in PEM")
    for name, content in _contents(login, "client-key", user.client_key, user.client_key_data):
        if _KEY not in content:
            _refuse(login, f"{name} holds no private key in PEM")
        if b"ENCRYPTED" in content:
            _refuse(login, f"{name} is encrypted: take its passphrase off")


def _contents(login: Login, name: str, path: str, encoded: str) -> Iterator[tuple[str, bytes]]:
    """The file and the data, as far as they are given, and how a message calls them."""
    if path:
        try:
            yield f"{name} {path}", read_file(Path(path), LARGEST)
        except OSError as error:
            _refuse(login, f"{name} {path}: {error.strerror}")
        except TooLarge as error:
            _refuse(login, f"{name} {path} {error}: give a file in PEM")
    if encoded:
        try:
            yield f"{name}-data", base64.b64decode(encoded)
        except ValueError:
            _refuse(login, f"{name}-data is not base64")


def _is_trusted(content: bytes) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(
            cadata=content.decode("ascii", "ignore")
        )
    except (ssl.SSLError, ValueError):
        return False
    return True


def _refuse(login: Login, words: str) -> NoReturn:
    message = f"{login.name}: {words}"
    raise KubeconfigError(message)
