"""What can be chosen about the static routes of a BIRD? Pure."""

import re
import shlex
from typing import Final

from typing_extensions import override

from podroute.providers.ssh.settings import SshOptions

USUAL_PREFERENCE: Final = 200  # that of BIRD's static protocols

_SYMBOL: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}")
_FILE: Final = re.compile(r"/[A-Za-z0-9._/+-]+")
_LAST_PREFERENCE: Final = 0xFFFF


class BirdOptions(SshOptions, frozen=True):
    """``file`` is ours alone: what it has are our routes.

    ``protocol`` begins the names of the static protocols in it. Without ``router`` it is this
    machine's BIRD.
    """

    file: str = "/etc/bird/podroute.conf"
    protocol: str = "podroute"
    ipv4_table: str = "master4"
    ipv6_table: str = "master6"
    preference: int = USUAL_PREFERENCE  # the highest is used
    birdc: str = "birdc"  # e.g. sudo -n birdc

    @override
    def __post_init__(self) -> None:
        """Refuses what BIRD cannot read.

        Raises:
            ValueError: saying which.
        """
        SshOptions.__post_init__(self)
        for option, text in (
            ("protocol", self.protocol),
            ("ipv4-table", self.ipv4_table),
            ("ipv6-table", self.ipv6_table),
        ):
            if not _SYMBOL.fullmatch(text):
                message = f"{option} {text!r} is not a name in BIRD: letters, digits and _"
                raise ValueError(message)
        if not _FILE.fullmatch(self.file):
            message = f"file {self.file!r} is not an absolute path of plain characters"
            raise ValueError(message)
        if not 0 < self.preference <= _LAST_PREFERENCE:
            message = f"preference {self.preference} is not between 1 and {_LAST_PREFERENCE}"
            raise ValueError(message)
        if not self.command:
            message = "birdc '' is no command"
            raise ValueError(message)

    @property
    def command(self) -> tuple[str, ...]:
        """The words of ``birdc``."""
        return tuple(shlex.split(self.birdc))

    def protocol_of(self, version: int) -> str:
        """Whose routes of that IP version are ours."""
        return f"{self.protocol}{version}"

    def table_of(self, version: int) -> str:
        """Where routes of that IP version are."""
        return self.ipv4_table if version == 4 else self.ipv6_table  # noqa: PLR2004
