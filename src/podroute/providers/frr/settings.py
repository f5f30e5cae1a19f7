"""What can be chosen about FRRouting's static routes? Pure."""

import re
import shlex
from typing import Final

from typing_extensions import override

from podroute.providers.ssh.settings import SshOptions

DEFAULT_VRF: Final = "default"
USUAL_DISTANCE: Final = 1  # that of a static route where nothing is said

_VRF: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,14}")
_LAST_TAG: Final = 0xFFFFFFFF
_LAST_DISTANCE: Final = 254  # 255 is never used


class FrrOptions(SshOptions, frozen=True):
    """``tag`` is the mark by which our routes are known: nobody else may use it.

    Without ``router`` it is this machine's FRRouting. ``write``: the running configuration is
    written to the startup configuration after each change of ours.
    """

    tag: int = 200
    distance: int = USUAL_DISTANCE
    vrf: str = DEFAULT_VRF
    write: bool = False
    vtysh: str = "vtysh"  # e.g. sudo -n vtysh

    @override
    def __post_init__(self) -> None:
        """Refuses what FRRouting has no room for.

        Raises:
            ValueError: saying which.
        """
        SshOptions.__post_init__(self)
        for option, value, last in (
            ("tag", self.tag, _LAST_TAG),
            ("distance", self.distance, _LAST_DISTANCE),
        ):
            if not 1 <= value <= last:
                message = f"{option} {value} is not between 1 and {last}"
                raise ValueError(message)
        if not _VRF.fullmatch(self.vrf):
            message = f"vrf {self.vrf!r} is not the name of a VRF"
            raise ValueError(message)
        if not self.command:
            message = "vtysh '' is no command"
            raise ValueError(message)

    @property
    def command(self) -> tuple[str, ...]:
        """The words of ``vtysh``."""
        return tuple(shlex.split(self.vtysh))
