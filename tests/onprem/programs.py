"""Debian's daemons as programs on the PATH, as on a machine on which they are installed."""

import os
from pathlib import Path

from tests.onprem.daemons_of_debian import libraries, unpacked
from tests.onprem.frr import make_vtysh
from tests.onprem.gobgp import programs

SCRIPT = """\
#!/bin/sh
exec env LD_LIBRARY_PATH={libraries} {program} "$@"
"""
WITH_LIBRARIES = (
    "usr/sbin/sshd",
    "usr/lib/frr/zebra",
    "usr/lib/frr/staticd",
    "usr/lib/frr/bgpd",
    "usr/sbin/bird",
    "usr/sbin/birdc",
)


def path_with_daemons(place: Path) -> str:
    """A PATH; ``place`` is a folder for what stands first in it."""
    (place / "etc").mkdir(parents=True)
    (place / "etc/vtysh.conf").touch()
    make_vtysh(place)
    for name in WITH_LIBRARIES:
        script = place / Path(name).name
        path = libraries()["LD_LIBRARY_PATH"]
        script.write_text(SCRIPT.format(libraries=path, program=unpacked() / name))
        script.chmod(0o755)
    return os.pathsep.join([str(place), str(programs()), os.environ["PATH"]])
