"""Can this machine hold a lab, and with which programs?"""

import os
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from podroute.lab.failure import Unsuitable

PACKAGES: Final[Mapping[str, str]] = {
    "ip": "iproute2",
    "nft": "nftables",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "flock": "util-linux",
    "mount": "mount",
    "env": "coreutils",
    "tee": "coreutils",
    "timeout": "coreutils",
    "ping": "iputils-ping",
    "sshd": "openssh-server",
    "ssh-keygen": "openssh-client",
    "setpriv": "util-linux",
    "zebra": "frr",
    "staticd": "frr",
    "bgpd": "frr",
    "vtysh": "frr",
    "bird": "bird2",
    "birdc": "bird2",
}
OTHERWISE: Final[Mapping[str, str]] = {
    "gobgpd": "go install github.com/osrg/gobgp/v4/cmd/gobgpd@latest",
}
WHERE_DAEMONS_ARE: Final = ("/usr/sbin", "/sbin", "/usr/lib/frr", "/usr/libexec/frr")
TO_BUILD: Final = ("ip", "nft", "unshare", "nsenter", "flock", "mount", "env", "tee", "timeout")
TO_ENTER: Final = ("nsenter", "env")

CNI_DIRECTORIES: Final = ("/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni")
CNI_PLUGINS: Final = ("bridge", "host-local", "loopback")

# what a distribution switches off, and the value that means off
USER_NAMESPACE_SWITCHES: Final = (
    ("user.max_user_namespaces", "0", "15000"),
    ("kernel.unprivileged_userns_clone", "0", "1"),
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
)


def environment() -> dict[str, str]:
    """Ours, with podroute itself and the programs of administrators on the PATH."""
    own = str(Path(sys.executable).parent)
    path = (own, os.environ.get("PATH", os.defpath), *WHERE_DAEMONS_ARE)
    return {**os.environ, "PATH": os.pathsep.join(filter(None, path))}


def own_environment() -> dict[str, str]:
    """The same without what the viewer has configured for clusters of their own."""
    return {key: value for key, value in environment().items() if not key.startswith("PODROUTE_")}


def need(programs: Iterable[str]) -> None:
    """Looks for the programs.

    Raises:
        Unsuitable: some are missing; names the Debian packages, or says where else they are.
    """
    path = environment()["PATH"]
    missing = [one for one in programs if shutil.which(one, path=path) is None]
    if missing:
        packages = " ".join(sorted({PACKAGES[one] for one in missing if one in PACKAGES}))
        ways = [f"sudo apt-get install {packages}"] if packages else []
        ways += [OTHERWISE[one] for one in missing if one in OTHERWISE]
        message = f"{', '.join(missing)} not found: {'; '.join(ways)}"
        raise Unsuitable(message)


def need_ipv6() -> None:
    """Looks for IPv6 in the kernel.

    Raises:
        Unsuitable: there is none.
    """
    if not Path("/proc/sys/net/ipv6").is_dir():
        message = "this kernel has no IPv6: leave out --dual-stack"
        raise Unsuitable(message)


def cni_plugins() -> Path | None:
    """The folder with the plugins that a worker needs; None: not installed."""
    given = os.environ.get("CNI_PATH", "").split(os.pathsep)
    for folder in (Path(one) for one in (*given, *CNI_DIRECTORIES) if one):
        if all(os.access(folder / plugin, os.X_OK) for plugin in CNI_PLUGINS):
            return folder
    return None


def how_to_allow_namespaces() -> str:
    """Which switch of this machine forbids what a lab needs."""
    for name, off, on in USER_NAMESPACE_SWITCHES:
        switch = Path("/proc/sys", *name.split("."))
        if switch.exists() and switch.read_text().strip() == off:
            return f"allow user namespaces (sudo sysctl -w {name}={on}) or run it as root"
    return "run it as root on a machine or in a container that may create namespaces"
