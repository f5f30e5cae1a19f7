"""May nobody but its owner use a file that keeps a secret?"""

import stat
from pathlib import Path

from podroute.providers.interface import InvalidOption


def check_private(path: Path) -> None:
    """For keys and passwords.

    Raises:
        OSError: it is not there.
        InvalidOption: others may use it.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        message = f"{path}: others than its owner may use it (mode {mode:04o}): chmod 600 {path}"
        raise InvalidOption(message)
