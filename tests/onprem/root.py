"""Some daemons want to be root of the machine, not of a user namespace."""

import os
from pathlib import Path

import pytest

WHOLE = "         0          0 4294967295\n"

# where CI runs as somebody else than root this is a failure, not a skip
sshd_starts = pytest.mark.skipif(
    Path("/proc/self/uid_map").read_text() != WHOLE and not os.environ.get("CI"),
    reason="sshd changes to other users, which a user namespace with one user does not have",
)
