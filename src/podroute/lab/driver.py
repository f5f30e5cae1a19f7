"""By which provider, and from which place, is the router of a lab programmed?"""

from collections.abc import Iterator

import msgspec

from podroute.lab.topology import ROUTER


class Driver(msgspec.Struct, frozen=True):
    """What a person gives to podroute for it; without more it is the router's own kernel."""

    provider: str = "linux"
    options: dict[str, str] = {}
    variables: dict[str, str] = {}  # of the environment, besides
    place: str = ROUTER

    def flags(self) -> Iterator[str]:
        """Those of the command line."""
        yield from ("--provider", self.provider)
        for key, value in self.options.items():
            yield from ("--provider-option", f"{key}={value}")

    def environment(self) -> list[str]:
        """What stands before ``podroute``."""
        texts = [f"{key}={value}" for key, value in self.variables.items()]
        return ["env", *texts] if texts else []
