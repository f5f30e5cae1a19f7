"""Debian's daemons as programs on the PATH, as on a machine on which they are installed."""

import os
import shlex
from pathlib import Path

from tests.onprem.daemons_of_debian import libraries, started_with
from tests.onprem.frr import make_vtysh
from tests.onprem.gobgp import programs

SCRIPT = """\
#!/bin/sh
exec env LD_LIBRARY_PATH={libraries} {program} "$@"
"""
WITH_LIBRARIES = ("usr/sbin/sshd", "usr/sbin/bird", "usr/sbin/birdc")
OF_FRR = ("usr/lib/frr/zebra", "usr/lib/frr/staticd", "usr/lib/frr/bgpd")


def path_with_daemons(place: Path, edition: str = "") -> str:
    """A PATH; ``place`` is a folder for what stands first in it, ``edition`` that of FRRouting."""
    (place / "etc").mkdir(parents=True)
    (place / "etc/vtysh.conf").touch()
    make_vtysh(place, edition=edition)
    started = {name: started_with(name) for name in WITH_LIBRARIES}
    of_frr = (*OF_FRR, "usr/lib/frr/mgmtd") if edition else OF_FRR
    started |= {name: started_with(name, edition) for name in of_frr}
    for name, words in started.items():
        script = place / Path(name).name
        path = libraries()["LD_LIBRARY_PATH"]
        script.write_text(SCRIPT.format(libraries=path, program=shlex.join(words)))
        script.chmod(0o755)
    return os.pathsep.join([str(place), str(programs()), os.environ["PATH"]])
