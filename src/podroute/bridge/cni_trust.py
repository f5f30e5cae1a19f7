"""May the CNI plugins and configurations of this machine be trusted? Pure.

A runtime executes them as root: whoever may write them is root on this worker (CVE-2021-20206).
"""

from collections.abc import Iterator
from typing import Final

from podroute.bridge.checks import Finding
from podroute.bridge.seen import CniFolders, Release, Rights

_BY_NFTABLES: Final[Release] = (1, 6, 0)  # since then portmap does so where there is no iptables
_MENDED: Final[Release] = (1, 9, 0)
_OTHERS_WRITE: Final = 0o002
_GROUP_WRITES: Final = 0o020
_ROOT: Final = 0


def doubts(cni: CniFolders) -> Iterator[Finding]:
    """A plugin that does not tell its release is not suspected."""
    release = cni.releases.get("portmap")
    if release and _BY_NFTABLES <= release < _MENDED:
        told = ".".join(map(str, release))
        cause = (
            f"portmap {told}, where it uses nftables, leads packets for other machines' addresses "
            "to a Pod with that hostPort (CVE-2025-67499)"
        )
        fix = "install the CNI plugins 1.9.0 or later"
        yield Finding("cni-flaws", "plugin portmap", cause, fix)
    for one in cni.rights:
        cause = _writers(one)
        if cause:
            fix = f"chown root:root {one.path}; chmod go-w {one.path}"
            yield Finding("cni-rights", one.path, cause, fix)


def _writers(one: Rights) -> str:
    """Who could write it and is not root; "" where nobody could."""
    becomes = f"can become root by {one.path}"
    if not one.trusted:
        return f"its owner, who is not root, {becomes}"
    if one.mode & _OTHERS_WRITE:
        return f"everybody may write it, and so {becomes}"
    if one.mode & _GROUP_WRITES and one.group != _ROOT:
        return f"the group {one.group} may write it, and so {becomes}"
    return ""
