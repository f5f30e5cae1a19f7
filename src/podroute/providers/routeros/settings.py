"""What can be chosen about RouterOS's static routes? Pure."""

import re
from typing import Final

from typing_extensions import override

from podroute.providers.https.settings import HttpsOptions, Secret, check_number, check_secret

MAIN: Final = "main"
BATCH: Final = 50  # changes in one call of ours; each is a request of its own
BURST: Final = 100
USUAL_DISTANCE: Final = 1  # that of a static route where nothing is said

_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@-]{0,63}")
_LAST_DISTANCE: Final = 254  # 255 is never used
_FASTEST: Final = 1000.0


class RouterosOptions(HttpsOptions, frozen=True):
    """Experimental. ``user``, who may read, write and use the REST API, and where the password is.

    ``rate``: changes each second, once 100 have gone at once.
    """

    user: str = "podroute"
    password_file: str = ""
    password_env: str = ""
    routing_table: str = MAIN
    distance: int = USUAL_DISTANCE
    rate: float = 20.0

    @override
    def __post_init__(self) -> None:
        """Refuses what RouterOS has no room for.

        Raises:
            ValueError: saying which.
        """
        HttpsOptions.__post_init__(self)
        check_secret(self.password)
        check_number("distance", self.distance, _LAST_DISTANCE)
        for option, name in (("user", self.user), ("routing-table", self.routing_table)):
            if not _NAME.fullmatch(name):
                message = f"{option} {name!r} is no name that podroute takes ({_NAME.pattern})"
                raise ValueError(message)
        if not 0 < self.rate <= _FASTEST:
            message = f"rate {self.rate} is not above 0 and up to {_FASTEST:g} changes a second"
            raise ValueError(message)

    @property
    def password(self) -> Secret:
        """Where it is."""
        return Secret("password", self.password_file, self.password_env)
