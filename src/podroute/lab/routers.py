"""A lab whose router has a datacenter's daemons, reached by podroute as it reaches them there."""

import os
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Final, Literal, TypeAlias

from podroute.lab.driver import Driver
from podroute.lab.failure import LabFailed, Unsuitable
from podroute.lab.machine import OTHERWISE, environment, need, own_environment
from podroute.lab.network import add_machine
from podroute.lab.places import OUTSIDE, Places
from podroute.lab.router_files import (
    BIRD_IS_AT_HOME,
    FRR_ALONE,
    FRR_IS_AT_HOME,
    SSHD_IS_AT_HOME,
    USER,
    announcing_bgpd_config,
    bgpd_config,
    bird_config,
    gobgpd_config,
    on_router_config,
    sshd_config,
)
from podroute.lab.topology import (
    ANNOUNCER,
    ANNOUNCERS,
    NODE_NETWORKS,
    ROUTER,
    Topology,
    gateway,
    joined,
)

RouterName: TypeAlias = Literal["linux-ssh", "frr", "frr-bgp", "gobgp", "bird"]

PATIENCE: Final = 30.0  # seconds, until podroute can read the router
_LOOK_AGAIN: Final = 0.1
_SOON: Final = 5.0  # seconds, until zebra knows its links
_NEEDED: Final[dict[RouterName, tuple[str, ...]]] = {
    "linux-ssh": ("sshd", "ssh-keygen", "setpriv"),
    "frr": ("zebra", "staticd", "vtysh"),
    "frr-bgp": ("zebra", "staticd", "bgpd", "vtysh"),
    "gobgp": ("zebra", "bgpd", "vtysh", "gobgpd"),
    "bird": ("bird", "birdc"),
}
_GROUPS: Final = Path("/proc/self/setgroups")
_SOCKETS: Final = {ROUTER: "/run/frr", ANNOUNCER: "/run/frr-announcer"}
_AGES: Final = {"gobgpd": f"; the lab needs 4.5 or later, Debian's is older: {OTHERWISE['gobgpd']}"}
_OF_NEW_FRR: Final = "mgmtd"  # from FRRouting 9.1 on
_ONLY_ROUTES: Final = ("setpriv", "--inh-caps=-all,+net_admin", "--bounding-set=-all,+net_admin")


@dataclass(frozen=True, slots=True)
class Setting:
    """Where the daemons of one lab are; ``folder`` has their files and what they say."""

    places: Places
    folder: Path
    topology: Topology

    def prepare(self, script: str) -> None:
        """Makes room for daemons that look for their own files."""
        self.places.run(OUTSIDE, ["sh", "-e", "-c", script])

    def write(self, name: str, text: str) -> str:
        """A file of that name; returns its path."""
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def start(
        self, place: str, program: str, *arguments: str, within: Sequence[str] = ()
    ) -> "Daemon":
        """Starts one that ends with the lab; ``within`` is a command that becomes it."""
        found = shutil.which(program, path=environment()["PATH"]) or program
        log = self.folder / f"{_prefix(place)}{program}.log"
        with log.open("ab") as said:
            process = subprocess.Popen(  # noqa: S603 -- an argument list
                self.places.argv(place, [*within, found, *arguments], directory=self.folder),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                env=environment(),
                start_new_session=True,
            )
        return Daemon(program, process, log)


@dataclass(frozen=True, slots=True)
class Daemon:
    """One that was started."""

    program: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def why_over(self) -> str:
        """Its last words where it has ended."""
        if self.process.poll() is None:
            return ""
        said = self.log.read_text(errors="replace").strip().splitlines()
        words = f"{self.program} has ended: {said[-1] if said else 'without a word'}"
        return f"{words}{_AGES.get(self.program, '')}"


def need_daemons(router: RouterName) -> None:
    """Looks for what it takes.

    Raises:
        Unsuitable: something is missing; says how to get it.
    """
    need(_NEEDED[router])
    if router == "linux-ssh" and (os.geteuid() != 0 or _GROUPS.read_text().strip() == "deny"):
        message = "--router linux-ssh: sshd changes to another user: run it as root"
        raise Unsuitable(message)


def start(places: Places, folder: Path, router: RouterName, topology: Topology) -> Driver:
    """Returns when podroute can read it; the daemons end with the lab.

    Raises:
        LabFailed: it cannot.
    """
    setting = Setting(places, folder, topology)
    driver, daemons = _started(setting, router)
    _await_reading(setting, driver, daemons)
    return driver


def _started(setting: Setting, router: RouterName) -> tuple[Driver, Sequence[Daemon]]:
    match router:
        case "linux-ssh":
            return _linux_ssh(setting)
        case "frr":
            return Driver("frr"), _frr(setting, ROUTER, {"staticd": ""})
        case "frr-bgp":
            return _frr_bgp(setting)
        case "gobgp":
            return _gobgp(setting)
        case "bird":
            return _bird(setting)


def _linux_ssh(setting: Setting) -> tuple[Driver, Sequence[Daemon]]:
    """The key starts podroute on the router, and nothing else; podroute is on a worker."""
    folder, address = setting.folder, gateway(NODE_NETWORKS[0])
    for name in ("host_key", "key"):
        words = ("-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", str(folder / name))
        setting.places.run(OUTSIDE, ["ssh-keygen", *words])
    setting.write("known_hosts", f"{address} {(folder / 'host_key.pub').read_text()}")
    allowed = setting.write("on-router.yaml", on_router_config())
    program = (sys.executable, "-m", "podroute", "on-router", f"--config={allowed}")
    command = shlex.join([*_ONLY_ROUTES, *program]).replace('"', '\\"')
    key = (folder / "key.pub").read_text()
    setting.write("authorized_keys", f'restrict,command="{command}" {key}')
    setting.prepare(SSHD_IS_AT_HOME)
    config = setting.write("sshd_config", sshd_config(str(folder)))
    options = {
        "router": f"{USER}@{address}",
        "key": str(folder / "key"),
        "known-hosts": str(folder / "known_hosts"),
    }
    driver = Driver("linux-ssh", options, place=setting.topology.workers[0].name)
    return driver, [setting.start(ROUTER, "sshd", "-D", "-e", "-f", config)]


def _frr(setting: Setting, place: str, configured: Mapping[str, str]) -> Sequence[Daemon]:
    """zebra, and the daemons that are ``configured`` so."""
    sockets = _SOCKETS[place]
    setting.prepare(FRR_IS_AT_HOME if place == ROUTER else f"mkdir {sockets}")
    files = {"zebra": "", **configured}
    is_new = shutil.which(_OF_NEW_FRR, path=environment()["PATH"]) is not None
    if is_new:
        files = {_OF_NEW_FRR: "", **files}
    alone = ("unshare", "--mount", "sh", "-e", "-c", FRR_ALONE, "sh", sockets)
    zebra = f"{sockets}/zserv.api"
    daemons: list[Daemon] = []
    for program, text in files.items():
        config = setting.write(f"{_prefix(place)}{program}.conf", text)
        words = ["-u", "root", "-g", "root", "-P", "0", "--log", "stdout"]
        words += ["-f", config] if text or not is_new else []  # some take none any more
        words += ["--vty_socket", sockets, "-z", zebra, "-i", f"{sockets}/{program}.pid"]
        start = partial(setting.start, place, program, *words, within=alone)
        daemons.append(_zebra(setting, place, start, daemons) if program == "zebra" else start())
    return daemons


def _zebra(
    setting: Setting,
    place: str,
    start: Callable[[], Daemon],
    others: Sequence[Daemon],
    tries: int = 3,
) -> Daemon:
    """One that listens, as who does not find it looks again after ten seconds.

    And that knows its links: one that starts on a busy machine may never do, as seen in
    FRRouting 10.3. It is started anew then; the last of ``tries`` is taken as it is.
    """
    sockets, zebra = _SOCKETS[place], start()
    listens = partial(_listens, setting.places, f"{sockets}/zserv.api")
    _await(listens, lambda: "zebra does not listen", [*others, zebra])
    if tries == 1 or _knows_its_links(setting, place) or zebra.why_over():
        return zebra
    setting.places.attempt(place, ["sh", "-c", f"kill -KILL $(cat {sockets}/zebra.pid)"])
    _await(lambda: bool(zebra.why_over()), lambda: "zebra does not end", others)
    return _zebra(setting, place, start, others, tries - 1)


def _knows_its_links(setting: Setting, place: str) -> bool:
    families = setting.topology.families
    words = ["timeout", f"{_SOON:g}", "vtysh", "--vty_socket", _SOCKETS[place], "-d", "zebra"]
    for family in ("ip", "ipv6")[:families]:
        words += ["-c", f"show {family} route connected"]
    deadline = monotonic() + _SOON
    while monotonic() < deadline:
        said = setting.places.attempt(place, words).output
        if all(f"C>* {network} " in said for network in NODE_NETWORKS[:families]):
            return True
        Event().wait(_LOOK_AGAIN)
    return False


def _listens(places: Places, path: str) -> bool:
    """Its socket is there a moment before."""
    with socket.socket(socket.AF_UNIX) as ours:
        return ours.connect_ex(str(places.path(path))) == 0


def _prefix(place: str) -> str:
    """Of files of which the router has one too."""
    return f"{place}-" if place == ANNOUNCER else ""


def _frr_bgp(setting: Setting) -> tuple[Driver, Sequence[Daemon]]:
    """The announcer is a machine of its own, as it has routes to every worker's Pods."""
    add_machine(setting.places, setting.topology, ANNOUNCER, ANNOUNCERS)
    routing = _frr(setting, ROUTER, {"bgpd": bgpd_config(ANNOUNCERS[0])})
    configured = {"staticd": "", "bgpd": announcing_bgpd_config()}
    announcer = _frr(setting, ANNOUNCER, configured)
    options = {"vtysh": f"vtysh --vty_socket {_SOCKETS[ANNOUNCER]}"}
    return Driver("frr", options, place=ANNOUNCER), [*routing, *announcer]


def _gobgp(setting: Setting) -> tuple[Driver, Sequence[Daemon]]:
    """The announcer is on a worker, and podroute with it."""
    first = setting.topology.workers[0]
    routing, place = _frr(setting, ROUTER, {"bgpd": bgpd_config(first.internal_ips[0])}), first.name
    config = setting.write("gobgpd.toml", gobgpd_config(setting.topology))
    words = ("-r", "-f", config, "--log-plain", "--api-hosts", "127.0.0.1:50051")
    announcer = setting.start(place, "gobgpd", *words, "--pprof-disable", "--metrics-path=")
    return Driver("gobgp", place=place), [*routing, announcer]


def _bird(setting: Setting) -> tuple[Driver, Sequence[Daemon]]:
    setting.prepare(BIRD_IS_AT_HOME)
    file = setting.write("podroute.conf", "")
    config = setting.write("bird.conf", bird_config(file))
    return Driver("bird", {"file": file}), [setting.start(ROUTER, "bird", "-f", "-c", config)]


def _await_reading(setting: Setting, driver: Driver, daemons: Sequence[Daemon]) -> None:
    flags = (*driver.flags(), "--cluster-cidr", joined(setting.topology.cluster_cidrs()))
    command = [*driver.environment(), sys.executable, "-m", "podroute", "table", *flags]
    command += ["-f", "nodes.yaml"]
    said = ""

    def reads() -> bool:
        nonlocal said
        ended = setting.places.attempt(
            driver.place, command, directory=setting.folder, env=own_environment()
        )
        said = ended.errors.strip()
        return ended.status == 0

    _await(reads, lambda: said, daemons)


def _await(
    condition: Callable[[], bool], why_not: Callable[[], str], daemons: Sequence[Daemon]
) -> None:
    deadline = monotonic() + PATIENCE
    while not condition():
        over = " ".join(filter(None, (one.why_over() for one in daemons)))
        if over or monotonic() > deadline:
            message = f"podroute does not reach the router: {over or why_not()}"
            raise LabFailed(message)
        Event().wait(_LOOK_AGAIN)
