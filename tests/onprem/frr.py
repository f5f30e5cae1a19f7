"""A router with a real FRRouting, in a network namespace of its own."""

import shlex
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from subprocess import Popen
from time import monotonic
from typing import Final

from podroute.model.route import Route
from podroute.testing.netns import Namespace
from tests.onprem.daemons_of_debian import libraries, listens, running, started_with, unpacked
from tests.waiting import until

# with a group that FRRouting looks for; nothing of this machine changes
START: Final = 'mount --bind "$1" /etc/group && shift 2 && exec "$@"'
# what mgmtd and the others have in common has its place
WITH_RUN: Final = """\
mount -t tmpfs none /run && mkdir /run/frr && mount --bind "$2" /run/frr
mount -t tmpfs none /var/lib
"""
BUSY: Final = "could not lock running DS"  # of mgmtd, for as long as a daemon comes to it
PATIENCE: Final = 30.0  # seconds
RED: Final = "red"  # a VRF; where the kernel has none FRRouting takes network namespaces for them
WITH_RED: Final = """\
mkdir -p /run/netns && mount -t tmpfs none /run/netns && ip netns add red && ip -n red -b - <<END
link set lo up
link add node0 type veth peer name node1
link set node0 addrgenmode none up
link set node1 addrgenmode none up
address add 10.240.0.1/24 dev node0
address add fd00:10:240::1/64 dev node0 nodad
END
"""
VTYSH: Final = """\
#!/bin/sh
exec unshare --mount sh -c 'mount --bind {place}/pam.d /etc/pam.d && exec "$@"' sh \\
    env LD_LIBRARY_PATH={libraries} {program} {flags} --config_dir {place}/etc "$@"
"""


@dataclass(frozen=True)
class FrrRouter:
    """``place`` holds all its files."""

    node: Namespace
    place: Path
    processes: dict[str, Popen[bytes]]

    @property
    def command(self) -> str:
        """vtysh, for exactly this router."""
        return str(self.place / "vtysh")

    def options(self, **others: str) -> dict[str, str]:
        """Those of the provider."""
        return {"vtysh": self.command, **others}

    def vtysh(self, *lines: str) -> str:
        """What it prints for these lines."""
        words = [word for line in lines for word in ("-c", line)]
        return self.node.run(self.command, *words)

    def configure(self, *lines: str) -> None:
        """As a person does it, who types it again where mgmtd is about to welcome a daemon."""
        gives_up = monotonic() + PATIENCE
        while True:
            try:
                self.vtysh("configure terminal", *lines)
            except RuntimeError as error:
                if BUSY not in str(error) or monotonic() > gives_up:
                    raise
            else:
                return

    def load(self, *lines: str) -> None:
        """All at once, as FRRouting's own start does it: no session begins half configured."""
        (self.place / "etc/frr.conf").write_text("\n".join([*lines, ""]))
        self.node.run(self.command, "-b")

    def sends(self, wished: Route) -> bool:
        """Whether the kernel has it: FRRouting writes it after it has said that all is well."""
        way = self.node.run("sh", "-c", f"ip route get {wished.destination[7]} 2>&1 || :")
        return f"via {wished.next_hop} dev node0" in way

    def running(self) -> str:
        """The whole running configuration."""
        return self.vtysh("show running-config")


@asynccontextmanager
async def frr_router(
    node: Namespace,
    place: Path,
    *,
    with_red: bool = False,
    daemons: Sequence[str] = ("zebra", "staticd"),
    edition: str = "",
) -> AsyncGenerator[FrrRouter]:
    """All ``daemons`` with an empty configuration; the VRF ``red`` has the node network too.

    ``edition``: of Debian, if it is not that of this machine.
    """
    (place / "etc").mkdir(exist_ok=True)
    for name in ("etc/frr.conf", "etc/vtysh.conf", *(f"{one}.conf" for one in daemons)):
        (place / name).touch()
    _make_own_vtysh(place, edition)
    async with AsyncExitStack() as stack:
        processes: dict[str, Popen[bytes]] = {}
        for name in daemons:
            running_one = daemon(node, place, name, with_red=with_red, edition=edition)
            processes[name] = await stack.enter_async_context(running_one)
        made = FrrRouter(node, place, processes)
        if with_red:
            await until(lambda: "node0" in made.vtysh(f"show interface vrf {RED} brief"))
        yield made


def _make_own_vtysh(place: Path, edition: str) -> None:
    """With the way to its sockets, and a group that FRRouting looks for."""
    groups = Path("/etc/group").read_text()
    (place / "group").write_text(f"{groups}frrvty:x:65001:root\n")
    make_vtysh(place, f"--vty_socket {place}", edition)


def make_vtysh(place: Path, flags: str = "", edition: str = "") -> None:
    """One that finds its libraries, with Debian's rule for who may use it; ``flags`` go first."""
    copytree(unpacked(edition) / "etc/pam.d", place / "pam.d", dirs_exist_ok=True)
    with (place / "pam.d/frr").open("a") as rule:
        rule.write("account sufficient pam_permit.so\n")
    script = place / "vtysh"
    path, program = libraries()["LD_LIBRARY_PATH"], started_with("usr/bin/vtysh", edition)
    text = VTYSH.format(place=place, libraries=path, program=shlex.join(program), flags=flags)
    script.write_text(text)
    script.chmod(0o755)


@asynccontextmanager
async def daemon(
    node: Namespace, place: Path, name: str, *, with_red: bool = False, edition: str = ""
) -> AsyncGenerator[Popen[bytes]]:
    """One of them."""
    own_vrfs = with_red and name == "zebra"
    before = WITH_RUN if edition else ""
    command = [
        *("unshare", "--mount", "sh", "-c", before + (WITH_RED if own_vrfs else "") + START),
        *("sh", str(place / "group"), str(place)),
        *(*started_with(f"usr/lib/frr/{name}", edition), "-u", "root", "-g", "root"),
        *("--vty_socket", str(place), "-z", str(place / "zserv.api")),
        *("-i", str(place / f"{name}.pid"), "-P", "0"),
        *(() if edition else ("-f", str(place / f"{name}.conf"))),  # some have none any more
        *("--log", "stdout", "--log-level", "informational"),
        *(("-n",) if own_vrfs else ()),
    ]
    socket = place / f"{name}.vty"
    socket.unlink(missing_ok=True)
    log = place / f"{name}.log"
    async with running(node, command, log, lambda: listens(socket)) as process:
        yield process
