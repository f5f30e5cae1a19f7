"""ADDRESS:PORT: where does this process listen?"""

from contextlib import AsyncExitStack
from typing import Final

from podroute.cli.failure import Exit, Failure
from podroute.web.health import App, serving

LAST_PORT: Final = 65535
_DIGITS: Final = 5  # of a port


def address_and_port(flag: str, text: str) -> tuple[str, int]:
    """The two parts; the address is "" where there is none, and without brackets.

    Raises:
        Failure: ``text``, given by ``flag``, is not of this form.
    """
    host, _, port = text.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    is_port = port.isdecimal() and len(port) <= _DIGITS and int(port) <= LAST_PORT
    if ":" not in text or not is_port:
        raise Failure(Exit.USAGE, f"{flag} {text!r} is not ADDRESS:PORT")
    if ":" in bare and host != f"[{bare}]":
        raise Failure(Exit.USAGE, f"{flag} {text!r}: an IPv6 address has brackets, as in [::1]:80")
    return bare, int(port)


def written(host: str, port: int) -> str:
    """As a browser takes it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


async def listen(
    stack: AsyncExitStack, app: App, place: tuple[str, int], flag: str, instead: str
) -> str:
    """Serves ``app`` until ``stack`` is closed; returns the address with the port that it has.

    Raises:
        Failure: the address cannot be had; ``instead``: what else ``flag`` takes.
    """
    host, port = place
    try:
        port = await stack.enter_async_context(serving(app, host, port))
    except OSError as error:
        why = str(error.strerror).partition(" (")[0]  # socket adds the address
        words = f"{flag} {written(host, port)}: {why}; give another one, or {instead}"
        raise Failure(Exit.USAGE, words) from None
    return written(host, port)
