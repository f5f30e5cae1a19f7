"""What can be chosen about the way to a router's HTTPS API? Pure."""

import re
from typing import Final, NamedTuple

import msgspec

from podroute.providers.endpoint import parse_endpoint

AT_ONCE: Final = 4  # requests under way: such routers have small processors
_CLUSTER: Final = re.compile(r"[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHORTEST: Final = 0.1
_LONGEST: Final = 3600.0


class HttpsOptions(msgspec.Struct, frozen=True, rename="kebab"):
    """``cluster`` is in the mark by which our routes are known: one name for one cluster.

    ``ca``: a file with the authorities to trust; without it those of the machine. A router that no
    authority vouches for is not talked to. ``timeout``: seconds of silence after which a request
    has failed; it may take twice as long in all.
    """

    url: str  # https://HOST or https://HOST:PORT
    ca: str = ""
    cluster: str = "kubernetes"
    timeout: float = 30.0

    def __post_init__(self) -> None:
        """Refuses what leads nowhere, and a way on which a secret could be read.

        Raises:
            ValueError: saying which.
        """
        if parse_endpoint(self.url).scheme != "https":
            message = f"url {self.url!r} must begin with https://: a secret is sent there"
            raise ValueError(message)
        if not _CLUSTER.fullmatch(self.cluster):
            message = f"cluster {self.cluster!r} is no name ({_CLUSTER.pattern})"
            raise ValueError(message)
        if not _SHORTEST <= self.timeout <= _LONGEST:
            message = f"timeout {self.timeout} is not between {_SHORTEST} and {_LONGEST:g} seconds"
            raise ValueError(message)

    @property
    def patience(self) -> float:
        """Seconds for TCP, and as many for TLS."""
        return self.timeout / 2

    @property
    def longest(self) -> float:
        """Seconds for a request; no connection takes so long, for a try that is cut short stays."""
        return self.timeout * 2

    @property
    def root(self) -> str:
        """The URL without a slash at its end."""
        return self.url.rstrip("/")


class Secret(NamedTuple):
    """Where a password or a key is: in a file, or in a variable of the environment."""

    option: str
    file: str
    variable: str

    @property
    def place(self) -> str:
        """For people."""
        return self.file or f"${self.variable}"


def check_secret(secret: Secret) -> None:
    """Nobody guesses where it is.

    Raises:
        ValueError: it is in neither place, or in both.
    """
    option = secret.option
    if bool(secret.file) == bool(secret.variable):
        one = f"{option}-file=FILE or {option}-env=VARIABLE"
        message = f"where is the {option}? give {one}, and one of them only"
        raise ValueError(message)
    if secret.variable and not _VARIABLE.fullmatch(secret.variable):
        message = f"{option}-env {secret.variable!r} is not the name of a variable"
        raise ValueError(message)


def check_number(option: str, value: int, last: int) -> None:
    """From 1 to ``last``.

    Raises:
        ValueError: it is another.
    """
    if not 1 <= value <= last:
        message = f"{option} {value} is not between 1 and {last}"
        raise ValueError(message)
