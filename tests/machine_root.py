"""Some programs want to be root of the machine, not of a user namespace."""

import os
from pathlib import Path

import pytest

ALL_USERS = ["0", "0", "4294967295"]  # the map outside of user namespaces

# where CI runs as somebody else than root this is a failure, not a skip
needs_machine_root = pytest.mark.skipif(
    Path("/proc/self/uid_map").read_text().split() != ALL_USERS and not os.environ.get("CI"),
    reason="sshd changes to other users, a container runtime makes cgroups: only root may",
)
