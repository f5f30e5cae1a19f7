"""What tells a container runtime how Pods are plugged in? Pure.

As the CNI specification 1.1.0 has it: ``cniVersion`` is what every runtime in use knows, and those
that know ``cniVersions`` choose from it. The bridge's addresses are the agent's business, not the
plugin's, which could not bear a former one beside them.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias, cast

from podroute.bridge.desired import OURS, Wish, gateway, has_pods
from podroute.bridge.seen import CniFolders, Host
from podroute.bridge.steps import Blocked, WriteConflist
from podroute.model.cidr import Cidr

Json: TypeAlias = dict[str, "Json"] | list["Json"] | str | int | bool | None

FILE: Final = "10-podroute.conflist"
NEEDED: Final = ("bridge", "host-local", "loopback")
OPTIONAL: Final = ("portmap", "bandwidth")
KNOWN: Final = ("0.4.0", "1.0.0", "1.1.0")  # in all of them our configuration means the same
USUAL: Final = "1.0.0"  # the newest that containerd 1.6 and CRI-O 1.23 know
_DIRECTORY: Final = "directory"
_SHOWN: Final = 5
_SUFFIXES: Final = (".conf", ".conflist", ".json")  # what runtimes look at


def conflist_steps(wish: Wish, host: Host) -> Iterator[WriteConflist | Blocked]:
    """Our file, where it is missing or other than wished, and nobody else's is used."""
    cni = host.cni
    obstacle = _obstacle(wish, cni)
    if not obstacle and is_first_writing(wish, cni):
        obstacle = _not_noted(wish, host)
    if obstacle:
        yield Blocked(f"CNI configuration {FILE}", obstacle)
    elif not foreign_file(cni):
        text = conflist(wish, cni)
        if cni.files.get(FILE) != text:
            reason = "not as it should be" if FILE in cni.files else "this worker can forward"
            yield WriteConflist(FILE, text, reason)


def is_first_writing(wish: Wish, cni: CniFolders) -> bool:
    """Whether our file is to be written, and was not there for this bridge with these notes."""
    if _obstacle(wish, cni) or foreign_file(cni):
        return False
    return not _is_there(wish, cni)


def is_in_use(wish: Wish, cni: CniFolders) -> bool:
    """Whether a runtime plugs Pods into this bridge by our file, with these notes."""
    return not foreign_file(cni) and _is_there(wish, cni)


def _is_there(wish: Wish, cni: CniFolders) -> bool:
    bridge, ipam = _pod_network(cni.files.get(FILE, ""))
    settings = wish.settings
    return (bridge, ipam.get("dataDir")) == (settings.bridge, settings.data_folder)


def _not_noted(wish: Wish, host: Host) -> str:
    """Which Pods have addresses that host-local, which does not know, would give to others."""
    name = wish.settings.bridge
    if not has_pods(host, name):
        return ""
    if host.pod_addresses is None:
        what = f"it cannot be seen which addresses the Pods behind {name} have"
        next_step = "run it as root, or with CAP_NET_ADMIN; the next look tries again"
        return f"{what}, and new Pods could get the same: {next_step}"
    unknown = {
        ip
        for ip in {*host.pod_addresses} - host.cni.in_use
        if any(ip in cidr for cidr in wish.pod_cidrs)
    }
    if not unknown:
        return ""
    every = [str(ip) for ip in sorted(unknown, key=lambda ip: (ip.version, int(ip)))]
    more = f" and {len(every) - _SHOWN} more" if len(every) > _SHOWN else ""
    return (
        f"drain these Pods first (kubectl get pods -A -o wide): {', '.join(every[:_SHOWN])}{more}; "
        "host-local has not noted their addresses and would give them to new Pods; "
        "the file is written when the last is gone"
    )


def _obstacle(wish: Wish, cni: CniFolders) -> str:
    """What a person must change first; "" for nothing."""
    missing = [name for name in NEEDED if name not in cni.plugins]
    if missing:
        hint = "install containernetworking-plugins, or give their folder by --cni-bin-dir"
        return f"no CNI plugin {', '.join(missing)}: {hint}"
    if not _versions(cni):
        found = ", ".join(f"{name} {'/'.join(cni.plugins[name])}" for name in NEEDED)
        return f"the CNI plugins have no version in common: {found}"
    other = foreign_file(cni)
    if other and not _is_equivalent(wish, cni.files[other]):
        reason = f"{other} is there, is read before ours, and describes another network"
        return f"{reason}: remove it, or run podroute agent with --no-configure-cbr0"
    return _no_file(cni)


def conflist(wish: Wish, cni: CniFolders) -> str:
    """The text of our file."""
    settings = wish.settings
    versions = _versions(cni)
    bridge: Json = {
        "type": "bridge",
        "bridge": settings.bridge,
        "isGateway": False,
        "ipMasq": False,
        "hairpinMode": settings.hairpin == "hairpin-veth",
        "promiscMode": settings.hairpin == "promiscuous-bridge",
        "mtu": wish.mtu,
        "ipam": {
            "type": "host-local",
            "dataDir": settings.data_folder,
            "ranges": [list(_ranges(wish, cidr)) for cidr in wish.pod_cidrs],
            "routes": [
                {"dst": "0.0.0.0/0" if cidr.version == 4 else "::/0"}  # noqa: PLR2004 -- IPv4
                for cidr in wish.pod_cidrs
            ],
        },
    }
    plugins: list[Json] = [bridge, {"type": "loopback"}]
    if "portmap" in cni.plugins:
        plugins.append({"type": "portmap", "capabilities": {"portMappings": True}, "snat": True})
    if "bandwidth" in cni.plugins:
        plugins.append({"type": "bandwidth", "capabilities": {"bandwidth": True}})
    document: Json = {
        "cniVersion": USUAL if USUAL in versions else versions[-1],
        "cniVersions": list[Json](versions),
        "disableCheck": True,  # CRI-O's: old bandwidth crashes, host-local misses lost notes
        "name": OURS,
        "plugins": plugins,
    }
    return json.dumps(document, indent=2) + "\n"


def _ranges(wish: Wish, cidr: Cidr) -> Iterator[Json]:
    """One, or those around former gateways in it, which host-local would give to Pods."""
    whole: dict[str, Json] = {"subnet": str(cidr), "gateway": str(gateway(cidr).ip)}
    taken = [one.ip for one in wish.retained if one.ip in cidr and one.ip != gateway(cidr).ip]
    if not taken:
        yield whole
        return
    start = gateway(cidr).ip
    for ip in (*sorted(taken, key=int), cidr.broadcast_address):
        if int(start) < int(ip):
            yield {**whole, "rangeStart": str(start), "rangeEnd": str(ip - 1)}
        start = ip + 1


def foreign_file(cni: CniFolders) -> str:
    """The file of somebody else that a runtime would take before ours; "" where there is none.

    Runtimes take the first, even where it has nothing but a loopback.
    """
    for name in sorted(cni.files):
        if name >= FILE:
            return ""
        if name.endswith(_SUFFIXES):
            return name
    return ""


def _no_file(cni: CniFolders) -> str:
    """What is in the way that nobody can read; directories are passed over by runtimes."""
    if cni.no_files.get(FILE) == _DIRECTORY:
        return f"{FILE} is a directory: remove it"
    for name, kind in sorted(cni.no_files.items()):
        if name < FILE and name.endswith(_SUFFIXES) and kind != _DIRECTORY:
            return f"{name} is a {kind}, and a runtime reads it before ours: remove it"
    return ""


def _versions(cni: CniFolders) -> Sequence[str]:
    """Those that every plugin of the chain has, the lowest first."""
    used = [cni.plugins[name] for name in (*NEEDED, *OPTIONAL) if name in cni.plugins]
    return [version for version in KNOWN if all(version in one for one in used)]


def _plugins(text: str) -> Sequence[Mapping[str, object]]:
    """The plugins of a configuration, of a list or alone; none where it cannot be read."""
    try:
        document: object = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    fields = _fields(document)
    listed = fields.get("plugins", [fields])
    return [_fields(one) for one in cast("list[object]", listed)] if _is_list(listed) else ()


def _fields(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _is_equivalent(wish: Wish, text: str) -> bool:
    """Whether it plugs Pods into our bridge, with addresses of just these podCIDRs."""
    bridge, ipam = _pod_network(text)
    subnets = {str(wished) for wished in wish.pod_cidrs}
    return bridge == wish.settings.bridge and set(_subnets(ipam)) == subnets


def _pod_network(text: str) -> tuple[object, Mapping[str, object]]:
    """The bridge, and what host-local is told; None and nothing where a text has no such thing."""
    for plugin in _plugins(text):
        ipam = _fields(plugin.get("ipam"))
        if plugin.get("type") == "bridge" and ipam.get("type") == "host-local":
            return plugin.get("bridge"), ipam
    return None, {}


def _subnets(ipam: Mapping[str, object]) -> Iterator[str]:
    if "subnet" in ipam:
        yield str(ipam["subnet"])
    sets = ipam.get("ranges")
    for one in cast("list[object]", sets) if _is_list(sets) else ():
        for part in cast("list[object]", one) if _is_list(one) else ():
            yield str(_fields(part).get("subnet"))
