"""Is an option the URL of a service? Pure."""

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

_LABEL: Final = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_HOST: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_VISIBLE: Final = re.compile(r"[!-~]+")


def parse_endpoint(text: str) -> SplitResult:
    """The parts of ``http[s]://HOST[:PORT][/PATH]``.

    Raises:
        ValueError: it is nothing of that kind; the text says so.
    """
    message = f"endpoint {text!r} is not like https://HOST or https://HOST:PORT/PATH"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        message = f"{message}: {error}"
        raise ValueError(message) from error
    host = parts.hostname or ""
    known = parts.scheme in {"http", "https"} and _HOST.fullmatch(host) and port != 0
    more = parts.username is not None or parts.query or parts.fragment
    if not known or more or not _VISIBLE.fullmatch(text):
        raise ValueError(message)
    return parts
