"""What can be chosen about a router's kernel by SSH? Pure."""

from typing import Literal

from typing_extensions import override

from podroute.providers.linux.settings import LinuxOptions
from podroute.providers.ssh.settings import SshOptions


class LinuxSshOptions(SshOptions, frozen=True):
    """``through``: who changes the routes there, ``podroute on-router`` or the program ``ip``.

    The rest is for the latter: the former has its own file about it.
    """

    through: Literal["on-router", "ip"] = "on-router"
    table: int | None = None
    protocol: int | None = None
    metric: int | None = None

    @override
    def __post_init__(self) -> None:
        """Refuses what the kernel has no room for, or what is the router's to choose.

        Raises:
            ValueError: saying which.
        """
        SshOptions.__post_init__(self)
        given = self._given()
        if given and self.through == "on-router":
            message = (
                f"{min(given)} is the router's to choose, in its own file "
                "(/etc/podroute/on-router.yaml); here it is an option with through=ip only"
            )
            raise ValueError(message)
        LinuxOptions(**given)

    @property
    def kernel(self) -> LinuxOptions:
        """Those of the routing table."""
        return LinuxOptions(**self._given())

    @property
    def login(self) -> tuple[str, ...]:
        """How a person gets there, with root's rights."""
        return self.place._replace(user="root").login()

    def _given(self) -> dict[str, int]:
        chosen = {"table": self.table, "protocol": self.protocol, "metric": self.metric}
        return {key: value for key, value in chosen.items() if value is not None}
