"""Reads what a router is to be trusted by, and what it knows us by."""

import os
import ssl
from pathlib import Path
from typing import Final

from podroute.providers.https.settings import HttpsOptions, Secret
from podroute.providers.interface import InvalidOption
from podroute.providers.private_file import check_private

_LARGEST: Final = 1 << 12  # bytes of a secret


def find_secret(secret: Secret) -> str:
    """The password or key.

    Raises:
        InvalidOption: it is not there, or others may read it.
    """
    text = _in_file(secret) if secret.file else os.environ.get(secret.variable, "")
    if not text or not text.isprintable():
        where = f"{secret.option}-file {secret.file}"
        if secret.variable:
            where = f"{secret.option}-env: the variable {secret.variable}"
        message = f"{where} must hold one line, the {secret.option}, and nothing else"
        raise InvalidOption(message)
    return text


def _in_file(secret: Secret) -> str:
    path = Path(secret.file)
    try:
        check_private(path)
        with path.open("rb") as file:
            return file.read(_LARGEST).decode(errors="replace").rstrip("\r\n")
    except OSError as error:
        message = f"{secret.option}-file {secret.file}: {error.strerror}"
        raise InvalidOption(message) from error


def find_trust(options: HttpsOptions) -> ssl.SSLContext:
    """What verifies the router's certificate and name.

    Raises:
        InvalidOption: the authorities cannot be read.
    """
    try:
        return ssl.create_default_context(cafile=options.ca or None)
    except OSError as error:  # ssl.SSLError is one
        why = "no certificate is in it" if isinstance(error, ssl.SSLError) else error.strerror
        message = f"ca {options.ca}: {why}"
        raise InvalidOption(message) from error
