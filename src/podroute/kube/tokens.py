"""The bearer token of a user: fit for a header, or refused before anything is sent."""

import re
from pathlib import Path
from typing import Final

from podroute.kube.bounded import TooLarge, read_file
from podroute.kube.kubeconfig import KubeconfigError
from podroute.kube.login import Login

LARGEST: Final = 1 << 20  # bytes; API servers take no headers of this size
UNFIT: Final = "has characters that no HTTP header can carry"
_UNFIT: Final = re.compile(r"[^\t\x20-\x7e]")


def fits_header(token: str) -> bool:
    """Whether it can be sent at all."""
    return _UNFIT.search(token) is None


def read_token(login: Login) -> str:
    """The token as it is now; "" where the kubeconfig has none.

    Raises:
        KubeconfigError: it cannot be read, or cannot be sent.
    """
    path = login.user.token_file
    token = _content(login, Path(path)) if path else login.user.token.strip()
    if fits_header(token):
        return token
    if path:
        message = f"{login.name}: tokenFile {path} {UNFIT}: it must hold the token alone"
    else:
        whose = f"{login.name}: the token of user {login.user_name!r}"
        message = f"{whose} {UNFIT}: write it on one line, as it was given"
    raise KubeconfigError(message)


def _content(login: Login, path: Path) -> str:
    where = f"{login.name}: tokenFile {path}"
    try:
        token = read_file(path, LARGEST).strip()
    except OSError as error:
        message = f"{where}: {error.strerror}"
        raise KubeconfigError(message) from None
    except TooLarge as error:
        message = f"{where} {error}: that is no token"
        raise KubeconfigError(message) from None
    if not token:
        message = f"{where} is empty: it must hold the token alone"
        raise KubeconfigError(message)
    return token.decode("latin-1")
