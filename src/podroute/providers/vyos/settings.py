"""What can be chosen about VyOS's static routes? Pure."""

import re
from typing import Final

from typing_extensions import override

from podroute.providers.https.settings import HttpsOptions, Secret, check_number, check_secret

BATCH: Final = 100  # changes in one commit: VyOS starts a program for each line of it
USUAL_DISTANCE: Final = 1  # that of a static route where nothing is said
BUSY: Final = 5.0  # seconds before somebody else's commit is looked for again

_VRF: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,14}")
_LAST_DISTANCE: Final = 254  # 255 is never used


class VyosOptions(HttpsOptions, frozen=True):
    """Experimental. Where the API key is; without ``vrf`` it is the default one.

    ``write``: the running configuration is saved after each change of ours.
    """

    key_file: str = ""
    key_env: str = ""
    vrf: str = ""
    distance: int = USUAL_DISTANCE
    write: bool = False
    timeout: float = 120.0

    @override
    def __post_init__(self) -> None:
        """Refuses what VyOS has no room for.

        Raises:
            ValueError: saying which.
        """
        HttpsOptions.__post_init__(self)
        check_secret(self.key)
        check_number("distance", self.distance, _LAST_DISTANCE)
        if self.vrf and not _VRF.fullmatch(self.vrf):
            message = f"vrf {self.vrf!r} is not the name of a VRF"
            raise ValueError(message)

    @property
    def key(self) -> Secret:
        """Where it is."""
        return Secret("key", self.key_file, self.key_env)

    @property
    def above(self) -> tuple[str, ...]:
        """Where the configuration of the VRF begins."""
        return ("vrf", "name", self.vrf) if self.vrf else ()

    @property
    def statics(self) -> tuple[str, ...]:
        """Where that of its static routes does."""
        return (*self.above, "protocols", "static")
