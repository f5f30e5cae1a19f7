"""What the daemons of a lab's router are told. Pure."""

from typing import Final

from podroute.lab.topology import (
    ANNOUNCERS,
    BLOCK_PREFIXES,
    CLUSTER_CIDRS,
    NODE_NETWORKS,
    Topology,
    gateway,
)
from podroute.model.cidr import Address

USER: Final = "router"  # only the lab's list of users has it; it may do what a router's root may
ROUTER_AS: Final = 64513
ANNOUNCER_AS: Final = 64512
TAG: Final = 200  # by which provider frr knows its routes
COMMUNITY: Final = f"{ANNOUNCER_AS}:200"

# /run and all mounts are the lab's own: nothing of this machine changes.
# FRRouting wants whoever runs it in its group, and vtysh would write to /etc/frr.
FRR_IS_AT_HOME: Final = """\
rm -f /run/frr && mkdir /run/frr
sed /^frrvty:/d /etc/group >/run/podroute/group && echo frrvty:x:0:root >>/run/podroute/group
mount --bind /run/podroute/group /etc/group
if [ -d /etc/frr ]; then
    mount -t tmpfs -o mode=755 podroute-frr /etc/frr && touch /etc/frr/vtysh.conf /etc/frr/frr.conf
fi
"""
# Its daemons meet in /run/frr, wherever their other sockets are, and keep notes in /var.
# What starts one is told where the sockets are.
FRR_ALONE: Final = """\
for notes in /var/tmp/frr /var/lib/frr; do
    mkdir -p "$notes" 2>/dev/null || continue
    mount -n -t tmpfs podroute-frr "$notes"
done
[ "$1" = /run/frr ] || mount -n --bind "$1" /run/frr
shift
exec "$@"
"""
BIRD_IS_AT_HOME: Final = "rm -f /run/bird && mkdir /run/bird\n"
SSHD_IS_AT_HOME: Final = f"""\
rm -f /run/sshd && mkdir /run/sshd
cp /etc/passwd /run/podroute/passwd && echo '{USER}:*:0:0::/:/bin/sh' >>/run/podroute/passwd
grep -q ^sshd: /etc/passwd ||
    echo sshd:x:65000:65534::/run/sshd:/usr/sbin/nologin >>/run/podroute/passwd
mount --bind /run/podroute/passwd /etc/passwd
"""


def sshd_config(folder: str) -> str:
    """Keys are in ``folder``; root is let in for forced commands only."""
    lines = (
        *(f"ListenAddress {gateway(NODE_NETWORKS[0])}", f"HostKey {folder}/host_key"),
        *(f"AuthorizedKeysFile {folder}/authorized_keys", "PermitRootLogin forced-commands-only"),
        *("StrictModes no", "UsePAM no", "UseDNS no", "PidFile /run/sshd/sshd.pid"),
    )
    return _text(*lines)


def on_router_config() -> str:
    """What podroute may change there, whoever asks."""
    lines = ["apiVersion: podroute/v1alpha1", "kind: OnRouter"]
    for key, cidrs in (("destinations", CLUSTER_CIDRS), ("next-hops", NODE_NETWORKS)):
        lines += [f"{key}:", *(f'- "{cidr}"' for cidr in cidrs)]
    return _text(*lines)


def bird_config(file: str) -> str:
    """The router: it has podroute's routes by ``file``, and gives all to its kernel."""
    kernels = (f"protocol kernel {{ ipv{n} {{ export all; }}; learn; }}" for n in (4, 6))
    router = f"router id {gateway(NODE_NETWORKS[0])};"
    return _text("log stderr all;", router, "protocol device { }", *kernels, f'include "{file}";')


def bgpd_config(announcer: Address) -> str:
    """The router: it takes the Pods' blocks from the announcer, and tells it nothing."""
    router = gateway(NODE_NETWORKS[0])
    (v4, v6), (bits, bits6) = CLUSTER_CIDRS, BLOCK_PREFIXES
    lines = [
        f"ip prefix-list PODS permit {v4} ge {bits} le {bits}",
        f"ipv6 prefix-list PODS permit {v6} ge {bits6} le {bits6}",
        f"bgp community-list standard PODROUTE permit {COMMUNITY}",
        *("route-map PODS permit 10", " match ip address prefix-list PODS"),
        " match community PODROUTE",
        *("route-map PODS permit 20", " match ipv6 address prefix-list PODS"),
        *(" match community PODROUTE", " set ipv6 next-hop prefer-global"),
        "route-map NOTHING deny 10",
        *(f"router bgp {ROUTER_AS}", f" bgp router-id {router}", " no bgp default ipv4-unicast"),
        *(" bgp graceful-restart", " bgp graceful-restart preserve-fw-state"),
        *(f" neighbor {announcer} remote-as {ANNOUNCER_AS}", f" neighbor {announcer} timers 3 9"),
    ]
    for family in ("ipv4", "ipv6"):
        lines += [
            f" address-family {family} unicast",
            f"  neighbor {announcer} activate",
            f"  neighbor {announcer} route-map PODS in",
            f"  neighbor {announcer} route-map NOTHING out",
            f"  neighbor {announcer} maximum-prefix 100",
            " exit-address-family",
        ]
    return _text(*lines)


def announcing_bgpd_config() -> str:
    """The announcer: static routes with podroute's mark, each with its own next hop."""
    router = gateway(NODE_NETWORKS[0])
    lines = [
        *("route-map OURS permit 10", f" match tag {TAG}"),
        *("route-map MARKED permit 10", f" set community {COMMUNITY} no-export"),
        "route-map NOTHING deny 10",
        *(f"router bgp {ANNOUNCER_AS}", f" bgp router-id {ANNOUNCERS[0]}"),
        *(" no bgp default ipv4-unicast", " bgp graceful-restart"),
        *(f" neighbor {router} remote-as {ROUTER_AS}", f" neighbor {router} timers 3 9"),
    ]
    for family in ("ipv4", "ipv6"):
        lines += [
            f" address-family {family} unicast",
            "  redistribute static route-map OURS",
            f"  neighbor {router} activate",
            f"  neighbor {router} route-map NOTHING in",
            f"  neighbor {router} route-map MARKED out",
            f"  neighbor {router} attribute-unchanged next-hop",
            " exit-address-family",
        ]
    return _text(*lines)


def gobgpd_config(topology: Topology) -> str:
    """The announcer: its router is told nothing until podroute has announced everything."""
    return f"""\
[global.config]
  as = {ANNOUNCER_AS}
  router-id = "{topology.workers[0].internal_ips[0]}"

[[neighbors]]
  [neighbors.config]
    neighbor-address = "{gateway(NODE_NETWORKS[0])}"
    peer-as = {ROUTER_AS}
    admin-down = true
  [neighbors.timers.config]
    connect-retry = 1
    hold-time = 9
  [neighbors.graceful-restart.config]
    enabled = true
    restart-time = 120
    notification-enabled = true
{_family("ipv4-unicast")}{_family("ipv6-unicast")}"""


def _family(name: str) -> str:
    return f"""\
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "{name}"
    [neighbors.afi-safis.mp-graceful-restart.config]
      enabled = true
"""


def _text(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)
