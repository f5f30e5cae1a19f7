"""What can be chosen about the way to a router by SSH? Pure."""

import re
from typing import Final, NamedTuple

import msgspec
from typing_extensions import override

_PLACE: Final = re.compile(
    r"(?P<user>[A-Za-z0-9_][A-Za-z0-9._-]*)@"
    r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9][A-Za-z0-9._-]*))"
    r"(?::(?P<port>[0-9]{1,5}))?"
)
USUAL_PORT: Final = 22
_LAST_PORT: Final = 0xFFFF
_SHORTEST: Final = 0.1
_LONGEST: Final = 3600.0


class Place(NamedTuple):
    """Who logs in where."""

    user: str
    host: str
    port: int = USUAL_PORT

    @override
    def __str__(self) -> str:
        """As it is given."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (
            f"{self.user}@{host}" if self.port == USUAL_PORT else f"{self.user}@{host}:{self.port}"
        )

    def login(self) -> tuple[str, ...]:
        """What a person types to get there, before what is to run there."""
        port = () if self.port == USUAL_PORT else ("-p", str(self.port))
        return ("ssh", *port, f"{self.user}@{self.host}")


class SshOptions(msgspec.Struct, frozen=True, rename="kebab"):
    """``timeout``: seconds for a login, for an answer, and for a silent connection to count as cut.

    Without ``key`` it is the agent's keys and those of ~/.ssh; without ``known_hosts`` that of
    ~/.ssh. What ~/.ssh/config says is not looked at.
    """

    router: str = ""  # USER@HOST, USER@HOST:PORT, USER@[ADDRESS]:PORT
    key: str = ""
    known_hosts: str = ""
    jump: str = ""  # as router: the host to go through
    password_file: str = ""
    timeout: float = 30.0

    def __post_init__(self) -> None:
        """Refuses what leads nowhere.

        Raises:
            ValueError: saying which.
        """
        for option, text in (("router", self.router), ("jump", self.jump)):
            if text:
                parse_place(option, text)
        if self.jump and not self.router:
            message = "jump leads to a router: give router=USER@HOST too"
            raise ValueError(message)
        if not _SHORTEST <= self.timeout <= _LONGEST:
            message = f"timeout {self.timeout} is not between {_SHORTEST} and {_LONGEST:g} seconds"
            raise ValueError(message)

    @property
    def place(self) -> Place:
        """The router."""
        return parse_place("router", self.router)

    @property
    def way(self) -> tuple[Place, ...]:
        """The hosts to log in at, one after the other; the last is the router."""
        jump = (parse_place("jump", self.jump),) if self.jump else ()
        return (*jump, self.place)


def parse_place(option: str, text: str) -> Place:
    """What ``text`` names.

    Raises:
        ValueError: it is not of that form.
    """
    found = _PLACE.fullmatch(text)
    port = int(found["port"] or USUAL_PORT) if found else 0
    if found is None or not 0 < port <= _LAST_PORT:
        message = f"{option} {text!r} is not USER@HOST or USER@HOST:PORT (an IPv6 address in [ ])"
        raise ValueError(message)
    return Place(found["user"], found["address"] or found["host"], port)
