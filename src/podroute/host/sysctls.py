"""The kernel's network settings as files below /proc/sys/net."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from podroute.bridge.sysctls import FORWARD

ROOT: Final = Path("/proc/sys/net")
OF_A_LINK: Final = (
    "ipv4/conf/{}/forwarding",
    "ipv4/conf/{}/rp_filter",
    "ipv4/conf/{}/accept_redirects",
    "ipv6/conf/{}/forwarding",
    "ipv6/conf/{}/accept_dad",
    "ipv6/conf/{}/accept_ra",
    "ipv6/conf/{}/disable_ipv6",
)
ALONE: Final = (
    "ipv4/ip_forward",
    "ipv4/conf/all/route_localnet",
    "bridge/bridge-nf-call-iptables",
    "bridge/bridge-nf-call-ip6tables",
)


def read_sysctls(root: Path, links: Iterable[str]) -> Mapping[str, str]:
    """Those that a worker's network hangs on; what the kernel does not have is left out."""
    keys = [pattern.format(link) for link in ("all", "default", *links) for pattern in OF_A_LINK]
    texts = ((key, _read(root / key)) for key in (*ALONE, *keys))
    return {key: text for key, text in texts if text is not None}


def read_forwarding(root: Path) -> Mapping[int, bool]:
    """Whether packets of each IP version are forwarded; what the kernel lacks is left out."""
    texts = {version: _read(root / key) for version, key in FORWARD.items()}
    return {version: text == "1" for version, text in texts.items() if text is not None}


def write_sysctl(root: Path, key: str, value: str) -> None:
    """Sets one.

    Raises:
        OSError: the kernel has no such setting, or it may not be changed here.
    """
    (root / key).write_text(f"{value}\n", encoding="ascii")


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None  # the link is gone, the kernel lacks the family or the module, or it is no text
