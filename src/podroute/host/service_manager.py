"""What a service manager is told: sd_notify(3), without its library."""

import os
import socket
from collections.abc import Mapping

from podroute.observe.escape import escaped

_PATIENT = 2  # a sign of life comes so many times as often as it must
_KIND = socket.SOCK_DGRAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK  # nothing waits for it
_LONGEST = 500  # characters of a word: each is one line


class ServiceManager:
    """Silent where nobody listens."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        name = environment.get("NOTIFY_SOCKET", "")
        self._address = f"\0{name[1:]}" if name.startswith("@") else name
        ours = environment.get("WATCHDOG_PID", "") in {"", str(os.getpid())}
        within = environment.get("WATCHDOG_USEC", "") if ours else ""
        self.pulse = int(within) / 1e6 / _PATIENT if within.isdecimal() and int(within) else None
        """Seconds between two signs of life; None: none is wanted."""

    def tell(self, **words: str) -> None:
        """E.g. ``READY="1"``, ``STATUS="in step"``, ``WATCHDOG="1"``."""
        if not self._address:
            return
        text = "\n".join(f"{key}={escaped(value, _LONGEST)}" for key, value in words.items())
        with socket.socket(socket.AF_UNIX, _KIND) as speaking:
            try:
                speaking.sendto(text.encode(), self._address)
            except OSError:
                return  # it went away, or is busy: it hears the next one
